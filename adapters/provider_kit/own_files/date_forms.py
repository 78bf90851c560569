"""The forms of dates, cell by cell: what a text may mean, in each order of day, month and year that it admits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import lru_cache

from adapters.provider_kit.own_files.months import month_of

_LONGEST = 45
_YEARS = range(1000, 2500)
_CENTURY = 69
_WEEKDAY = re.compile(r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day|nesday|sday|rsday|urday)?[.,]? +", re.IGNORECASE)
_TIMED = re.compile(
    r"(.{6,30}?)(?:[T ]|, ?) ?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?"
    r"(?: ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_BASIC = re.compile(r"([0-9]{8})T([0-9]{2})([0-9]{2})([0-9]{2})?(Z)?")


class Kind(StrEnum):
    """How long a period is; a moment has no length."""

    ANNUAL = "annual"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a cell may mean.

    Attributes:
        by_order: the moment in each order that is possible: ``dmy``, ``mdy``, ``ymd``; under an empty text where there is no doubt.
        zoned: whether it names its offset from UTC, and is in UTC by now; None for a day.

    """

    kind: Kind
    by_order: Mapping[str, datetime]
    zoned: bool | None = None


def read_text_date(text: str) -> Reading | None:
    """Return what a text may mean as a date, moment or period that no number looks like; None if nothing."""
    return _read(text) if len(text) <= _LONGEST and any(map(str.isdecimal, text)) else None


@lru_cache(maxsize=8192)
def _read(text: str) -> Reading | None:
    text = _WEEKDAY.sub("", text.strip(), count=1)
    try:
        timed = _TIMED.fullmatch(text) if ":" in text else None
        if timed:
            return _moment(timed)
        basic = _BASIC.fullmatch(text)
        day = digits_date(basic[1], "yyyymmdd") if basic else None
        if basic and day:
            return _with_time(day, time(int(basic[2]), int(basic[3]), int(basic[4] or 0)), basic[5])
        return _day(text)
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> Reading | None:
    for form, read in _FORMS:
        match = form.fullmatch(text)
        if match:
            found = read(match)
            if found:
                return found
    return None


def _moment(match: re.Match[str]) -> Reading | None:
    day = _day(match[1].strip().rstrip(","))
    if day is None or day.kind is not Kind.DAILY:
        day = digits_date(match[1], "yyyymmdd")
    hour, half = int(match[2]), (match[6] or "").lower()
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the clock's face
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return day and _with_time(day, time(hour, int(match[3]), int(match[4] or 0), int((match[5] or "0").ljust(6, "0")[:6])), match[7])


def _with_time(day: Reading, clock: time, zone: str | None) -> Reading:
    moments = {order: datetime.combine(moment, clock, _zone(zone)) for order, moment in day.by_order.items()}
    naive = {order: moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment for order, moment in moments.items()}
    return Reading(Kind.MOMENT, naive, zone is not None)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))


def digits_date(text: str, form: str) -> Reading | None:
    """Read digits that a number may look like too; see ``digits_form``."""
    try:
        return _digits(text, form)
    except (KeyError, ValueError, OverflowError):
        return None


def _digits(text: str, form: str) -> Reading | None:
    if form in _EPOCHS:
        return _epoch(int(text), _EPOCHS[form])
    year = int(text[-4:] if form == "mm.yyyy" else text[:4])
    if year not in _YEARS:
        return None
    if form == "year":
        return _certain(Kind.ANNUAL, year)
    if form == "yyyymmdd":
        return _certain(Kind.DAILY, *_ymd(text))
    return _certain(Kind.MONTHLY, year, int(text.partition(".")[0] if form == "mm.yyyy" else text[-2:]))


def digits_form(text: str) -> str:
    """Name the form of a date that digits, perhaps with one dot, may have; empty if none."""
    if text.isdecimal() and text.isascii():
        form = _BY_LENGTH.get(len(text), "")
    else:
        form = next((name for name, pattern in _DOTTED if pattern.fullmatch(text)), "")
    return form if form and digits_date(text, form) else ""


def full_year(text: str) -> int:
    """Return the year that two or four digits mean: 69 to 99 are of the twentieth century."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= _CENTURY else 2000)  # noqa: PLR2004 - digits


_BY_LENGTH = {4: "year", 6: "yyyymm", 8: "yyyymmdd", 10: "seconds", 13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}
_EPOCHS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
_DOTTED = (("yyyy.mm", re.compile(r"[12][0-9]{3}\.[01][0-9]")), ("mm.yyyy", re.compile(r"[01]?[0-9]\.[12][0-9]{3}")))


def _epoch(count: int, in_a_second: int) -> Reading:
    whole, rest = divmod(count, in_a_second)
    return Reading(Kind.MOMENT, {"": datetime.fromtimestamp(whole, UTC).replace(tzinfo=None, microsecond=bool(rest))}, zoned=True)


def _ymd(text: str) -> tuple[int, int, int]:
    return int(text[:4]), int(text[4:6]), int(text[6:])


def _certain(kind: Kind, year: int, month: int = 1, day: int = 1) -> Reading:
    return Reading(kind, {"": datetime(year, month, day)})  # noqa: DTZ001 - UTC, as all moments here


def _quarter(year: str, quarter: str) -> Reading:
    return _certain(Kind.QUARTERLY, full_year(year), int(quarter) * 3 - 2)


def _week(year: str, week: str, day: str | None = None) -> Reading:
    start = datetime.combine(date.fromisocalendar(int(year), int(week), int(day or 1)), time())
    return Reading(Kind.DAILY if day else Kind.WEEKLY, {"": start})


def _named(year: str, month: str, day: str | None = None) -> Reading | None:
    number = month_of(month)
    return _certain(Kind.DAILY if day else Kind.MONTHLY, full_year(year), number, int(day or 1)) if number else None


def _ordered(kind_of: Mapping[str, tuple[str, str | int, str]]) -> Reading | None:
    """Return the orders in which year, month and day make a date."""
    moments = {}
    for order, (year, month, day) in kind_of.items():
        try:
            moments[order] = datetime(full_year(year), int(month), int(day))  # noqa: DTZ001
        except ValueError:
            continue
    return Reading(Kind.DAILY, moments) if moments else None


def _triple(match: re.Match[str]) -> Reading | None:
    a, b, c = match[1], match[3], match[4]
    orders: dict[str, tuple[str, str | int, str]] = {"dmy": (c, b, a), "mdy": (c, a, b)}
    if len(c) == 2:  # noqa: PLR2004 - digits
        orders["ymd"] = (a, b, c)
    return _ordered(orders)


def _day_name_year(match: re.Match[str]) -> Reading | None:
    month = month_of(match[2])
    if month is None:
        return None
    day, year = match[1], match[3]
    if len(year) > 2:  # noqa: PLR2004 - digits
        return _certain(Kind.DAILY, int(year), month, int(day))
    return _ordered({"dmy": (year, month, day), "ymd": (day, month, year)})


_WORD = r"([^\W\d_]{3,10}\.?)"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Reading | None]], ...] = (
    (re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})"), lambda m: _certain(Kind.DAILY, int(m[1]), int(m[3]), int(m[4]))),
    (re.compile(r"([0-9]{4})(?:[-/]|[-: ]?[Mm])([0-9]{1,2})"), lambda m: _certain(Kind.MONTHLY, int(m[1]), int(m[2]))),
    (re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})"), _triple),
    (re.compile(r"([0-9]{4}) \[YR\1\]"), lambda m: _certain(Kind.ANNUAL, int(m[1]))),
    (re.compile(r"([0-9]{1,2})[-/]([0-9]{4})"), lambda m: _certain(Kind.MONTHLY, int(m[2]), int(m[1]))),
    (re.compile(r"[Mm]([0-9]{1,2})[-/ ]([0-9]{4})"), lambda m: _certain(Kind.MONTHLY, int(m[2]), int(m[1]))),
    (re.compile(r"([0-9]{4})[-:/. ]{0,2}[Qq]([1-4])"), lambda m: _quarter(m[1], m[2])),
    (re.compile(r"[Qq]([1-4])[-:/.' ]{0,2}([0-9]{4}|[0-9]{2})"), lambda m: _quarter(m[2], m[1])),
    (re.compile(r"([1-4])[Qq][-:/' ]{0,2}([0-9]{4}|[0-9]{2})"), lambda m: _quarter(m[2], m[1])),
    (re.compile(r"([0-9]{4})[- ]?[Ww]([0-9]{1,2})(?:-([1-7]))?"), lambda m: _week(m[1], m[2], m[3])),
    (re.compile(r"[Ww]([0-9]{1,2})[-/ ]([0-9]{4})"), lambda m: _week(m[2], m[1])),
    (re.compile(rf"([0-9]{{4}})[- .]{{0,2}}{_WORD}"), lambda m: _named(m[1], m[2])),
    (re.compile(rf"{_WORD}[-/ ,]{{0,2}}([0-9]{{4}})"), lambda m: _named(m[2], m[1])),
    (re.compile(rf"{_WORD}[-'’]([0-9]{{2}})"), lambda m: _named(m[2], m[1])),
    (re.compile(rf"{_WORD}[- ]([0-9]{{1,2}})(?:st|nd|rd|th)?(?:, ?|[- ])([0-9]{{4}})"), lambda m: _named(m[3], m[1], m[2])),
    (re.compile(rf"([0-9]{{1,2}})(?:st|nd|rd|th)?(?:\. ?|[-/ ]){_WORD}[-/ ,.]{{1,2}}([0-9]{{4}}|[0-9]{{2}})"), _day_name_year),
    (re.compile(rf"([0-9]{{4}})[-/ ]{_WORD}[-/ ]([0-9]{{1,2}})"), lambda m: _named(m[1], m[2], m[3])),
)
