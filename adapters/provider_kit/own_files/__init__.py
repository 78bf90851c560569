"""Files that people have, read as one series: no wrong number and no wrong date, else an error that names cell and option."""

from adapters.provider_kit.own_files.reader import read_file
from adapters.provider_kit.own_files.series import FileSeries, metadata_of

__all__ = ["FileSeries", "metadata_of", "read_file"]
