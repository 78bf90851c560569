"""Periods as providers write them, as the day or moment on which they begin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np

from adapters.provider_kit.parsing.limits import LONGEST_NAME
from domain.errors import AnswerNotUnderstood
from domain.frequency import Frequency
from domain.observations import Dates, Label, Unit

_SHOWN = 40
_MONTHS_OF = {"Q": 3, "S": 6, "H": 6, "B": 2, "T": 4}
_YEAR = re.compile(r"([0-9]{4})(?:-?A1?)?")
_PART = re.compile(r"([0-9]{4})-?([QSHBT])0?([1-6])", re.IGNORECASE)
_WEEK = re.compile(r"([0-9]{4})-?W([0-9]{1,2})", re.IGNORECASE)
_MONTH = re.compile(r"([0-9]{4})(?:(?:-?M|-)(?=[0-9])|(?=[0-9]{2}$))([0-9]{1,2})", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T00:00:00(?:\.0+)?Z?)?")
_MOMENT = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9:]{2,8}(Z|[+-][0-9:]{2,5})?")


@dataclass(frozen=True, slots=True)
class Axis:
    """
    The dates of a series.

    Attributes:
        frequency: what the form of the periods says; None where days or moments are given, or several forms.

    """

    dates: Dates
    unit: Unit
    frequency: Frequency | None


def read_periods(texts: Iterable[object]) -> Axis:
    """
    Read periods: ``2024``, ``2024Q1``, ``2024-S1``, ``2024M01``, ``202401``, ``2024-W05``, ``20240131``, ``2024-01-31T11``.

    Raises:
        AnswerNotUnderstood: one of them has none of these forms.

    """
    starts, frequencies = [], set()
    for text in texts:
        start, frequency = _period(str(text).strip())
        starts.append(start)
        frequencies.add(frequency)
    unit: Unit = "s" if any(isinstance(start, datetime) for start in starts) else "D"
    return Axis(np.array(starts, dtype=f"datetime64[{unit}]"), unit, frequencies.pop() if len(frequencies) == 1 else None)


def _period(text: str) -> tuple[Label, Frequency | None]:
    found = _read(text) if len(text) <= LONGEST_NAME else None
    if found is None:
        raise AnswerNotUnderstood(f"{text[:_SHOWN]!r} stands where a period such as 2024, 2024Q1, 2024-01 or 2024-01-31 must be.")
    return found


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Label, Frequency | None] | None:
    try:
        for form, read in _FORMS:
            match = form.fullmatch(text)
            if match:
                return read(match)
    except (ValueError, OverflowError):
        pass
    return None


def _part(match: re.Match[str]) -> tuple[Label, Frequency | None]:
    months = _MONTHS_OF[match[2].upper()]
    return date(int(match[1]), (int(match[3]) - 1) * months + 1, 1), Frequency.QUARTERLY if months == 3 else None  # noqa: PLR2004


def _week(match: re.Match[str]) -> tuple[Label, Frequency | None]:
    return date.fromisocalendar(int(match[1]), int(match[2]), 1), Frequency.WEEKLY


def _moment(match: re.Match[str]) -> tuple[Label, Frequency | None]:
    moment = datetime.fromisoformat(match[0])
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment, None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[Label, Frequency | None]]], ...] = (
    (_DAY, lambda match: (date(int(match[1]), int(match[2]), int(match[3])), None)),
    (_MONTH, lambda match: (date(int(match[1]), int(match[2]), 1), Frequency.MONTHLY)),
    (_YEAR, lambda match: (date(int(match[1]), 1, 1), Frequency.ANNUAL)),
    (_PART, _part),
    (_WEEK, _week),
    (_MOMENT, _moment),
)
