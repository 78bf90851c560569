"""Dates that stand in several columns: year, month and day, year and quarter or week, date and time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.provider_kit.own_files.date_cells import digits_in, read_loosely, read_typed
from adapters.provider_kit.own_files.grid import Cell, Grid, Row, text_in
from adapters.provider_kit.own_files.months import month_of

_WORDS: Mapping[str, str] = {
    "year": "year yr yyyy jahr année annee año anno ano jaar",
    "quarter": "quarter qtr q quartal trimestre kwartaal",
    "month": "month mon mo mm monat mois mes mês mese maand",
    "week": "week wk iso_week woche kw semaine semana settimana",
    "day": "day dy dd tag jour día dia giorno dag",
    "date": "date datum fecha data datadate trade_date",
    "time": "time zeit uhrzeit heure hora ora tijd hh:mm hh:mm:ss",
    "hour": "hour hr hh stunde",
    "minute": "minute min minutes",
}
_PARTS = {word: part for part, words in _WORDS.items() for word in words.split()}
#: What makes a date, the longest first.
_SETS = (
    ("date", "time"),
    ("date", "hour", "minute"),
    ("date", "hour"),
    ("year", "month", "day", "hour", "minute"),
    ("year", "month", "day", "hour"),
    ("year", "month", "day", "time"),
    ("year", "month", "day"),
    ("year", "month"),
    ("year", "quarter"),
    ("year", "week"),
)
_SEARCHED = 60
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0*)?)?(?: ?([AaPp])\.?[Mm]\.?)?")


def part_named(cell: Cell) -> str:
    """Return which part of a date a name means; empty if none."""
    return _PARTS.get(text_in(cell).strip("<>[]()").casefold(), "") if isinstance(cell, str) else ""


def with_whole_dates(grid: Grid) -> Grid:
    """Return a grid in which the parts of dates are put together in the first part's column, and the other parts are blank."""
    for index, row in enumerate(grid.rows[:_SEARCHED]):
        places: dict[str, int] = {}
        for at, cell in enumerate(row.cells):
            places.setdefault(part_named(cell), at)
        places.pop("", None)
        parts = next((names for names in _SETS if set(names) <= set(places)), None)
        if parts and _fits(grid.rows[index + 1 :], parts, places):
            return _joined(grid, index, parts, places)
    return grid


def _fits(rows: Sequence[Row], parts: Sequence[str], places: Mapping[str, int]) -> bool:
    """Return whether the parts of the first row below that has them all make a date, and nothing else there is one."""
    for row in rows:
        cells = [row.cells[places[part]] if places[part] < len(row.cells) else None for part in parts]
        if all(map(text_in, cells)):
            whole = _whole(dict(zip(parts, cells, strict=True)))
            others = [cell for at, cell in enumerate(row.cells) if at not in places.values()]
            return read_loosely(whole) is not None and ("date" in parts or not any(map(read_typed, others)))
    return False


def _joined(grid: Grid, header: int, parts: Sequence[str], places: Mapping[str, int]) -> Grid:
    first, *others = sorted(places[part] for part in parts)

    def joined(index: int, row: Row) -> Row:
        cells = list(row.cells) + [None] * (max(first, *others) + 1 - len(row.cells))
        if index == header:
            cells[first] = "Date"
        elif any(text_in(cells[places[part]]) for part in parts):
            cells[first] = _whole({part: cells[places[part]] for part in parts})
        for at in others:
            cells[at] = None
        return Row(row.number, cells)

    rows = [*grid.rows[:header], *(joined(at, row) for at, row in enumerate(grid.rows[header:], header))]
    return replace(grid, rows=rows, rest=(joined(-1, row) for row in grid.rest))


def _whole(parts: Mapping[str, Cell]) -> str:
    """Return the parts as one text, which is a date if they make one."""
    texts = {part: digits_in(cell) for part, cell in parts.items()}
    clock = _clock(texts)
    return f"{_day(texts)} {clock}" if clock else _day(texts)


def _day(texts: Mapping[str, str]) -> str:
    if "date" in texts:
        return texts["date"]
    year = texts["year"]
    if "quarter" in texts:
        return f"{year}-Q{texts['quarter'].lstrip('Qq')}"
    if "week" in texts:
        return f"{year}-W{texts['week'].lstrip('Ww')}"
    month = texts["month"].lstrip("Mm") if texts["month"][1:].isdecimal() else str(month_of(texts["month"]) or texts["month"])
    return "-".join(filter(None, (year, month, texts.get("day"))))


def _clock(texts: Mapping[str, str]) -> str:
    if "hour" in texts:
        return f"{texts['hour']:0>2}:{texts.get('minute', '0'):0>2}"
    text = texts.get("time", "")
    if text.isdecimal():
        digits = f"{text:0>4}" if len(text) <= 4 else f"{text:0>6}"  # noqa: PLR2004 - HHMM or HHMMSS
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return text if _CLOCK.fullmatch(text) else text and f"({text})"
