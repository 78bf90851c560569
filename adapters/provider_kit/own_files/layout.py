"""
The layout of a grid: where dates, names and numbers stand.

Dates stand down a column or across the top, there perhaps in two rows; or years stand down and their months or quarters across.
"""

from __future__ import annotations

import re
from dataclasses import replace

from adapters.provider_kit.own_files.across import dates_across, read_across
from adapters.provider_kit.own_files.date_cells import digits_in, read_loosely, reader_of_format
from adapters.provider_kit.own_files.date_column import find_date_column
from adapters.provider_kit.own_files.date_parts import with_whole_dates
from adapters.provider_kit.own_files.date_words import month_of
from adapters.provider_kit.own_files.down import read_down
from adapters.provider_kit.own_files.grid import Cell, Column, Grid, NoTableError, Row, Table, all_quoted, quoted, refused
from adapters.provider_kit.own_files.numbers import is_number
from adapters.provider_kit.own_files.options import FileOptions

_SEARCHED, _LEAST = 60, 2
_YEAR_DOWN, _YEAR_ACROSS = re.compile(r"[12][0-9]{3}"), re.compile(r"(?:19|20)[0-9]{2}")
_QUARTER = re.compile(r"(?:Q|Qtr\.? ?)([1-4])", re.IGNORECASE)
_QUARTER_OR_MONTH = re.compile(r"([QqMm])(0?([1-9]|1[0-2]))")


def read_table(grid: Grid, options: FileOptions) -> Table:
    """
    Find dates, names and columns.

    Raises:
        NoTableError: nothing looks like dates.
        AnswerNotUnderstood: it may be read in two ways, or a row does not fit; names it and the option that decides.

    """
    if not options.date_format and options.dates_in != "columns":
        grid = with_whole_dates(grid)
    if not (options.date_format or grid.headed or options.dates_in == "rows"):
        grid = _with_whole_date_row(grid)
    names, skipped = grid.rows[: int(grid.headed)], 0 if grid.headed else options.skip_rows or 0
    rows = [*names, *(row for row in grid.rows[len(names) :] if row.number > skipped and not row.is_blank)]
    if not rows:
        raise NoTableError(f"{grid.name} has no rows.", hint="Write a line of names and rows of dates and numbers.")
    read = reader_of_format(options.date_format) if options.date_format else read_loosely
    across = None if grid.headed or options.dates_in == "rows" else dates_across(rows, read)
    if options.dates_in == "columns" and across is None:
        raise refused(grid.name, "no row holds two dates", "dates_in", "date_format")
    found = None if options.dates_in == "columns" else find_date_column(grid, rows, across, options)
    if found:
        return _unfolded(read_down(grid, rows, found.position, found.read, options=options), options)
    assert across is not None  # noqa: S101 - else there would be a column or an error
    return read_across(grid, [*rows, *(row for row in grid.rest if not row.is_blank)], across, read, options=options)


def _with_whole_date_row(grid: Grid) -> Grid:
    """Return a grid in which a row of years above a row of their periods is one row of dates."""
    for index, (years, periods) in enumerate(zip(grid.rows[:_SEARCHED], grid.rows[1:], strict=False)):
        whole = _whole_row(years, periods)
        if whole:
            return replace(grid, rows=[*grid.rows[:index], whole, *grid.rows[index + 2 :]])
    return grid


def _whole_row(years: Row, periods: Row) -> Row | None:
    """Return two rows as one of dates; None if they are none."""
    first = next((at for at, cell in enumerate(years.cells) if _YEAR_ACROSS.fullmatch(digits_in(cell))), None)
    if first is None or periods.end <= first:
        return None
    cells: list[Cell] = [years.text(at) or periods.cell(at) for at in range(first)]
    year = ""
    for at in range(first, max(len(years.cells), len(periods.cells))):
        over, period = digits_in(years.cell(at)), _period_below(periods.text(at))
        year = over or year
        if (over and not _YEAR_ACROSS.fullmatch(over)) or (not period and (over or periods.text(at))):
            return None
        cells.append(f"{year}-{period}" if period else None)
    return Row(periods.number, cells) if sum(map(bool, cells[first:])) >= _LEAST else None


def _period_below(text: str) -> str:
    """Return a period of a year as dates write it; empty if a text names none."""
    match = _QUARTER_OR_MONTH.fullmatch(text)
    if match:
        return f"Q{match[3]}" if match[1] in "Qq" else match[2]
    return str(month_of(text) or "")


def _unfolded(table: Table, options: FileOptions) -> Table:
    """
    Return a table with a row for each month or quarter, if years stand down and those across.

    Raises:
        AnswerNotUnderstood: other columns of numbers stand beside them, such as the year's.

    """
    periods = {column: period for column in table.columns if (period := _period_across(column.name))}
    kept = [column for column in periods if not options.columns or column.name in options.columns]
    years = list(map(digits_in, table.dates.cells)) if len(kept) >= _LEAST and not table.across else [""]
    if len({column.name for column in periods}) < len(periods) or not all(map(_YEAR_DOWN.fullmatch, years)):
        return table
    others = [column for column in table.columns if column not in kept]
    numeric = [column.shown for column in others if any(map(is_number, column.cells))]
    if numeric and not options.columns:
        said = f"months or quarters of the years in column {quoted(table.dates.shown)} stand across, and beside them"
        raise refused(table.name, f"row {table.header_row}: {said} {all_quoted(numeric)}", "columns")
    cells = zip(*(column.cells for column in kept), strict=True)
    return replace(
        table,
        dates=replace(table.dates, cells=[f"{year}-{periods[column]}" for year in years for column in kept]),
        read=read_loosely,
        rows=[row for row in table.rows for _ in kept],
        columns=[Column(name="value", position=kept[0].position, cells=[cell for row in cells for cell in row])],
        left_out=[*table.left_out, *(column.shown for column in others)],
        folded=True,
    )


def _period_across(name: str) -> str:
    """Return the period of a year that a column's name is, as dates write it; empty if it is none."""
    quarter = _QUARTER.fullmatch(name)
    month = month_of(name)
    return f"Q{quarter[1]}" if quarter else f"{month:02}" if month else ""
