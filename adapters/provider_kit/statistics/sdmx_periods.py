"""
Periods as statistics offices write them, each as the moment it begins and the form it has.

``2024`` · ``2024-Q1`` ``2024K1`` · ``2024-S1`` ``2024H1`` · ``2024-01`` ``2024M01`` ``202401`` · ``2024-W05`` ``2024U05`` ·
``2024-01-31`` ``20240131`` ``31 January 2024`` · ``2024-01-31T10:00:00+01:00`` · ``2024-01-01/P1M`` · ``2023/2024``
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np

from adapters.provider_kit.parsing.limits import LONGEST_NAME
from domain.errors import AnswerNotUnderstood, UnsupportedFrequency
from domain.frequency import Frequency
from domain.observations import Dates, Unit

_ZONE = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})")
_YEAR = re.compile(r"([0-9]{4})(?:-?A1?)?")
_YEARS = re.compile(r"([0-9]{4})(?:/[0-9]{2}|[/-][0-9]{4})")
_MONTH = re.compile(r"([0-9]{4})-?([0-9]{2})")
_PART = re.compile(r"([0-9]{4})[- ]?([A-Z])([0-9]{1,3})")
_WEEK = re.compile(r"([0-9]{4})[- ]?Week[- ]?([0-9]{1,2})")
_PART_FIRST = re.compile(r"([A-Z])([0-9])[- /]?([0-9]{4})")
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_DAY_OF_MONTH = re.compile(r"([0-9]{4})M([0-9]{2})D([0-9]{2})")
_NAMED = re.compile(r"(?:([0-9]{1,2})[ -])?([A-Z][a-z]{2,8})[ -]?([0-9]{4})")
_NAMED_LAST = re.compile(r"([0-9]{4})[ -]?([A-Z][a-z]{2,8})")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}.*")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LETTERS = {"K": "Q", "H": "S", "B": "S", "U": "W", "V": "W"}
_MONTHS_IN = {"A": 12, "S": 6, "T": 4, "Q": 3, "M": 1}
_DURATIONS = {"P1Y": "A", "P6M": "S", "P3M": "Q", "P1M": "M", "P7D": "W", "P1W": "W", "P1D": "D"}
_FREQUENCIES = {
    **dict.fromkeys(("A", "P1Y", "ANNUAL", "ANNUALLY", "YEARLY"), Frequency.ANNUAL),
    **dict.fromkeys(("Q", "P3M", "QUARTERLY"), Frequency.QUARTERLY),
    **dict.fromkeys(("M", "P1M", "MONTHLY"), Frequency.MONTHLY),
    **dict.fromkeys(("W", "P7D", "P1W", "WEEKLY"), Frequency.WEEKLY),
    **dict.fromkeys(("D", "B", "P1D", "DAILY"), Frequency.DAILY),
}
_SPANS = {"A": "year", "S": "half-year", "T": "third of the year", "Q": "quarter", "M": "month", "W": "week"}


@dataclass(frozen=True, slots=True)
class Period:
    """
    When a period begins, and its form.

    Attributes:
        begins: by the provider's own clock; in UTC behind ``offset``.
        form: A, S, T, Q, M, W, D, or I for an instant.
        offset: what is to be taken off to be in UTC.

    """

    begins: datetime
    form: str
    offset: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """
    The dates of a series.

    Attributes:
        frequency: what the form of the periods says, if it says one.
        convention: which day of a period stands for it.

    """

    dates: Dates
    unit: Unit
    frequency: Frequency | None
    convention: str


def read_axis(periods: Sequence[str]) -> Axis:
    """
    Turn periods into dates: days, or seconds in UTC where one is not at midnight.

    Raises:
        AnswerNotUnderstood: one is no period.
        UnsupportedFrequency: one is finer than a second.

    """
    found = [_period(text) for text in periods]
    forms = {period.form for period in found}
    if any(period.begins.time() != time() for period in found):
        if any(period.begins.microsecond for period in found):
            raise UnsupportedFrequency("The answer has moments finer than a second.")
        moments = [period.begins - period.offset for period in found]
        return Axis(dates=np.array(moments, dtype="datetime64[s]"), unit="s", frequency=None, convention="moments in UTC")
    days = [period.begins.date() for period in found]
    spans = sorted(_SPANS[form] for form in forms if form in _SPANS)
    convention = " or ".join(f"first day of the {span}" for span in spans) or "the day itself"
    frequency = _FREQUENCIES.get(next(iter(forms))) if len(forms) == 1 else None
    return Axis(dates=np.array(days, dtype="datetime64[D]"), unit="D", frequency=frequency, convention=convention)


def frequency_of(text: str) -> Frequency | None:
    """Read a code or word for a frequency: ``M``, ``P1M``, ``Monthly``, ``WEEKLY(MONDAY)``."""
    return _FREQUENCIES.get(text.upper().partition("(")[0].strip())


def form_of(text: str) -> str:
    """Tell the form of a period, days and instants being one; empty if it is none."""
    period = read_period(text)
    return {"I": "D"}.get(period.form, period.form) if period else ""


def _period(text: str) -> Period:
    period = read_period(text)
    if period is None:
        raise AnswerNotUnderstood(f"The answer holds {text[:40]!r} where a period like 2024, 2024-Q1 or 2024-01-31 must be.")
    return period


def read_period(text: str) -> Period | None:
    """Read one period; None if it is none."""
    return _read(text) if len(text) <= LONGEST_NAME else None


@lru_cache(maxsize=65536)
def _read(text: str) -> Period | None:
    text = " ".join(text.split())
    begin, slash, duration = text.partition("/")
    try:
        if slash and duration.startswith("P"):
            first = _moment(begin) or _plain(begin)
            return first and Period(first.begins, _DURATIONS.get(duration, first.form), first.offset)
        return _plain(text) or _zoned(text) or _moment(text)
    except (ValueError, OverflowError):  # a 13th month, a 54th week
        return None


def _plain(text: str) -> Period | None:
    if match := _YEAR.fullmatch(text) or _YEARS.fullmatch(text):
        return _at(int(match[1]), form="A")
    if match := _DAY.fullmatch(text) or _DAY_OF_MONTH.fullmatch(text):
        return _at(*map(int, match.groups()), form="D")
    if match := _MONTH.fullmatch(text):
        return _at(int(match[1]), int(match[2]), form="M")
    return _lettered(text) or _named(text)


def _lettered(text: str) -> Period | None:
    if match := _PART.fullmatch(text):
        return _part(int(match[1]), match[2], int(match[3]))
    if match := _WEEK.fullmatch(text):
        return _part(int(match[1]), "W", int(match[2]))
    match = _PART_FIRST.fullmatch(text)
    return _part(int(match[3]), match[1], int(match[2])) if match else None


def _named(text: str) -> Period | None:
    if match := _NAMED.fullmatch(text):
        return _at(int(match[3]), _month(match[2]), int(match[1] or 1), form="D" if match[1] else "M")
    match = _NAMED_LAST.fullmatch(text)
    return _at(int(match[1]), _month(match[2]), form="M") if match else None


def _zoned(text: str) -> Period | None:
    """Read a year, month or day with a zone behind it, which says nothing about the day."""
    zone = _ZONE.search(text, 4)
    return _plain(text[: zone.start()]) if zone and zone.end() == len(text) else None


def _moment(text: str) -> Period | None:
    if not _MOMENT.fullmatch(text):
        return None
    moment = datetime.fromisoformat(text)
    return Period(moment.replace(tzinfo=None), "I" if moment.time() != time() else "D", moment.utcoffset() or timedelta(0))


def _part(year: int, letter: str, number: int) -> Period | None:
    form = _LETTERS.get(letter, letter)
    if form == "W":
        return Period(datetime.combine(date.fromisocalendar(year, number, 1), time()), "W")
    if form == "D":
        return Period(datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=number - 1), "D")
    months = _MONTHS_IN.get(form, 0)
    return _at(year, (number - 1) * months + 1, form=form) if months else None


def _at(year: int, month: int = 1, day: int = 1, *, form: str) -> Period:
    return Period(datetime.combine(date(year, month, day), time()), form)


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
