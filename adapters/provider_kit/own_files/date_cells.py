"""Single cells of a date column: dates, moments and periods in text, digits of a form, day numbers of Excel, a given format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from adapters.provider_kit.own_files.date_digits import Kind, Reading, certain, digits_date, digits_forms, full_year, moment_of
from adapters.provider_kit.own_files.date_words import is_weekday, month_of
from adapters.provider_kit.own_files.grid import Cell, quoted, text_in
from adapters.provider_kit.parsing.period_texts import in_utc
from domain.errors import AnswerNotUnderstood

EXCEL = "excel"
_EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - UTC, as all moments here
#: Before 61 Excel's day numbers count a 29 February 1900 that there was not.
_EXCEL_DAYS = range(61, 110_000)
#: The day numbers of 1927 to 2119, as which a number without a format is suspected.
_EXCEL_DIGITS = re.compile("[1-7][0-9]{4}|80000")
_WITH_YEAR, _WITH_DAY = re.compile(r"%[YyGsDxc]"), re.compile(r"%[djDxcesaAuU]")
_WITH_TIME, _WITH_MONTH, _WITH_WEEKDAY = re.compile("%[HIcsX]"), re.compile("%[mbBh]"), re.compile("%[uaAw]")
_HINT = "Write it as strptime does: %d/%m/%Y."

_LONGEST = 45
_DAY_HOURS, _MOST_DAYS = 24, 31
_WEEKDAY = re.compile(r"([^\W\d_]{2,10}(?:-[^\W\d_]{5})?[.,]{0,2}) +")
_TIMED = re.compile(
    r"(.{6,36}?)(?:[t: ]|, ?) ?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(?: ?([ap])\.?m\.?)?"
    r"(?: ?(z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_BASIC = re.compile(r"([0-9]{8})t([0-9]{2})([0-9]{2})([0-9]{2})?(z)?")
_LETTER = re.compile(r"[^\W\d_]")
_QUARTER_WORD = re.compile(r"qtr\.?|quartal|kwartaal|kwartał|kvartal|trimestre|trimester|čtvrtletí")
_NTH = re.compile(r"(?<![0-9])([0-9]{1,2})(?:st|nd|rd|th|er|e|ème|[ºª°])(?![^\W_])")
_BETWEEN = re.compile(" (?:of|del?|do|di) ")
#: Quarters by a letter: kvartal's is K; T may be a third of a year, too.
QUARTER_BY_T = re.compile(r"(?:[0-9]{4}[- ]?[Tt]([1-4])|([1-4]) ?[Tt][- ]?[0-9]{4}|[Tt]([1-4])[- /]?[0-9]{4})")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_WORD, _NTH_QUARTER = r"([^\W\d_]{3,13}\.?)", r"([1-4]|i{1,3}|iv)\.? ?quarter"

ReadCell = Callable[[Cell], Reading | None]
_Forms = Sequence[tuple[str, re.Pattern[str]]]


def _forms(*forms: tuple[str, str]) -> _Forms:
    return [(fields, re.compile(pattern)) for fields, pattern in forms]


#: A letter for each group: year, quarter, month, name of a month, day, week, day of the week (u); abc are in an order that is in doubt.
_OF_EITHER = (("qqy", r"(?:t([1-4])|([1-4]) ?t)[-/ ]?([0-9]{4})"), ("qy", rf"{_NTH_QUARTER}[-/, ]{{1,2}}([0-9]{{4}})"))
_OF_DIGITS = _forms(
    ("y-md", r"([0-9]{4})([-/. ])([0-9]{1,2})\2([0-9]{1,2})"),
    ("ym", r"([0-9]{4})(?:[-/]|[-: ]?mm?)([0-9]{1,2})"),
    ("a-bc", r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})"),
    ("ym", r"([0-9]{4}):([0-9]{2})"),
    ("y", r"([0-9]{4})(?: \[yr\1\]|jj00|[年년])"),
    ("ym", r"([0-9]{4})[年년] ?([0-9]{1,2})[月월]"),
    ("ymd", r"([0-9]{4})[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日일]"),
    ("my", r"([0-9]{1,2})[-/]([0-9]{4})"),
    ("yq", r"([0-9]{4})[-:/. ]{0,2}[qkt]([1-4])"),
    ("yq", r"([0-9]{2})q([1-4])"),
    ("yq", r"([0-9]{4})[-/ ]?([1-4])q"),
    ("qy", r"([1-4])q[-:/' ]{0,2}([0-9]{4}|[0-9]{2})"),
    ("yq", rf"([0-9]{{4}})[-/,. ]{{1,3}}{_NTH_QUARTER}"),
    ("yq", r"([0-9]{4})[-/, ]{1,2}quarter ([1-4])"),
    ("ywu", r"([0-9]{4})[-/ ]{0,2}(?:w|kw ?|week ?)([0-9]{1,2})(?:-([1-7]))?"),
    ("yn", rf"([0-9]{{4}})[- .]{{0,2}}{_WORD}"),
    ("dny", rf"([0-9]{{1,2}})\.?[-/ ]{{0,2}}{_WORD}[-/ ,.]{{0,2}}([0-9]{{4}}|[0-9]{{2}})"),
    ("ynd", rf"([0-9]{{4}})[-/. ]{{1,2}}{_WORD}[-/ ]([0-9]{{1,2}})\.?"),
    *_OF_EITHER,
)
_OF_LETTERS = _forms(
    ("my", r"m([0-9]{1,2})[-/ ]([0-9]{4})"),
    ("qy", r"[qk]([1-4])[-:/.' ]{0,2}([0-9]{4}|[0-9]{2})"),
    ("qy", r"quarter ([1-4])[-/, ]{1,2}([0-9]{4})"),
    ("wy", r"(?:w|kw ?|week )([0-9]{1,2})[-/, ]{1,2}([0-9]{4})"),
    ("ny", rf"{_WORD}[-/ ,]{{0,2}}([0-9]{{4}})"),
    ("ny", rf"{_WORD}[-/'’ ]{{0,2}}([0-9]{{2}})"),
    ("ndy", rf"{_WORD}[- ]([0-9]{{1,2}})\.?(?:, ?|[- ])([0-9]{{4}})"),
    *_OF_EITHER,
)


def read_typed(cell: Cell) -> Reading | None:
    """Return what a cell means that is text, or already a date or moment; no number is one."""
    if isinstance(cell, str):
        return _read(cell) if len(cell) <= _LONGEST and any(map(str.isdecimal, cell)) else None
    if isinstance(cell, datetime):
        return moment_of(cell)
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
        raise AnswerNotUnderstood(f"option date_format: {quoted(form)} holds no year.", hint=_HINT)
    is_week = "%V" in form and not _WITH_WEEKDAY.search(form)
    whole = f"{form} %u" if is_week else form
    try:
        datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(whole), whole)  # noqa: DTZ007 - only whether it is a format
    except ValueError as exc:
        raise AnswerNotUnderstood(f"option date_format: {quoted(form)} is no format: {exc}.", hint=_HINT) from exc
    undated = Kind.WEEKLY if is_week else Kind.MONTHLY if _WITH_MONTH.search(form) else Kind.ANNUAL
    kind = Kind.DAILY if _WITH_DAY.search(form) else undated

    def read(cell: Cell) -> Reading | None:
        if isinstance(cell, date):
            return read_typed(cell)
        try:
            moment = datetime.strptime(f"{text_in(cell)} 1" if is_week else text_in(cell), whole)  # noqa: DTZ007
        except ValueError:
            return None
        if "%y" in form and "%Y" not in form:
            moment = moment.replace(year=full_year(f"{moment.year % 100:02}"))
        if moment.tzinfo or _WITH_TIME.search(form):
            return moment_of(moment)
        return Reading(kind, {"": moment})

    return read


def _excel(cell: Cell) -> Reading | None:
    if isinstance(cell, date):
        return read_typed(cell)
    try:
        days = float(digits_in(cell))
    except ValueError:
        return None
    if not _EXCEL_DAYS.start <= days < _EXCEL_DAYS.stop:
        return None
    moment = _EXCEL_START + timedelta(seconds=round(days * 86_400))
    return Reading(Kind.DAILY if moment.time() == time() else Kind.MOMENT, {"": moment})


def may_be_excel(cell: Cell) -> bool:
    """Return whether a number may count the days of Excel's calendar, of 1927 to 2119."""
    return _EXCEL_DIGITS.fullmatch(digits_in(cell)) is not None


@lru_cache(maxsize=8192)
def _read(text: str) -> Reading | None:
    """Return what a text may mean as a date, moment or period that no number looks like; None if nothing."""
    text = text.strip()
    if _LETTER.search(text):
        text = _NTH.sub(r"\1", _BETWEEN.sub(" ", _QUARTER_WORD.sub("quarter", text.casefold())))
    try:
        found = _whole(text)
        weekday = None if found else _WEEKDAY.match(text)
        return _whole(text[weekday.end() :]) if weekday and is_weekday(weekday[1]) else found
    except (ValueError, OverflowError):
        return None


def _whole(text: str) -> Reading | None:
    timed = _TIMED.fullmatch(text) if ":" in text else None
    found = _moment(timed) if timed else None
    basic = None if found else _BASIC.fullmatch(text)
    day = digits_date(basic[1], "yyyymmdd") if basic else None
    if basic and day:
        return _with_time(day, time(int(basic[2]), int(basic[3]), int(basic[4] or 0)), basic[5])
    return found or _day(text)


def _moment(match: re.Match[str]) -> Reading | None:
    day = _day(match[1].strip().rstrip(","))
    if day is None or day.kind is not Kind.DAILY:
        day = digits_date(match[1], "yyyymmdd")
    hour, half = int(match[2]), match[6]
    if day is None or (half and not 1 <= hour <= 12):  # noqa: PLR2004 - the clock's face
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    rest = (int(match[3]), int(match[4] or 0), int((match[5] or "0").ljust(6, "0")[:6]))
    is_midnight = hour == _DAY_HOURS and not any(rest)
    return _with_time(day, time() if is_midnight else time(hour, *rest), match[7], later=timedelta(days=is_midnight))


def _with_time(day: Reading, clock: time, zone: str | None, *, later: timedelta = timedelta()) -> Reading:
    moments = {order: in_utc(datetime.combine(moment, clock, _zone(zone)) + later) for order, moment in day.by_order.items()}
    return Reading(Kind.MOMENT, moments, zone is not None)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))


def _day(text: str) -> Reading | None:
    for fields, form in _OF_DIGITS if text[:1].isdecimal() else _OF_LETTERS:
        match = form.fullmatch(text)
        if match:
            try:
                found = _from_parts(fields, {field: part for field, part in zip(fields, match.groups(), strict=True) if part})
            except ValueError:  # a 13th month, a 54th week
                continue
            if found:
                return found
    return None


def _from_parts(fields: str, parts: Mapping[str, str]) -> Reading | None:
    """Return what the parts of a form mean; None or ValueError where that is nothing."""
    if "a" in parts:
        a, b, c = parts["a"], int(parts["b"]), parts["c"]
        orders = {"dmy": (c, b, int(a)), "mdy": (c, int(a), b)}
        return _ordered(orders if len(c) > 2 else {**orders, "ymd": (a, b, int(c))})  # noqa: PLR2004 - digits
    year, day, month = parts["y"], int(parts.get("d", 1)), month_of(parts["n"]) if "n" in parts else int(parts.get("m", 1))
    if month is None:
        return None
    if fields == "dny" and len(year) == 2:  # noqa: PLR2004 - of two digits each the year stands first only where it can be no day
        return _ordered({"ymd": (parts["d"], month, int(year))} if day > _MOST_DAYS else {"dmy": (year, month, day)})
    if "q" in parts:
        return certain(Kind.QUARTERLY, full_year(year), (_ROMAN.get(parts["q"]) or int(parts["q"])) * 3 - 2)
    if "w" in parts:
        start = date.fromisocalendar(int(year), int(parts["w"]), int(parts.get("u", 1)))
        return Reading(Kind.DAILY if "u" in parts else Kind.WEEKLY, {"": datetime.combine(start, time())})
    kind = Kind.DAILY if "d" in parts else Kind.ANNUAL if fields == "y" else Kind.MONTHLY
    return certain(kind, full_year(year), month, day)


def _ordered(parts_by_order: Mapping[str, tuple[str, int, int]]) -> Reading | None:
    """Return the orders in which year, month and day make a date."""
    moments = {}
    for order, (year, month, day) in parts_by_order.items():
        try:
            moments[order] = datetime(full_year(year), month, day)  # noqa: DTZ001
        except ValueError:
            continue
    return Reading(Kind.DAILY, moments) if moments else None
