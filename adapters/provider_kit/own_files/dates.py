"""
The dates of a whole column: one form for all its cells, or an error.

What day and month are is decided by all cells together; where two orders fit them all and give other dates, it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from adapters.provider_kit.own_files.date_forms import Kind, Reading, digits_date, digits_form, full_year, read_text_date
from adapters.provider_kit.own_files.grid import Cell, Table, listed, quoted, refused, text_in
from domain.errors import AnswerNotUnderstood, UnsupportedFrequency

EXCEL = "excel"
_EXCEL_DAYS = range(1, 110_000)
_EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - UTC, as all moments here
#: Before it Excel's day numbers count a 29 February 1900 that there was not.
_EXCEL_SOUND = 61
_FISCAL = re.compile(r"([0-9]{4})[-/]([0-9]{2})")
_LEAST_SORTED = 3
_WITH_YEAR, _DAYLESS = re.compile(r"%[YyGsDxc]"), re.compile(r"%[djDxcesaAuU]")
_ORDERS = {"dmy": "day/month", "mdy": "month/day", "ymd": "year/month/day"}

ReadCell = Callable[[Cell], Reading | None]


@dataclass(frozen=True, slots=True)
class Axis:
    """
    The dates of a series.

    Attributes:
        moments: without zone, in UTC.
        kind: what the cells say of the length of their periods.
        kept: positions of the cells that were read; fewer than there are only where a frequency chose among them.

    """

    moments: Sequence[datetime]
    kind: Kind
    kept: Sequence[int]


def read_typed(cell: Cell) -> Reading | None:
    """Return what a cell means that is text, or already a date or moment; no number is one."""
    if isinstance(cell, str):
        return read_text_date(cell)
    if isinstance(cell, datetime):
        moment = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
        return Reading(Kind.MOMENT, {"": moment}, cell.tzinfo is not None)
    return Reading(Kind.DAILY, {"": datetime.combine(cell, time())}) if isinstance(cell, date) else None


def digits_in(cell: Cell) -> str:
    """Return the text of a cell that is a whole number or text."""
    if isinstance(cell, bool):
        return ""
    return str(int(cell)) if isinstance(cell, int | float) and cell == cell and cell % 1 == 0 else text_in(cell)  # noqa: PLR0124 - NaN


def form_of(cell: Cell) -> str:
    """Name the form of a date that a number may have; empty if it can be none."""
    return digits_form(digits_in(cell))


def reader_of_form(form: str) -> ReadCell:
    """Return the reader of cells that are digits of one form."""

    def read(cell: Cell) -> Reading | None:
        text = digits_in(cell)
        return digits_date(text, form) if digits_form(text) == form else read_typed(cell)

    return read


def read_loosely(cell: Cell) -> Reading | None:
    """Read a cell of a column that is known to hold dates: years, and months without a sign between, are dates there too."""
    found = read_typed(cell)
    if found:
        return found
    text = digits_in(cell)
    form = digits_form(text)
    return digits_date(text, form) if form in ("year", "yyyymm", "yyyymmdd") else None


def reader_of_format(form: str) -> ReadCell:
    """
    Return the reader of the cells of one format.

    Args:
        form: strptime's, or ``excel`` for day numbers.

    Raises:
        AnswerNotUnderstood: it is none, or names no year.

    """
    if form == EXCEL:
        return _excel
    if not _WITH_YEAR.search(form):
        raise AnswerNotUnderstood(f"option date_format: {quoted(form)} holds no year.", hint="Write it as strptime does: %d/%m/%Y.")
    try:
        datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(form), form)  # noqa: DTZ007 - only whether it is a format
    except ValueError as exc:
        raise AnswerNotUnderstood(f"option date_format: {quoted(form)} is no format: {exc}.", hint="Write it as strptime does.") from exc
    return lambda cell: _by_format(text_in(cell), form)


def _by_format(text: str, form: str) -> Reading | None:
    weekly = "%V" in form and "%u" not in form
    try:
        moment = datetime.strptime(text + " 1", form + " %u") if weekly else datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
    if "%y" in form and "%Y" not in form:
        moment = moment.replace(year=full_year(f"{moment.year % 100:02}"))
    if moment.tzinfo or any(code in form for code in ("%H", "%I", "%c", "%s", "%X")):
        naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return Reading(Kind.MOMENT, {"": naive}, moment.tzinfo is not None)
    has_month = any(code in form for code in ("%m", "%b", "%B", "%h"))
    undated = Kind.WEEKLY if weekly else Kind.MONTHLY if has_month else Kind.ANNUAL
    return Reading(Kind.DAILY if _DAYLESS.search(form) else undated, {"": moment})


def _excel(cell: Cell) -> Reading | None:
    if isinstance(cell, date):
        return read_typed(cell)
    try:
        days = float(digits_in(cell))
    except ValueError:
        return None
    if not _EXCEL_SOUND <= days < _EXCEL_DAYS.stop:
        return None
    moment = _EXCEL_START + timedelta(seconds=round(days * 86_400))
    return Reading(Kind.DAILY if moment.time() == time() else Kind.MOMENT, {"": moment}, zoned=None)


def may_be_excel(cell: Cell) -> bool:
    """Return whether a number may count the days of Excel's calendar, of 1927 to 2119."""
    text = digits_in(cell)
    return len(text) == 5 and text.isdecimal() and 10_000 <= int(text) <= 80_000  # noqa: PLR2004 - those years


def read_dates(table: Table, read: ReadCell, frequency: str = "") -> Axis:
    """
    Read the date column of a table.

    Args:
        read: reads a cell.
        frequency: of several lengths of periods the one to keep; empty if there may be one alone.

    Raises:
        AnswerNotUnderstood: a cell is no date, or what it means is in doubt; names it and the option that decides.
        UnsupportedFrequency: a moment is finer than a second.

    """
    readings = [read(cell) for cell in table.dates.cells]
    for index, reading in enumerate(readings):
        if reading is None:
            raise refused(table.name, f"{table.place(index, table.dates)}: not a date", "date_format")
    found = [reading for reading in readings if reading]
    kept = _of_one_kind(table, found, frequency)
    _check_zones(table, found)
    _check_fiscal(table)
    order = _order(table, found, kept)
    moments = [found[i].by_order.get("") or found[i].by_order[order] for i in kept]
    if any(moment.microsecond for moment in moments):
        raise UnsupportedFrequency(f"{table.name} has moments finer than a second.")
    kinds = {found[i].kind for i in kept}
    return Axis(moments, Kind.MOMENT if Kind.MOMENT in kinds else kinds.pop() if kinds else Kind.DAILY, kept)


def _of_one_kind(table: Table, found: Sequence[Reading], frequency: str) -> Sequence[int]:
    first: dict[Kind, int] = {}
    for index, reading in enumerate(found):
        first.setdefault(reading.kind, index)
    if set(first) <= {Kind.DAILY, Kind.MOMENT} or len(first) == 1:
        return range(len(found))
    if frequency in (*Kind, "hourly"):
        wanted = Kind.MOMENT if frequency == "hourly" else Kind(frequency)
        return [index for index, reading in enumerate(found) if reading.kind is wanted]
    said = [f"{kind} (row {table.rows[at]}, {quoted(table.dates.cells[at])})" for kind, at in first.items()]
    raise refused(table.name, f"{listed(said)} periods in column {quoted(table.dates.shown)}", "frequency")


def _check_zones(table: Table, found: Sequence[Reading]) -> None:
    zoned = {reading.zoned for reading in found}
    if {True, False} <= zoned:
        index = next(i for i, reading in enumerate(found) if reading.zoned is False)
        raise refused(table.name, f"{table.place(index, table.dates)}: no offset from UTC where other cells have one", "date_format")


def _check_fiscal(table: Table) -> None:
    """Refuse 2001-02, 2002-03, … which may be years that span two calendar years."""
    matches = []
    for cell in table.dates.cells:
        match = _FISCAL.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
            return
        matches.append(match)
    if len(matches) > 1:
        raise refused(table.name, f"{table.place(0, table.dates)}: a month, or a year that spans two", "date_format")


def _order(table: Table, found: Sequence[Reading], kept: Sequence[int]) -> str:
    doubtful = [i for i in kept if "" not in found[i].by_order]
    if not doubtful:
        return ""
    orders = set(found[doubtful[0]].by_order)
    for index in doubtful:
        left = orders & set(found[index].by_order)
        if not left:
            other = quoted(table.dates.cells[doubtful[0]])
            raise refused(table.name, f"{table.place(index, table.dates)}: not in the order of {other}", "date_format")
        orders = left
    orders = _without_jumps(orders, [found[i] for i in doubtful])
    first = min(orders)
    for index in doubtful:
        moments = found[index].by_order
        if any(moments[order] != moments[first] for order in orders):
            doubt = " or ".join(_ORDERS[order] for order in sorted(orders))
            raise refused(table.name, f"{table.place(index, table.dates)}: {doubt}", "date_format")
    return first


def _without_jumps(orders: set[str], found: Sequence[Reading]) -> set[str]:
    """Drop the year as the first part, or as the last one, where only the other gives dates in the order of the rows."""
    if "ymd" not in orders or len(orders) == 1 or len(found) < _LEAST_SORTED:
        return orders
    is_sorted = {order: _is_sorted([reading.by_order[order] for reading in found]) for order in orders}
    others = orders - {"ymd"}
    if is_sorted["ymd"] != any(is_sorted[order] for order in others):
        return {"ymd"} if is_sorted["ymd"] else others
    return orders


def _is_sorted(moments: Sequence[datetime]) -> bool:
    steps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)
