"""Files that people have, read as one series: no wrong number and no wrong date, else an error that names cell and option."""

from adapters.provider_kit.own_files.file_series import FileSeries
from adapters.provider_kit.own_files.reader import read_file
from adapters.provider_kit.own_files.refusals import as_refusals

__all__ = ["FileSeries", "as_refusals", "read_file"]
