"""Several series on one axis of dates, and how two of them move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Matrix, Observations

_FEWEST_PAIRS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """
    How two series move together.

    Attributes:
        coefficient: Pearson's, from -1 to 1; None where fewer than three dates have both values, or one series is constant.
        count: of the dates that have both values.

    """

    coefficient: float | None
    count: int


def align(parts: Sequence[Observations], names: Sequence[str]) -> Observations:
    """
    Return single columns side by side, on all dates that one of them has; missing values are NaN.

    Args:
        parts: each with one column; the axis is one of seconds if one of theirs is.
        names: of the columns, as many as there are parts.

    """
    dates = _all_dates(parts)
    values: Matrix = np.full((len(dates), len(parts)), np.nan, order="F")
    for column, part in enumerate(parts):
        values[np.searchsorted(dates, part.dates.astype(dates.dtype)), column] = part.values[:, 0]
    return Observations.from_trusted(dates, tuple(names), values)


def _all_dates(parts: Sequence[Observations]) -> Dates:
    if not parts:
        return np.empty(0, "datetime64[D]")
    unit = "s" if any(part.unit == "s" for part in parts) else "D"
    dates: Dates = np.unique(np.concatenate([part.dates.astype(f"datetime64[{unit}]") for part in parts]))
    return dates


def with_both(aligned: Observations, first: int, second: int) -> Observations:
    """Return two columns, by their positions from 0, on the dates that have both values."""
    pair = aligned.select([first, second])
    known = ~np.isnan(pair.values).any(axis=1)
    return Observations.from_trusted(pair.dates[known], pair.columns, pair.values[known])


def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> Correlation:
    """Return the correlation of two columns of the same length, over the rows that have both values."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    if len(x) < _FEWEST_PAIRS:
        return Correlation(coefficient=None, count=len(x))
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return Correlation(coefficient=max(-1.0, min(1.0, float(x @ y) / size)) if size else None, count=len(x))
