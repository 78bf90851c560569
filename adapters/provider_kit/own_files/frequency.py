"""How often a series is observed, inferred from its dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.date_forms import Kind
from domain.observations import Dates

_HOUR, _DAY, _WEEK = 3600, 86_400, 7
_MONTHS = {1: "monthly", 3: "quarterly", 12: "annual"}
#: By so many days at most the last working day or the last Saturday of a month stands off its end.
_NEAR = 6


def frequency_of(dates: Dates, kind: Kind) -> str:
    """
    Return the frequency in lower-case words; empty where there is none that fits.

    Args:
        dates: sorted and unique, of days or seconds.
        kind: the length of the periods, where the file says it.

    """
    if kind not in (Kind.DAILY, Kind.MOMENT):
        return str(kind)
    seconds = dates.astype("datetime64[s]").astype(np.int64)
    if len(dates) < 2:  # noqa: PLR2004 - one gap
        return ""
    if (seconds % _DAY != seconds[0] % _DAY).any():
        return _of_moments(np.diff(seconds))
    return _of_days(dates.astype("datetime64[D]"))


def _of_moments(gaps: NDArray[np.int64]) -> str:
    usual = _usual(gaps)
    if usual == _HOUR and not (gaps % _HOUR).any():
        return "hourly"
    return "daily" if usual == _DAY and gaps.min() >= _DAY - _HOUR else ""


def _of_days(days: Dates) -> str:
    gaps = _steps(days)
    usual = _usual(gaps)
    if usual == 1:
        return "daily"
    if usual == _WEEK and gaps.min() >= _WEEK - 2:
        return "weekly"
    return _of_months(days)


def _of_months(days: Dates) -> str:
    """Name the step in months, if each month's date stands at its begin, at its end or about the same day."""
    months = days.astype("datetime64[M]")
    since = (days - months.astype("datetime64[D]")).astype(np.int64)
    until = ((months + 1).astype("datetime64[D]") - days).astype(np.int64) - 1
    if not any((distance <= _NEAR).all() for distance in (since, until, since - since.min())):
        return ""
    steps = _steps(months)
    usual = _usual(steps)
    return _MONTHS.get(usual, "") if steps.min() > 0 and not (steps % usual).any() else ""


def _steps(dates: Dates) -> NDArray[np.int64]:
    counts = dates.astype(np.int64)
    return counts[1:] - counts[:-1]


def _usual(gaps: NDArray[np.int64]) -> int:
    values, counts = np.unique(gaps, return_counts=True)
    return int(values[np.argmax(counts)])
