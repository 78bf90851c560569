"""
Files that are imported: their series, and when each file was saved.

The path of an import, each step a module::

    source              finds series by the layout; calls the others
      found_files       which files there are, opened and unpacked (labels: when each was saved)
      wide              a file is one state of one series, as ``own_files`` reads it
      tables            a row for each series and date, of any size
        text_batches | parquet_batches | json_batches | cell_batches     → batches of columns (batches, columns)
        runs            the rows of each series together; through temporary files where they are not
          states        the rows of a series as its states

``refusals`` give errors the hints of an import.
"""

from adapters.provider_kit.file_imports.source import FileImportSource

__all__ = ["FileImportSource"]
