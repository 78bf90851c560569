"""Dates across the top that take two rows: years in one, their months or quarters in the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.provider_kit.own_files.date_cells import digits_in
from adapters.provider_kit.own_files.grid import Cell, Grid, Row, cell_at, text_in
from adapters.provider_kit.own_files.months import month_of

_SEARCHED, _LEAST = 60, 2
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_PERIOD = re.compile(r"[QqMm]0?([1-9]|1[0-2])")


def with_whole_date_row(grid: Grid) -> Grid:
    """Return a grid in which a row of years above a row of their periods is one row of dates."""
    for index, (years, periods) in enumerate(zip(grid.rows[:_SEARCHED], grid.rows[1:], strict=False)):
        whole = _whole_row(years, periods)
        if whole:
            return replace(grid, rows=[*grid.rows[:index], whole, *grid.rows[index + 2 :]])
    return grid


def _whole_row(years: Row, periods: Row) -> Row | None:
    """Return two rows as one of dates; None if they are none."""
    first = next((at for at, cell in enumerate(years.cells) if _YEAR.fullmatch(digits_in(cell))), None)
    if first is None or not any(text_in(cell_at(periods, at)) for at in range(first, len(periods.cells))):
        return None
    cells: list[Cell] = [text_in(cell_at(years, at)) or cell_at(periods, at) for at in range(first)]
    year = ""
    for at in range(first, max(len(years.cells), len(periods.cells))):
        over, period = digits_in(cell_at(years, at)), _period(cell_at(periods, at))
        year = over or year
        if (over and not _YEAR.fullmatch(over)) or (period is None and (over or text_in(cell_at(periods, at)))):
            return None
        cells.append(f"{year}-{period}" if period else None)
    return Row(periods.number, cells) if _count(cells[first:]) >= _LEAST else None


def _period(cell: Cell) -> str | None:
    """Return a period of a year as dates write it; None if a cell names none."""
    text = text_in(cell)
    match = _PERIOD.fullmatch(text)
    if match:
        return text.upper().replace("M", "") if text[0] in "mM" else f"Q{match[1]}"
    return str(month_of(text)) if month_of(text) else None


def _count(cells: Sequence[Cell]) -> int:
    return sum(bool(cell) for cell in cells)
