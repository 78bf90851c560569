"""Arithmetic of periods: where a half-year, quarter, month, week or day of a year begins, in calendar years and in others."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

#: Month and day on which a calendar year begins.
JANUARY = (1, 1)
#: How many months periods of a form have.
MONTHS_IN = {"A": 12, "S": 6, "T": 4, "Q": 3, "2M": 2, "M": 1}
_YEAR_OF_MONTHS = 12
_THURSDAY = 3


def beginning_of(form: str, ordinal: int, year: int, year_start: tuple[int, int] = JANUARY) -> date | None:
    """
    Return the first day of a part of a year, or None where there is no such part.

    Weeks are counted as in ISO 8601 and in SDMX 2.1, section 6: the first one holds the first Thursday of the year.

    Args:
        form: of the part: A, S, T, Q, 2M, M, W or D.
        ordinal: which of the year's parts it is, from 1 on.
        year: the calendar year in which the year begins.
        year_start: month and day on which it begins.

    Raises:
        ValueError, OverflowError: it lies outside the years 1 to 9999.

    """
    begins, months = _moved(year, year_start), MONTHS_IN.get(form, 0)
    if ordinal < 1:
        return None
    if months:
        within = months * ordinal <= _YEAR_OF_MONTHS
        return _moved(year, year_start, months * (ordinal - 1)) if within else None
    next_begins = _moved(year + 1, year_start)
    if form == "W":
        thursday = begins + timedelta(days=(_THURSDAY - begins.weekday()) % 7 + 7 * (ordinal - 1))
        return thursday - timedelta(days=_THURSDAY) if thursday < next_begins else None
    day = begins + timedelta(days=ordinal - 1)
    return day if form == "D" and day < next_begins else None


def _moved(year: int, start: tuple[int, int], months: int = 0) -> date:
    """Return the day so many months after the start of a year; of a month that is too short, its last day."""
    more, month = divmod(start[0] - 1 + months, _YEAR_OF_MONTHS)
    return date(year + more, month + 1, min(start[1], monthrange(year + more, month + 1)[1]))
