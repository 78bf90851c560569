"""The frequency of a series whose provider does not say it, inferred from its dates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from domain.frequency import Frequency
from domain.observations import Dates, Observations
from domain.series import Metadata

#: Fewer dates tell nothing: their only gap may be any.
_FEWEST = 3
_HOUR, _DAY, _WEEK = 3600, 86_400, 7
_STEPS = {1: Frequency.MONTHLY, 3: Frequency.QUARTERLY, 12: Frequency.ANNUAL}
#: So many days a week's date is moved by holidays, and a month's last working day or last Saturday stands off its end.
_OFF_WEEK, _OFF_MONTH = 2, 6


def with_frequency(metadata: Metadata, observations: Observations) -> Metadata:
    """Return metadata with a frequency, if they have none and the dates show one."""
    return metadata if metadata.frequency else replace(metadata, frequency=inferred_frequency(observations.dates))


def inferred_frequency(dates: Dates) -> Frequency | None:
    """
    Return how often observations come; None where no frequency fits, or there are too few to tell.

    Args:
        dates: sorted and unique, of days or seconds.

    """
    if len(dates) < _FEWEST:
        return None
    seconds = dates.astype("datetime64[s]").astype(np.int64)
    if (seconds % _DAY != seconds[0] % _DAY).any():
        return _of_moments(_steps(seconds))
    return _of_days(dates.astype("datetime64[D]"))


def step_in_months(months: Dates) -> Frequency | None:
    """Return the frequency of which all steps between sorted months are multiples; None if there is none, or there are too few."""
    steps = _steps(months.astype(np.int64))
    if len(steps) < _FEWEST - 1 or steps.min() <= 0:
        return None
    usual = _lower_median(steps)
    return _STEPS.get(usual) if not (steps % usual).any() else None


def _of_moments(gaps: NDArray[np.int64]) -> Frequency | None:
    usual = np.median(gaps)
    if usual == _HOUR and not (gaps % _HOUR).any():
        return Frequency.HOURLY
    # Clocks are put forward and back.
    return Frequency.DAILY if usual == _DAY and gaps.min() >= _DAY - _HOUR else None


def _of_days(days: Dates) -> Frequency | None:
    gaps = _steps(days.astype(np.int64))
    # Where no date is on a weekend, Monday follows Friday.
    from_day_to_day = np.busday_count(days[:-1], days[1:]) if np.is_busday(days).all() else gaps
    if np.median(from_day_to_day) == 1:
        return Frequency.DAILY
    off = np.abs((gaps + _WEEK // 2) % _WEEK - _WEEK // 2)
    if _lower_median(np.abs(gaps - _WEEK)) <= 1 and gaps.min() >= _WEEK - _OFF_WEEK and off.max() <= _OFF_WEEK:
        return Frequency.WEEKLY
    return _of_months(days)


def _of_months(days: Dates) -> Frequency | None:
    """Name the step in months, if each month's date stands at its begin, at its end or about the same day."""
    months = days.astype("datetime64[M]")
    since = (days - months.astype("datetime64[D]")).astype(np.int64)
    until = ((months + 1).astype("datetime64[D]") - days).astype(np.int64) - 1
    stands = any((distance <= _OFF_MONTH).all() for distance in (since, until, since - since.min()))
    return step_in_months(months) if stands else None


def _steps(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return counts[1:] - counts[:-1]


def _lower_median(counts: NDArray[np.int64]) -> int:
    return int(np.sort(counts)[(len(counts) - 1) // 2])
