"""Transforms that compare periods: a value with that of the period before, or of a year before, whatever rows lie between."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.frequency import MONTHS_OF, Frequency
from domain.observations import Dates, Observations

#: On business days the previous value may be so many days back.
_MOST_DAYS = np.timedelta64(7, "D")
_PERIODS_A_YEAR = {
    Frequency.WEEKLY: 52,
    Frequency.MONTHLY: 12,
    Frequency.QUARTERLY: 4,
    Frequency.ANNUAL: 1,
}


class PeriodTransform(StrEnum):
    """
    Transforms of a value z and the one of an earlier period, z₀; missing where the earlier period is missing.

    ``diff`` is z - z₀ and ``rdiff`` z / z₀ - 1 with the period before; ``annualized`` is (z / z₀)ⁿ - 1 for n periods a year;
    ``yoy`` is z / z₀ - 1 with the same period a year before.
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
    before = _before(observations.dates, kind, frequency)
    values = observations.values
    if frequency is Frequency.DAILY and kind is not PeriodTransform.YOY:
        old = _last_known(observations)
    else:
        old = np.where((before >= 0)[:, None], values[before], np.nan) if len(values) else values
    with np.errstate(all="ignore"):
        changed = values - old if kind is PeriodTransform.DIFF else values / old - 1
        if kind is PeriodTransform.ANNUALIZED:
            changed = (values / old) ** _PERIODS_A_YEAR[_known(kind, frequency)] - 1
    changed[~np.isfinite(changed)] = np.nan
    return Observations.from_trusted(observations.dates, observations.columns, changed)


def periods_of(dates: Dates, frequency: Frequency) -> NDArray[np.int64]:
    """Return the number of each date's period; consecutive periods have consecutive numbers."""
    days = dates.astype("datetime64[D]")
    if frequency is Frequency.WEEKLY:
        # Weeks begin on Monday; day 0 of the epoch was a Thursday.
        return (days.astype(np.int64) + 3) // 7
    if frequency in MONTHS_OF:
        return days.astype("datetime64[M]").astype(np.int64) // MONTHS_OF[frequency]
    return days.astype(np.int64) if frequency is Frequency.DAILY else dates.astype("datetime64[h]").astype(np.int64)


def _known(kind: PeriodTransform, frequency: Frequency | None) -> Frequency:
    if frequency is None or (kind is PeriodTransform.ANNUALIZED and frequency not in _PERIODS_A_YEAR):
        raise InvalidInput(
            f"transform={kind} compares periods, but the series is {frequency or 'of no known frequency'}.",
            field="transform",
            hint="Omit transform.",
        )
    return frequency


def _before(dates: Dates, kind: PeriodTransform, frequency: Frequency | None) -> NDArray[np.intp]:
    """Return the position of each date's earlier period, -1 where it is missing."""
    known = _known(kind, frequency)
    if kind is PeriodTransform.YOY and known not in MONTHS_OF:
        # The same day of the year before, or the last one before it within a week.
        wanted = (dates.astype("datetime64[M]") - 12).astype("datetime64[D]") + (
            dates.astype("datetime64[D]") - dates.astype("datetime64[M]")
        )
        found = np.searchsorted(dates, wanted.astype(dates.dtype), "right") - 1
        near = (found >= 0) & (wanted - dates[np.maximum(found, 0)].astype("datetime64[D]") <= _MOST_DAYS)
        return np.where(near, found, -1)
    periods = periods_of(dates, known)
    wanted = periods - (_PERIODS_A_YEAR[known] if kind is PeriodTransform.YOY else 1)
    found = np.searchsorted(periods, wanted, "right") - 1
    return np.where((found >= 0) & (periods[np.maximum(found, 0)] == wanted), found, -1)


def _last_known(observations: Observations) -> NDArray[np.float64]:
    """Return for each value the last one known before it, at most seven days back."""
    values, dates = observations.values, observations.dates
    positions = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(positions, axis=0)
    last = np.vstack([np.full((1, values.shape[1]), -1), last[:-1]]) if len(values) else last
    near = (last >= 0) & (dates[:, None] - dates[np.maximum(last, 0)] <= _MOST_DAYS)
    return np.where(near, np.take_along_axis(values, np.maximum(last, 0), axis=0), np.nan) if len(values) else values
