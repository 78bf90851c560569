"""Tables with years down and months or quarters across: each cell is a date's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.provider_kit.own_files.date_cells import digits_in, read_loosely
from adapters.provider_kit.own_files.grid import Column, Table, listed, quoted, refused
from adapters.provider_kit.own_files.months import month_of
from adapters.provider_kit.own_files.numbers import is_number
from adapters.provider_kit.own_files.options import FileOptions

_LEAST = 2
_QUARTER = re.compile(r"(?:Q|Qtr\.? ?)([1-4])", re.IGNORECASE)
_YEAR = re.compile(r"[12][0-9]{3}")


def unfolded(table: Table, options: FileOptions) -> Table:
    """
    Return a table with a row for each month or quarter, if years stand down and those across.

    Raises:
        AnswerNotUnderstood: other columns of numbers stand beside them, such as the year's.

    """
    periods = {column.name: period for column in table.columns if (period := _period(column.name))}
    kept = [column for column in table.columns if column.name in periods and (not options.columns or column.name in options.columns)]
    if len(kept) < _LEAST or len(periods) < len([c for c in table.columns if c.name in periods]) or table.across:
        return table
    years = [digits_in(cell) for cell in table.dates.cells]
    if not all(map(_YEAR.fullmatch, years)):
        return table
    others = [column for column in table.columns if column not in kept]
    numeric = [column for column in others if any(map(is_number, column.cells))]
    if numeric and not options.columns:
        said = f"months or quarters of the years in column {quoted(table.dates.shown)} stand across, and beside them"
        raise refused(table.name, f"row {table.header_row}: {said} {listed([quoted(c.shown) for c in numeric])}", "columns")
    return _unfolded(table, years, kept, left_out=[*table.left_out, *(column.shown for column in others)], periods=periods)


def _unfolded(table: Table, years: Sequence[str], kept: Sequence[Column], *, left_out: list[str], periods: dict[str, str]) -> Table:
    columns = [list(column.cells) for column in kept]
    dates = [f"{year}-{periods[column.name]}" for year in years for column in kept]
    cells = [column[index] for index in range(len(years)) for column in columns]
    return replace(
        table,
        dates=replace(table.dates, cells=dates),
        read=read_loosely,
        rows=[row for row in table.rows for _ in kept],
        columns=[Column(name="value", position=kept[0].position, cells=cells)],
        left_out=left_out,
        folded=True,
    )


def _period(name: str) -> str:
    """Return the period of a year that a column's name is, as dates write it; empty if it is none."""
    quarter = _QUARTER.fullmatch(name)
    month = month_of(name)
    return f"Q{quarter[1]}" if quarter else f"{month:02}" if month else ""
