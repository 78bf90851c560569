"""What JSON is read to: names above rows of cells; and series given as pairs of date and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.provider_kit.own_files.date_cells import form_of, read_typed
from adapters.provider_kit.own_files.grid import Cell, refused
from adapters.provider_kit.parsing.limits import check_table

DATE, VALUE = "Date", "value"
NOTHING: Mapping[str, str] = {}
_LOOKED_AT = 3

#: Names, rows of cells, and what the document says of the series.
Found = tuple[Sequence[str], Sequence[Sequence[Cell]], Mapping[str, str]]
Pairs = Sequence[Sequence[Cell]]


def is_date(cell: Any) -> bool:
    """Return whether a cell is a date that no number looks like."""
    return read_typed(cell) is not None


def may_be_date(cell: Any) -> bool:
    """Return whether a cell is a date, or digits of the form of one."""
    return not isinstance(cell, dict | list) and (is_date(cell) or bool(form_of(cell)))


def has_dates(found: Found) -> bool:
    """Return whether any of the first rows may hold a date."""
    return any(may_be_date(cell) for row in found[1][:_LOOKED_AT] for cell in row)


def checked_rows(rows: Sequence[Any], width: int, name: str) -> Sequence[Sequence[Cell]]:
    """Return rows that are lists of as many cells as there are names; raises AnswerNotUnderstood for others."""
    check_table(width, len(rows), name)
    for row, cells in enumerate(rows, 1):
        if not isinstance(cells, list):
            raise refused(name, f"row {row} is not a list")
        if len(cells) != width:
            raise refused(name, f"row {row} has {len(cells)} cells where there are {width} names")
    return rows


def pairs_in(value: Any) -> Pairs | None:
    """Return a list of [date, value] or {"x": date, "y": value}; None if it is none."""
    if not (isinstance(value, list) and value):
        return None
    points = [[point["x"], point["y"]] if isinstance(point, dict) and set(point) == {"x", "y"} else point for point in value]
    if not all(isinstance(point, list) and len(point) == 2 for point in points):  # noqa: PLR2004 - a pair
        return None
    return points if all(may_be_date(point[0]) for point in points[:_LOOKED_AT]) else None


def joined(named: Sequence[tuple[str, Pairs]], name: str) -> Found:
    """Return series of pairs as one table; a date that one series has twice stays on two rows."""
    rows: dict[tuple[Any, int], list[Cell]] = {}
    check_table(len(named) + 1, max(len(points) for _, points in named), name)
    for column, (_, points) in enumerate(named, 1):
        times: dict[Any, int] = {}
        for date, value in points:
            times[date] = times.get(date, 0) + 1
            rows.setdefault((date, times[date]), [date, *([None] * len(named))])[column] = value
    check_table(len(named) + 1, len(rows), name)
    return [DATE, *(title for title, _ in named)], list(rows.values()), NOTHING
