"""What a single cell of a date column may mean: texts, digits of a form, day numbers of Excel, a given format."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from adapters.provider_kit.own_files.date_forms import Kind, Reading, digits_date, digits_form, full_year, read_text_date
from adapters.provider_kit.own_files.grid import Cell, quoted, text_in
from domain.errors import AnswerNotUnderstood

EXCEL = "excel"
_EXCEL_DAYS = range(1, 110_000)
_EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - UTC, as all moments here
#: Before it Excel's day numbers count a 29 February 1900 that there was not.
_EXCEL_SOUND = 61
_WITH_YEAR, _DAYLESS = re.compile(r"%[YyGsDxc]"), re.compile(r"%[djDxcesaAuU]")
_MOMENT_NAMES = re.compile(r"time|stamp|epoch|date|datum|zeit|fecha|^ts?$|unix|moment|period", re.IGNORECASE)
_YEAR_NAMES = re.compile(r"year|yr|jahr|ann[ée]e|a[ñn]o|anno|jaar|rok|date|datum|fecha|period", re.IGNORECASE)
_MONTH_NAMES = re.compile(r"month|monat|mois|mese|mes|maand|year|date|datum|fecha|period", re.IGNORECASE)
_DAY_NAMES = re.compile(r"day|tag|jour|date|datum|fecha|giorno|dag|period|time", re.IGNORECASE)
_FORM_NAMES = {"year": _YEAR_NAMES, "yyyymm": _MONTH_NAMES, "yyyy.mm": _MONTH_NAMES, "mm.yyyy": _MONTH_NAMES, "yyyymmdd": _DAY_NAMES}
WEEK_NAME = re.compile(r"week|woche|^kw|semaine|semana|settimana", re.IGNORECASE)

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
    """Return the text of a cell that is a whole number or text."""
    if isinstance(cell, bool):
        return ""
    return str(int(cell)) if isinstance(cell, int | float) and cell == cell and cell % 1 == 0 else text_in(cell)  # noqa: PLR0124 - NaN


def form_of(cell: Cell) -> str:
    """Name the form of a date that a number may have; empty if it can be none."""
    return digits_form(digits_in(cell))


def may_be_called(name: str, form: str) -> bool:
    """Return whether a column of digits in a form may have this name: a week's are no months, and a time's no years."""
    words = _FORM_NAMES.get(form, _MOMENT_NAMES)
    return bool(words.search(name)) and not (form.startswith("yyyy") and WEEK_NAME.search(name))


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
        whole = f"{form} %u" if _lacks_weekday(form) else form
        datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(whole), whole)  # noqa: DTZ007 - only whether it is a format
    except ValueError as exc:
        raise AnswerNotUnderstood(f"option date_format: {quoted(form)} is no format: {exc}.", hint="Write it as strptime does.") from exc
    return lambda cell: _by_format(text_in(cell), form)


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
