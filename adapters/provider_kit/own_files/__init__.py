"""Files that people have, read as one series: no wrong number and no wrong date, else an error that names cell and option."""

from adapters.provider_kit.own_files.file_series import FileSeries
from adapters.provider_kit.own_files.reader import read_file

__all__ = ["FileSeries", "read_file"]
