"""Dates that stand in several columns: year and month, quarter, week or period; a day beside them; date and time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from adapters.provider_kit.own_files.date_cells import digits_in, read_loosely, read_typed
from adapters.provider_kit.own_files.date_digits import Kind, Reading
from adapters.provider_kit.own_files.date_words import month_of
from adapters.provider_kit.own_files.grid import Cell, Grid, Row, text_in

_WORDS: Mapping[str, str] = {
    "year": "year yr yyyy jahr année annee año anno ano jaar år rok",
    "quarter": "quarter qtr q quartal trimestre kwartaal kvartal",
    "month": "month mon mo mm monat mois mes mês mese maand måned månad",
    "week": "week wk iso_week woche kw semaine semana settimana",
    "day": "day dy dd tag jour día dia giorno dag",
    "period": "period periode período",
    "date": "date datum fecha data datadate trade_date",
    "time": "time zeit uhrzeit heure hora ora tijd hh:mm hh:mm:ss",
    "hour": "hour hr hh stunde",
    "minute": "minute minutes",
}
_PARTS = {word: part for part, words in _WORDS.items() for word in words.split()}
#: Names that are units and quantities, too: a year's kilowatts, millimetres, price and quantity.
_SHORT = frozenset(("q", "mm", "mo", "dd", "hh", "kw", "wk"))
#: What makes a date, the longest first.
_SETS = (
    ("date", "time"),
    ("date", "hour", "minute"),
    ("date", "hour"),
    ("year", "month", "day", "hour", "minute"),
    ("year", "month", "day", "hour"),
    ("year", "month", "day", "time"),
    ("year", "month", "day"),
    *(("year", period) for period in ("month", "quarter", "week", "period")),
)
_SEARCHED, _SAMPLE = 60, 300
_YEAR = re.compile(r"[12][0-9]{3}")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0*)?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_PERIOD = re.compile(r"(?:([MmQq])0?([0-9]|1[0-2])|(M13|A01))")
_QUARTER = re.compile(r"(?:Q|([1-4])[.] ?(?:Quartal|quarter))0?([1-4]?)", re.IGNORECASE)


def with_whole_dates(grid: Grid) -> Grid:
    """
    Return a grid in which the parts of dates are put together in the first part's column, and the other parts are blank.

    Where another column holds the same dates whole, all parts are blank.
    """
    for index, row in enumerate(grid.rows[:_SEARCHED]):
        below = grid.rows[index + 1 :]
        parts = _named_parts(row, below)
        if parts and parts.fit(below):
            return _blanked(grid, index, parts) if parts.stand_elsewhere(below) else _joined(grid, index, parts)
    return _without_names(grid)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of a date, by the positions of their columns."""

    places: Mapping[str, int]

    def cells(self, row: Row) -> Mapping[str, Cell]:
        return {part: row.cell(at) for part, at in self.places.items()}

    def read(self, row: Row) -> Reading | None:
        """Return what a row's parts mean together; None if one is missing, or they are no date."""
        cells = self.cells(row)
        return read_loosely(_whole_date(cells)) if all(map(text_in, cells.values())) else None

    def fit(self, rows: Sequence[Row]) -> bool:
        """Return whether the parts of the first row that has them all make a date, and no other date stands there."""
        if "time" in self.places and not _are_clocks([row.cell(self.places["time"]) for row in rows[:_SAMPLE]]):
            return False
        first = next((row for row in rows if all(map(text_in, self.cells(row).values()))), None)
        whole = self.read(first) if first else None
        if first is None or whole is None:
            return False
        return "date" in self.places or all(_lies_in(other, whole) for other in self._others(first).values())

    def stand_elsewhere(self, rows: Sequence[Row]) -> bool:
        """Return whether another column holds dates in the periods that the parts make, on every row."""
        columns: Collection[int] | None = None
        for row in rows if "date" not in self.places else ():
            whole = self.read(row)
            if whole:
                same = {at for at, other in self._others(row).items() if _lies_in(other, whole)}
                columns = same if columns is None else same.intersection(columns)
        return bool(columns)

    def _others(self, row: Row) -> Mapping[int, Reading]:
        mine = set(self.places.values())
        return {at: reading for at, cell in enumerate(row.cells) if at not in mine and (reading := read_typed(cell))}


def part_named(cell: Cell) -> str:
    """Return which part of a date a name means; empty if none."""
    return _PARTS.get(_name(cell), "") if isinstance(cell, str) else ""


def _name(cell: Cell) -> str:
    return text_in(cell).strip("<>[]()").casefold()


def _named_parts(row: Row, below: Sequence[Row]) -> _Parts | None:
    """Return the most parts of a date that a row names; None if it names too few, or units that are called so."""
    places: dict[str, int] = {}
    for at, cell in enumerate(row.cells):
        places.setdefault(part_named(cell), at)
    names = next((names for names in _SETS if set(names) <= set(places)), ())
    years = [other.text(places["year"]) for other in below[:_SAMPLE] if other.text(places["year"])] if "year" in names else []
    may_be_units = any(_name(row.cells[places[part]]) in _SHORT for part in names)
    if not names or (may_be_units and len(set(years)) == len(years)):
        return None
    return _Parts({part: places[part] for part in names})


def _are_clocks(cells: Sequence[Cell]) -> bool:
    """Return whether digits are times of the day rather than minutes or hours that something took."""
    digits = [text for cell in cells if (text := digits_in(cell)).isdecimal()]
    return not digits or any(len(text) > 2 for text in digits) or not any(map(int, digits))  # noqa: PLR2004 - hours and minutes


def _lies_in(other: Reading, whole: Reading) -> bool:
    """Return whether a date lies in the day, week, month or quarter that the parts make."""
    begin = whole.by_order[""]
    if whole.kind is Kind.WEEKLY:
        return any(timedelta() <= moment - begin < timedelta(weeks=1) for moment in other.by_order.values())
    length = {Kind.MONTHLY: 1, Kind.QUARTERLY: 3}.get(whole.kind)
    if length is None:
        return begin in other.by_order.values()
    return any(
        (moment.year, (moment.month - 1) // length) == (begin.year, (begin.month - 1) // length) for moment in other.by_order.values()
    )


def _blanked(grid: Grid, header: int, parts: _Parts) -> Grid:
    gone = set(parts.places.values())
    return _mapped(grid, header, lambda _, row: Row(row.number, [None if at in gone else cell for at, cell in enumerate(row.cells)]))


def _joined(grid: Grid, header: int, parts: _Parts) -> Grid:
    first, *others = sorted(parts.places.values())
    with_year = _Years(tuple(parts.places))

    def joined(index: int, row: Row) -> Row:
        cells = list(row.cells) + [None] * (max(first, *others) + 1 - len(row.cells))
        of_date = parts.cells(row)
        if index == header:
            cells[first] = "Date"
        elif any(map(text_in, of_date.values())):
            cells[first] = _whole_date(with_year(of_date))
        for at in others:
            cells[at] = None
        return Row(row.number, cells)

    return _mapped(grid, header, joined)


def _mapped(grid: Grid, header: int, change: Callable[[int, Row], Row]) -> Grid:
    """Return a grid with the rows from the header on changed; those behind the first ones are called -1."""
    rows = [*grid.rows[:header], *(change(at, row) for at, row in enumerate(grid.rows[header:], header))]
    return replace(grid, rows=rows, rest=(change(-1, row) for row in grid.rest))


class _Years:
    """Writes the year beside periods under the first one of a year, as tables do that name each year once."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._applies = len(parts) == 2 and parts[0] == "year"  # noqa: PLR2004 - a year and a period
        self._year: Cell = None
        self._last: Sequence[datetime] = ()

    def __call__(self, cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
        """Return the parts of the next row with their year, if periods go on in the direction in which they went so far."""
        reading = read_loosely(_whole_date({**cells, "year": 2000})) if self._applies else None
        if reading is None or reading.kind is Kind.ANNUAL:
            return cells
        period = reading.by_order[""]
        if text_in(cells["year"]):
            self._year, self._last = cells["year"], [period]
            return cells
        steps = [later - earlier for earlier, later in pairwise((*self._last, period))]
        goes_on = bool(steps) and (all(step > timedelta() for step in steps) or all(step < timedelta() for step in steps))
        self._last = [*self._last[-1:], period] if goes_on else ()
        return {**cells, "year": self._year} if goes_on else cells


def _without_names(grid: Grid) -> Grid:
    """Put together years and names of months or quarters in the first two columns, over which no name stands."""
    for index, row in enumerate(grid.rows[:_SEARCHED]):
        year, period = digits_in(row.cell(0)), row.text(1)
        part = "month" if month_of(period) else "quarter" if _QUARTER.fullmatch(period) else ""
        if part and _YEAR.fullmatch(year):
            above = [over for over in grid.rows[:index] if any(map(text_in, over.cells[2:]))]
            is_unnamed = bool(above) and not any(over.text(at) for over in above for at in (0, 1))
            return _joined(grid, index - 1, _Parts({"year": 0, part: 1})) if is_unnamed else grid
    return grid


def _whole_date(parts: Mapping[str, Cell]) -> str:
    """Return the parts as one text, which is a date if they make one."""
    texts = {part: digits_in(cell) for part, cell in parts.items()}
    clock = _clock(texts)
    return f"{_day(texts)} {clock}" if clock else _day(texts)


def _day(texts: Mapping[str, str]) -> str:
    if "date" in texts:
        return texts["date"]
    year = texts["year"]
    if "quarter" in texts:
        quarter = _QUARTER.fullmatch(texts["quarter"])
        return f"{year}-Q{(quarter[1] or quarter[2]) if quarter else texts['quarter']}"
    if "week" in texts:
        return f"{year}-W{texts['week'].lstrip('Ww')}"
    if "period" in texts:
        return _of_period(year, texts["period"])
    month = texts["month"].lstrip("Mm") if texts["month"][1:].isdecimal() else str(month_of(texts["month"]) or texts["month"])
    return "-".join(filter(None, (year, month, texts.get("day"))))


def _of_period(year: str, period: str) -> str:
    """Write a year's period as the Bureau of Labor Statistics names it: M01 to M12, Q01 to Q04, and M13 or A01 for the whole year."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return f"{year}-{month_of(period) or '?'}"
    return year if match[3] else f"{year}-{match[1].upper()}{match[2]}"


def _clock(texts: Mapping[str, str]) -> str:
    if "hour" in texts:
        return f"{texts['hour']:0>2}:{texts.get('minute', '0'):0>2}"
    text = texts.get("time", "")
    if text.isdecimal():
        digits = f"{text:0>4}" if len(text) <= 4 else f"{text:0>6}"  # noqa: PLR2004 - HHMM or HHMMSS
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return text if _CLOCK.fullmatch(text) else text and f"({text})"
