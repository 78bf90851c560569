"""
Files that people have, read as one series: no wrong number and no wrong date, else an error that names cell and option.

The path of a file, each step a module::

    reader          bytes: what the file is; calls the others
      text | workbooks | json_documents (json_tables) | parquet      → Grid: rows of cells (grid)
    layout          where dates, names and numbers stand             → Table: dates and columns of cells
      date_parts      dates whose parts stand in several columns are put together
      date_column     which column holds the dates (digit_columns: one of digits alone)
      down | across   the dates stand down a column (header: its names), or across the top
    series          the table's cells                                → FileSeries
      dates           one form for all dates (date_cells, date_digits: what a cell may mean; date_words: names)
      long_layout     a row for each series and date
      numbers         one decimal mark for each column

``options`` decide where a file leaves a doubt.
"""

from adapters.provider_kit.own_files.reader import SUFFIXES, as_refusals, read_file, stem_of
from adapters.provider_kit.own_files.series import FileSeries

__all__ = ["SUFFIXES", "FileSeries", "as_refusals", "read_file", "stem_of"]
