"""Transforms that compare periods: a value with that of the period before, or of a year before, whatever rows lie between."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.frequency import DAYS_OF, MONTHS_OF, Frequency
from domain.observations import Dates, Matrix, Observations

_DAY = np.timedelta64(1, "D")
#: Among days, the value wanted may stand so many days before: over week-ends and holidays.
_MOST_BACK = np.timedelta64(6, "D")
#: How many periods a year has, where they are weeks or longer.
PERIODS_A_YEAR = {frequency: 12 // months for frequency, months in MONTHS_OF.items()} | {
    frequency: 364 // days for frequency, days in DAYS_OF.items()
}


class PeriodTransform(StrEnum):
    """
    Transforms of a value z and the one of an earlier period, z₀; missing where the earlier period is missing.

    ``diff`` is z - z₀ and ``rdiff`` z / z₀ - 1 with the period before; ``annualized`` is (z / z₀)ⁿ - 1 for n periods a year;
    ``yoy`` is z / z₀ - 1 with the same period a year before: so many months, 52 weeks, or the same day.
    """

    DIFF = "diff"
    RDIFF = "rdiff"
    ANNUALIZED = "annualized"
    YOY = "yoy"


def by_period(observations: Observations, kind: PeriodTransform, frequency: Frequency | None) -> Observations:
    """
    Return the transformed observations, with the same dates.

    Raises:
        InvalidInput: the series has no frequency of which the transform knows periods.

    """
    known = _known(kind, frequency)
    values, old = observations.values, _earlier(observations, kind, known)
    with np.errstate(all="ignore"):
        if kind is PeriodTransform.DIFF:
            changed = values - old
        else:
            changed = (values / old) ** (PERIODS_A_YEAR[known] if kind is PeriodTransform.ANNUALIZED else 1) - 1
    changed[~np.isfinite(changed)] = np.nan
    return Observations.from_trusted(observations.dates, observations.columns, changed)


def periods_of(dates: Dates, frequency: Frequency) -> NDArray[np.int64]:
    """Return the number of each date's period; consecutive periods have consecutive numbers."""
    if frequency in MONTHS_OF:
        return dates.astype("datetime64[M]").astype(np.int64) // MONTHS_OF[frequency]
    if frequency is Frequency.HOURLY:
        return dates.astype("datetime64[h]").astype(np.int64)
    # Weeks begin on Monday; day 0 of the epoch was a Thursday.
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) // DAYS_OF.get(frequency, 1)


def _known(kind: PeriodTransform, frequency: Frequency | None) -> Frequency:
    in_a_year = kind is PeriodTransform.ANNUALIZED or (kind is PeriodTransform.YOY and frequency is not Frequency.DAILY)
    if frequency is None or (in_a_year and frequency not in PERIODS_A_YEAR):
        raise InvalidInput(
            f"transform={kind} compares periods, but the series is {frequency or 'of no known frequency'}.",
            field="transform",
            hint="Omit transform.",
        )
    return frequency


def _earlier(observations: Observations, kind: PeriodTransform, known: Frequency) -> Matrix:
    """Return the value of each date's earlier period, NaN where it is missing."""
    of_year_before = kind is PeriodTransform.YOY
    if known is Frequency.DAILY:
        days = observations.dates.astype("datetime64[D]")
        wanted_days: Dates = _year_before(days) if of_year_before else np.subtract(days, _DAY)
        return _last_known(days, observations.values, wanted_days)
    return values_before(observations, known, PERIODS_A_YEAR[known] if of_year_before else 1)


def values_before(observations: Observations, frequency: Frequency, count: int) -> Matrix:
    """Return for each date the values of so many periods before, NaN where that period is missing."""
    periods = periods_of(observations.dates, frequency)
    wanted = periods - count
    found = np.searchsorted(periods, wanted, "right") - 1
    is_there = (found >= 0) & (periods[np.maximum(found, 0)] == wanted)
    return np.where(is_there[:, None], observations.values[found], np.nan) if len(periods) else observations.values


def _year_before(days: Dates) -> Dates:
    """Return the same day of the year before; of 29 February the day before 1 March."""
    months = days.astype("datetime64[M]")
    same: Dates = (months - 12).astype("datetime64[D]") + (days - months.astype("datetime64[D]")).astype("timedelta64[D]")
    return np.minimum(same, (months - 11).astype("datetime64[D]") - _DAY)


def _last_known(days: Dates, values: Matrix, wanted: Dates) -> Matrix:
    """Return each column's last known value at the wanted days, or up to six days before."""
    if not len(days):
        return values
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))[:, None]), axis=0)
    found = np.searchsorted(days, wanted, "right") - 1
    rows = np.where((found >= 0)[:, None], last[found], -1)
    near = (rows >= 0) & (wanted[:, None] - days[rows] <= _MOST_BACK)
    return np.where(near, np.take_along_axis(values, np.maximum(rows, 0), axis=0), np.nan)
