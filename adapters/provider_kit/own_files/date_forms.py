"""The forms of dates in text, cell by cell: days, moments, months, quarters, weeks and years that no number looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from adapters.provider_kit.own_files.date_digits import digits_date
from adapters.provider_kit.own_files.months import is_weekday, month_of
from adapters.provider_kit.own_files.readings import Kind, Reading, certain, full_year

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


def read_text_date(text: str) -> Reading | None:
    """Return what a text may mean as a date, moment or period that no number looks like; None if nothing."""
    return _read(text) if len(text) <= _LONGEST and any(map(str.isdecimal, text)) else None


def _plain(text: str) -> str:
    """Return a text in small letters, with one word for a quarter, and without endings of first, second and the words between."""
    text = text.strip()
    if _LETTER.search(text) is None:
        return text
    return _NTH.sub(r"\1", _BETWEEN.sub(" ", _QUARTER_WORD.sub("quarter", text.casefold())))


@lru_cache(maxsize=8192)
def _read(text: str) -> Reading | None:
    text = _plain(text)
    try:
        found = _whole(text)
        weekday = None if found else _WEEKDAY.match(text)
        return _whole(text[weekday.end() :]) if weekday and is_weekday(weekday[1]) else found
    except (ValueError, OverflowError):
        return None


def _whole(text: str) -> Reading | None:
    timed = _TIMED.fullmatch(text) if ":" in text else None
    found = _moment(timed) if timed else None
    if found:
        return found
    basic = _BASIC.fullmatch(text)
    day = digits_date(basic[1], "yyyymmdd") if basic else None
    if basic and day:
        return _with_time(day, time(int(basic[2]), int(basic[3]), int(basic[4] or 0)), basic[5])
    return _day(text)


def _day(text: str) -> Reading | None:
    for form, read in _OF_DIGITS if text[:1].isdecimal() else _OF_LETTERS:
        match = form.fullmatch(text)
        if match:
            found = _valid(read, match)
            if found:
                return found
    return None


def _valid(read: Callable[[re.Match[str]], Reading | None], match: re.Match[str]) -> Reading | None:
    try:
        return read(match)
    except ValueError:
        return None


def _moment(match: re.Match[str]) -> Reading | None:
    day = _day(match[1].strip().rstrip(","))
    if day is None or day.kind is not Kind.DAILY:
        day = digits_date(match[1], "yyyymmdd")
    hour, half = int(match[2]), (match[6] or "")
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the clock's face
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    seconds = (int(match[4] or 0), int((match[5] or "0").ljust(6, "0")[:6]))
    if hour == _DAY_HOURS and not any((int(match[3]), *seconds)):
        return day and _with_time(day, time(), match[7], later=timedelta(days=1))
    return day and _with_time(day, time(hour, int(match[3]), *seconds), match[7])


def _with_time(day: Reading, clock: time, zone: str | None, *, later: timedelta = timedelta()) -> Reading:
    moments = {order: datetime.combine(moment, clock, _zone(zone)) + later for order, moment in day.by_order.items()}
    naive = {order: moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment for order, moment in moments.items()}
    return Reading(Kind.MOMENT, naive, zone is not None)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))


def _quarter(year: str, quarter: str) -> Reading:
    return certain(Kind.QUARTERLY, full_year(year), int(_ROMAN.get(quarter, quarter)) * 3 - 2)


def _week(year: str, week: str, day: str | None = None) -> Reading:
    start = datetime.combine(date.fromisocalendar(int(year), int(week), int(day or 1)), time())
    return Reading(Kind.DAILY if day else Kind.WEEKLY, {"": start})


def _named(year: str, month: str, day: str | None = None) -> Reading | None:
    number = month_of(month)
    return certain(Kind.DAILY if day else Kind.MONTHLY, full_year(year), number, int(day or 1)) if number else None


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
    """Read 31-Jan-20; of two digits each the year stands first only where it can be no day."""
    day, month, year = match[1], month_of(match[2]), match[3]
    if month is None:
        return None
    if len(year) > 2:  # noqa: PLR2004 - digits
        return certain(Kind.DAILY, full_year(year), month, int(day))
    return _ordered({"ymd": (day, month, year)} if int(day) > _MOST_DAYS else {"dmy": (year, month, day)})


_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_WORD = r"([^\W\d_]{3,13}\.?)"
_Forms = tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Reading | None]], ...]
_OF_EITHER: _Forms = (
    (re.compile(r"(?:t([1-4])|([1-4]) ?t)[-/ ]?([0-9]{4})"), lambda m: _quarter(m[3], m[1] or m[2])),
    (re.compile(r"([1-4]|i{1,3}|iv)\.? ?quarter[-/, ]{1,2}([0-9]{4})"), lambda m: _quarter(m[2], m[1])),
)
_OF_DIGITS: _Forms = (
    (re.compile(r"([0-9]{4})([-/. ])([0-9]{1,2})\2([0-9]{1,2})"), lambda m: certain(Kind.DAILY, int(m[1]), int(m[3]), int(m[4]))),
    (re.compile(r"([0-9]{4})(?:[-/]|[-: ]?mm?)([0-9]{1,2})"), lambda m: certain(Kind.MONTHLY, int(m[1]), int(m[2]))),
    (re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})"), _triple),
    (re.compile(r"([0-9]{4}):([0-9]{2})"), lambda m: certain(Kind.MONTHLY, int(m[1]), int(m[2]))),
    (re.compile(r"([0-9]{4})(?: \[yr\1\]|jj00|[年년])"), lambda m: certain(Kind.ANNUAL, int(m[1]))),
    (re.compile(r"([0-9]{4})[年년] ?([0-9]{1,2})[月월]"), lambda m: certain(Kind.MONTHLY, int(m[1]), int(m[2]))),
    (
        re.compile(r"([0-9]{4})[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日일]"),
        lambda m: certain(Kind.DAILY, int(m[1]), int(m[2]), int(m[3])),
    ),
    (re.compile(r"([0-9]{1,2})[-/]([0-9]{4})"), lambda m: certain(Kind.MONTHLY, int(m[2]), int(m[1]))),
    (re.compile(r"([0-9]{4})[-:/. ]{0,2}[qkt]([1-4])"), lambda m: _quarter(m[1], m[2])),
    (re.compile(r"([0-9]{2})q([1-4])"), lambda m: _quarter(m[1], m[2])),
    (re.compile(r"([0-9]{4})[-/ ]?([1-4])q"), lambda m: _quarter(m[1], m[2])),
    (re.compile(r"([1-4])q[-:/' ]{0,2}([0-9]{4}|[0-9]{2})"), lambda m: _quarter(m[2], m[1])),
    (re.compile(r"([0-9]{4})[-/,. ]{1,3}([1-4]|i{1,3}|iv)\.? ?quarter"), lambda m: _quarter(m[1], m[2])),
    (re.compile(r"([0-9]{4})[-/, ]{1,2}quarter ([1-4])"), lambda m: _quarter(m[1], m[2])),
    (re.compile(r"([0-9]{4})[-/ ]{0,2}(?:w|kw ?|week ?)([0-9]{1,2})(?:-([1-7]))?"), lambda m: _week(m[1], m[2], m[3])),
    (re.compile(rf"([0-9]{{4}})[- .]{{0,2}}{_WORD}"), lambda m: _named(m[1], m[2])),
    (re.compile(rf"([0-9]{{1,2}})\.?[-/ ]{{0,2}}{_WORD}[-/ ,.]{{0,2}}([0-9]{{4}}|[0-9]{{2}})"), _day_name_year),
    (re.compile(rf"([0-9]{{4}})[-/. ]{{1,2}}{_WORD}[-/ ]([0-9]{{1,2}})\.?"), lambda m: _named(m[1], m[2], m[3])),
    *_OF_EITHER,
)
_OF_LETTERS: _Forms = (
    (re.compile(r"m([0-9]{1,2})[-/ ]([0-9]{4})"), lambda m: certain(Kind.MONTHLY, int(m[2]), int(m[1]))),
    (re.compile(r"[qk]([1-4])[-:/.' ]{0,2}([0-9]{4}|[0-9]{2})"), lambda m: _quarter(m[2], m[1])),
    (re.compile(r"quarter ([1-4])[-/, ]{1,2}([0-9]{4})"), lambda m: _quarter(m[2], m[1])),
    (re.compile(r"(?:w|kw ?|week )([0-9]{1,2})[-/, ]{1,2}([0-9]{4})"), lambda m: _week(m[2], m[1])),
    (re.compile(rf"{_WORD}[-/ ,]{{0,2}}([0-9]{{4}})"), lambda m: _named(m[2], m[1])),
    (re.compile(rf"{_WORD}[-/'’ ]{{0,2}}([0-9]{{2}})"), lambda m: _named(m[2], m[1])),
    (re.compile(rf"{_WORD}[- ]([0-9]{{1,2}})\.?(?:, ?|[- ])([0-9]{{4}})"), lambda m: _named(m[3], m[1], m[2])),
    *_OF_EITHER,
)
