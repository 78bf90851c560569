"""
Texts of periods and dates: one reader, configured by the forms that a source uses.

API: ``2024`` · ``2024Q1`` · ``2024-S1`` · ``2024M01`` ``2024-1`` ``202401`` · ``2024-W05`` · ``20240131`` · ``2024-01-31T11``.
Statistics: these without ``2024-1`` and lower case, also ``31 January 2024`` · ``2024-01-31T10:00:00+01:00`` · ``2024-01-01/P1M`` ·
``2023/2024``. Letters are the SDMX standard's: A, S, T (a third of a year), Q, M, W, D. What others mean belongs to their source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from adapters.provider_kit.parsing.limits import LONGEST_NAME
from adapters.provider_kit.parsing.period_arithmetic import JANUARY, MONTHS_IN, beginning_of
from domain.errors import AnswerNotUnderstood

_SHOWN = 40
_MIDNIGHT = time()
_ZONE = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})")
_YEAR = ("y", re.compile(r"([0-9]{4})"))
_LETTERED_YEAR = ("yl", re.compile(r"([0-9]{4})-?(A)1?"))
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_YEAR_START = re.compile(r"--([0-9]{2})-([0-9]{2})")
_LEAP_YEAR = 2000
#: The forms of periods that a letter can mean.
FORMS = (*MONTHS_IN, "W", "D")
_DURATIONS = {"P1Y": "A", "P6M": "S", "P4M": "T", "P3M": "Q", "P2M": "2M", "P1M": "M", "P7D": "W", "P1W": "W", "P1D": "D"}


class Period(NamedTuple):
    """
    When a period begins, and its form.

    Attributes:
        begins: local time of the provider, with a zone if the text has one.
        form: A, S, T, Q, 2M, M, W, D, or I for an instant.

    """

    begins: datetime
    form: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodForms:
    """
    Which texts are periods, and what they mean.

    Attributes:
        patterns: tried in order, with a letter per group: year, month, day, name of a month, letter of a part, ordinal.
        moment: pattern of a date with a time.
        letters: the forms of letters that are not the SDMX standard's.
        year_start: month and day on which the year of lettered periods such as ``2024-Q1`` begins.
        loose: whether blanks may repeat, and a zone or a duration such as ``/P1M`` may follow a period.
        midnight_is_day: whether a time at midnight is a day.
        days_are_daily: whether a series of days is daily.

    """

    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    moment: re.Pattern[str]
    letters: Mapping[str, str] = field(default_factory=dict)
    year_start: tuple[int, int] = JANUARY
    loose: bool = False
    midnight_is_day: bool = False
    days_are_daily: bool = False

    def read(self, text: str) -> Period | None:
        """Return the period in a text, or None."""
        return _read(self, text) if len(text) <= LONGEST_NAME else None

    def with_letters(self, letters: Mapping[str, str]) -> PeriodForms:
        """Return these forms with letters of a source's own."""
        return replace(self, letters=letters) if letters else self

    def beginning(self, year_start: str) -> PeriodForms:
        """
        Return these forms for reporting years that begin on a day such as ``--04-01``, as in SDMX 2.1, section 6.

        Raises:
            AnswerNotUnderstood: there is no such day.

        """
        found = _YEAR_START.fullmatch(year_start)
        try:
            day = date(_LEAP_YEAR, int(found[1]), int(found[2])) if found else None
        except ValueError:
            day = None
        if day is None:
            raise AnswerNotUnderstood(f"{year_start[:_SHOWN]!r} stands where the first day of a reporting year such as '--04-01' must be.")
        start = (day.month, day.day)
        return self if start == self.year_start else replace(self, year_start=start)


API = PeriodForms(
    patterns=(
        ("ymd", re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T00:00:00(?:\.0+)?Z?)?")),
        ("ym", re.compile(r"([0-9]{4})(?:(?:-?M|-)(?=[0-9])|(?=[0-9]{2}$))([0-9]{1,2})", re.IGNORECASE)),
        _YEAR,
        _LETTERED_YEAR,
        ("ylo", re.compile(r"([0-9]{4})-?([BCE-LN-VX-Z])0?([1-6])", re.IGNORECASE)),
        ("ylo", re.compile(r"([0-9]{4})-?(W)([0-9]{1,2})", re.IGNORECASE)),
    ),
    moment=re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9:]{2,8}(Z|[+-][0-9:]{2,5})?"),
)
STATISTICS = PeriodForms(
    patterns=(
        _YEAR,
        _LETTERED_YEAR,
        ("y", re.compile(r"([0-9]{4})(?:/[0-9]{2}|[/-][0-9]{4})")),
        ("ymd", re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")),
        ("ymd", re.compile(r"([0-9]{4})M([0-9]{2})D([0-9]{2})")),
        ("ym", re.compile(r"([0-9]{4})-?([0-9]{2})")),
        ("ylo", re.compile(r"([0-9]{4})[- ]?([A-Z])([0-9]{1,3})")),
        ("ylo", re.compile(r"([0-9]{4})[- ]?(W)eek[- ]?([0-9]{1,2})")),
        ("loy", re.compile(r"([A-Z])([0-9])[- /]?([0-9]{4})")),
        ("dny", re.compile(r"(?:([0-9]{1,2})[ -])?([A-Z][a-z]{2,8})[ -]?([0-9]{4})")),
        ("yn", re.compile(r"([0-9]{4})[ -]?([A-Z][a-z]{2,8})")),
    ),
    moment=re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}.*"),
    loose=True,
    midnight_is_day=True,
    days_are_daily=True,
)


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC, naive; a naive one is taken to be in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


@lru_cache(maxsize=65536)
def _read(forms: PeriodForms, text: str) -> Period | None:
    try:
        if not forms.loose:
            return _plain(forms, text) or _moment(forms, text)
        text = " ".join(text.split())
        begin, slash, duration = text.partition("/")
        if slash and duration.startswith("P"):
            first = _moment(forms, begin) or _plain(forms, begin)
            return first and Period(first.begins, _DURATIONS.get(duration, first.form))
        return _plain(forms, text) or _zoned(forms, text) or _moment(forms, text)
    except (ValueError, OverflowError):  # a 13th month, a 54th week
        return None


def _plain(forms: PeriodForms, text: str) -> Period | None:
    for fields, pattern in forms.patterns:
        if match := pattern.fullmatch(text):
            if fields == "ymd":  # by far the most frequent
                return _at(date(*map(int, match.groups())), "D")
            return _from_parts(forms, dict(zip(fields, match.groups(), strict=True)))
    return None


def _from_parts(forms: PeriodForms, parts: Mapping[str, str | None]) -> Period | None:
    year, name, letter = int(parts["y"] or 0), parts.get("n"), (parts.get("l") or "").upper()
    if letter:
        form = forms.letters.get(letter, letter)
        begins = beginning_of(form, int(parts.get("o") or 1), year, forms.year_start)
        return _at(begins, form) if begins else None
    month, day = (_month(name) if name else parts.get("m")), parts.get("d")
    return _at(date(year, int(month or 1), int(day or 1)), "D" if day else "M" if month else "A")


def _month(name: str) -> int:
    """Return the month of an English name or its beginning; raises ValueError where it is none."""
    return [month.startswith(name.lower()) for month in _MONTHS].index(True) + 1


def _at(day: date, form: str) -> Period:
    return Period(datetime.combine(day, _MIDNIGHT), form)


def _zoned(forms: PeriodForms, text: str) -> Period | None:
    """Read a period followed by a zone, which is ignored."""
    zone = _ZONE.search(text, 4)
    return _plain(forms, text[: zone.start()]) if zone and zone.end() == len(text) else None


def _moment(forms: PeriodForms, text: str) -> Period | None:
    if not forms.moment.fullmatch(text):
        return None
    moment = datetime.fromisoformat(text)
    if forms.midnight_is_day and moment.time() == _MIDNIGHT:
        return Period(moment, "D")
    in_utc(moment)  # raises where that lies outside the years 1 to 9999
    return Period(moment, "I")
