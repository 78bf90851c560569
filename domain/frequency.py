"""Frequencies: how long a series stays fresh, and how observations collapse to a coarser frequency."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import numpy as np

from domain.observations import Dates, Observations

_OF_COARSER = timedelta(hours=24)
_LAST_DAY = np.datetime64("9999-12-31")


class Frequency(StrEnum):
    """
    How often a series is observed.

    Quandl's names, and ``hourly``, ``biweekly`` (two weeks at a time), ``bimonthly`` (two months at a time) and ``semiannual``.
    """

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"
    BIMONTHLY = "bimonthly"
    QUARTERLY = "quarterly"
    SEMIANNUAL = "semiannual"
    ANNUAL = "annual"

    @property
    def max_age(self) -> timedelta:
        """The age of the last successful fetch from which the series is stale."""
        return _MAX_AGES.get(self, _OF_COARSER)

    @property
    def longest_period(self) -> timedelta:
        """The length of its longest period, such as 31 days of a month."""
        months = MONTHS_OF.get(self)
        if months:
            return timedelta(days=_LONGEST[months])
        return timedelta(hours=1) if self is Frequency.HOURLY else timedelta(days=DAYS_OF.get(self, 1))

    def ends(self, dates: Dates) -> Dates:
        """Return the last day of each date's calendar period, or its hour; weeks end on Sunday, as in ISO 8601. Two weeks have none."""
        if self is Frequency.HOURLY:
            return dates.astype("datetime64[h]").astype(dates.dtype)
        days = dates.astype("datetime64[D]")
        if self in (Frequency.DAILY, Frequency.BIWEEKLY):
            return days
        if self is Frequency.WEEKLY:
            # Day 0 of the epoch was a Thursday, three days before a Sunday.
            return np.minimum(days + (3 - days.astype(np.int64)) % 7, _LAST_DAY)
        months = MONTHS_OF[self]
        period = days.astype("datetime64[M]").astype(np.int64) // months
        return ((period + 1) * months).astype("datetime64[M]").astype("datetime64[D]") - 1


class Collapse(StrEnum):
    """What observations are collapsed to, in Quandl's words."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"


_MAX_AGES = {Frequency.HOURLY: timedelta(hours=1), Frequency.DAILY: timedelta(hours=6)}
#: The most days of so many months of the calendar.
_LONGEST = {1: 31, 2: 62, 3: 92, 6: 184, 12: 366}
#: Frequencies whose periods are days.
DAYS_OF = {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14}
#: Frequencies whose periods are months.
MONTHS_OF = {
    Frequency.MONTHLY: 1,
    Frequency.BIMONTHLY: 2,
    Frequency.QUARTERLY: 3,
    Frequency.SEMIANNUAL: 6,
    Frequency.ANNUAL: 12,
}


def collapse(observations: Observations, frequency: Frequency | Collapse) -> Observations:
    """
    Return the last known value of every column in each calendar period, dated the period's last day.

    As Quandl's server did it (``Quandl::Operation::Collapse``): a period in which a single column has no value is left
    out, one in which several columns have none is kept, and dates without columns collapse to nothing.
    """
    labels = Frequency(frequency).ends(observations.dates)
    last = np.flatnonzero(np.append(labels[1:] != labels[:-1], True)) if len(labels) else np.empty(0, np.intp)
    first = np.append(0, last[:-1] + 1)[: len(last), None]
    positions = np.arange(len(labels))[:, None]
    newest = np.maximum.accumulate(np.where(np.isnan(observations.values), -1, positions), axis=0)[last]
    known = newest >= first
    values = np.where(known, np.take_along_axis(observations.values, np.maximum(newest, 0), axis=0), np.nan)
    kept = known.any(axis=1) | (len(observations.columns) > 1)
    return Observations.from_trusted(labels[last][kept], observations.columns, values[kept])
