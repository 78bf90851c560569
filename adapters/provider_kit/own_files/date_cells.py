"""What a single cell of a date column may mean: texts, digits of a form, day numbers of Excel, a given format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from adapters.provider_kit.own_files.date_digits import digits_date, digits_forms
from adapters.provider_kit.own_files.date_forms import read_text_date
from adapters.provider_kit.own_files.grid import Cell, quoted, text_in
from adapters.provider_kit.own_files.readings import Kind, Reading, full_year
from domain.errors import AnswerNotUnderstood

EXCEL = "excel"
_EXCEL_DAYS = range(1, 110_000)
_EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - UTC, as all moments here
#: Before it Excel's day numbers count a 29 February 1900 that there was not.
_EXCEL_SOUND = 61
_WITH_YEAR, _DAYLESS = re.compile(r"%[YyGsDxc]"), re.compile(r"%[djDxcesaAuU]")

ReadCell = Callable[[Cell], Reading | None]


def read_typed(cell: Cell) -> Reading | None:
    """Return what a cell means that is text, or already a date or moment; no number is one."""
    if isinstance(cell, str):
        return read_text_date(cell)
    if isinstance(cell, datetime):
        moment = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
        return Reading(Kind.MOMENT, {"": moment}, cell.tzinfo is not None)
    return Reading(Kind.DAILY, {"": datetime.combine(cell, time())}) if isinstance(cell, date) else None


def digits_in(cell: Cell) -> str:
    """Return the text of a cell, of a whole number its digits."""
    if isinstance(cell, bool):
        return ""
    if isinstance(cell, int | float):
        return str(int(cell)) if cell == cell and cell % 1 == 0 else str(cell)  # noqa: PLR0124 - NaN
    text = text_in(cell)
    # What a frame writes whose whole numbers became floats.
    return text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text


def forms_of(cell: Cell) -> Sequence[str]:
    """Name the forms of a date that a number may have, the likeliest first."""
    return digits_forms(digits_in(cell))


def form_of(cell: Cell) -> str:
    """Name the likeliest form of a date that a number may have; empty if it can be none."""
    return next(iter(forms_of(cell)), "")


def reader_of_form(form: str) -> ReadCell:
    """Return the reader of cells that are digits of one form."""
    return lambda cell: digits_date(digits_in(cell), form) or read_typed(cell)


def read_loosely(cell: Cell) -> Reading | None:
    """Read a cell of a column that is known to hold dates: years, and months without a sign between, are dates there too."""
    found = read_typed(cell)
    text = "" if found else digits_in(cell)
    return found or next(filter(None, (digits_date(text, form) for form in ("year", "yyyymm", "yyyymmdd"))), None)


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
        whole = f"{form} %u" if _lacks_weekday(form) else form
        datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(whole), whole)  # noqa: DTZ007 - only whether it is a format
    except ValueError as exc:
        raise AnswerNotUnderstood(f"option date_format: {quoted(form)} is no format: {exc}.", hint="Write it as strptime does.") from exc
    return lambda cell: read_typed(cell) if isinstance(cell, date) else _by_format(text_in(cell), form)


def _lacks_weekday(form: str) -> bool:
    return "%V" in form and not any(day in form for day in ("%u", "%a", "%A", "%w"))


def _by_format(text: str, form: str) -> Reading | None:
    weekly = _lacks_weekday(form)
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
