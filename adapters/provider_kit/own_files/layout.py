"""Where dates, names and numbers stand in a grid."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.provider_kit.own_files.across import dates_across, read_across
from adapters.provider_kit.own_files.date_cells import read_loosely, reader_of_format
from adapters.provider_kit.own_files.date_column import find_place
from adapters.provider_kit.own_files.date_rows import with_whole_date_row
from adapters.provider_kit.own_files.down import read_down
from adapters.provider_kit.own_files.grid import Grid, NoTableError, Row, Table, is_blank, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.own_files.parts import with_whole_dates
from adapters.provider_kit.own_files.unfolded import unfolded


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
        grid = with_whole_date_row(grid)
    names, skipped = grid.rows[: int(grid.headed)], 0 if grid.headed else options.skip_rows or 0
    rows = [*names, *(row for row in grid.rows[len(names) :] if row.number > skipped and not is_blank(row.cells))]
    if not rows:
        raise NoTableError(f"{grid.name} has no rows.", hint="Write a line of names and rows of dates and numbers.")
    read = reader_of_format(options.date_format) if options.date_format else read_loosely
    across = None if grid.headed or options.dates_in == "rows" else dates_across(rows, read)
    if options.dates_in == "columns":
        if across is None:
            raise refused(grid.name, "no row holds two dates", "dates_in", "date_format")
        return read_across(grid, _all(grid, rows), across, read, options=options)
    place = find_place(grid, rows, across, options)
    if place:
        return unfolded(read_down(grid, rows, place.position, place.read, options=options), options)
    assert across is not None  # noqa: S101 - else there would be a place or an error
    return read_across(grid, _all(grid, rows), across, read, options=options)


def _all(grid: Grid, rows: Sequence[Row]) -> Sequence[Row]:
    return [*rows, *(row for row in grid.rest if not is_blank(row.cells))]
