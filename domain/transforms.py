"""Transforms: elementary calculations on the columns of a state, as Quandl's server did them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from domain.observations import Matrix, Observations


class Transform(StrEnum):
    """
    Transforms of the values y of a column, oldest first (``Quandl::Operation::Transform``).

    ``diff`` is y[t] - y[t-1] and ``rdiff`` that divided by y[t-1]; ``rdiff_from`` is (newest - y[t]) / y[t], ``cumul`` the sum up
    to t, ``normalize`` 100 y[t] / y[0]. Undefined results are missing.
    """

    DIFF = "diff"
    RDIFF = "rdiff"
    RDIFF_FROM = "rdiff_from"
    CUMUL = "cumul"
    NORMALIZE = "normalize"

    @property
    def looks_back(self) -> bool:
        """Return whether each value is compared with the one before, so that the first has none."""
        return self in (Transform.DIFF, Transform.RDIFF)


def transform(observations: Observations, kind: Transform) -> Observations:
    """Return the transformed observations, rounded to 14 significant digits; ``diff`` and ``rdiff`` drop the first date."""
    if not len(observations):
        return observations
    with np.errstate(all="ignore"):
        values = _CALCULATIONS[kind](observations.values)
    dates = observations.dates[1:] if kind.looks_back else observations.dates
    return Observations.from_trusted(dates, observations.columns, _rounded(values))


def _diff(values: Matrix) -> Matrix:
    return values[1:] - values[:-1]


def _rdiff(values: Matrix) -> Matrix:
    return (values[1:] - values[:-1]) / values[:-1]


def _rdiff_from(values: Matrix) -> Matrix:
    rows, newest = _first_known(~np.isnan(values[::-1]))
    reference = np.where(rows < 0, np.nan, values[::-1][rows, newest])
    changes = (reference - values) / values
    changes[len(values) - 1 - rows[rows >= 0], newest[rows >= 0]] = 0.0
    return changes


def _cumul(values: Matrix) -> Matrix:
    known = ~np.isnan(values)
    sums = np.cumsum(np.where(known, values, 0.0), axis=0) + 0.0
    return np.where(np.logical_or.accumulate(known, axis=0), sums, np.nan)


def _normalize(values: Matrix) -> Matrix:
    rows, columns = _first_known(~np.isnan(values) & (values != 0))
    base = np.where(rows < 0, 1.0, values[rows, columns])
    return np.where(values == 0, 0.0, values / base * 100.0)


def _first_known(known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.intp]], ...]:
    """Return each column's first row with a value, -1 if there is none, and the column positions."""
    columns = np.arange(known.shape[1])
    rows = known.argmax(axis=0)
    return np.where(known[rows, columns], rows, -1), columns


def _rounded(values: Matrix) -> Matrix:
    texts = ("%.14g " * values.size) % tuple(values.ravel(order="F").tolist())
    rounded = np.fromiter(map(float, texts.split()), np.float64, values.size).reshape(values.shape, order="F")
    rounded[~np.isfinite(rounded)] = np.nan
    return rounded


_CALCULATIONS: Mapping[Transform, Callable[[Matrix], Matrix]] = {
    Transform.DIFF: _diff,
    Transform.RDIFF: _rdiff,
    Transform.RDIFF_FROM: _rdiff_from,
    Transform.CUMUL: _cumul,
    Transform.NORMALIZE: _normalize,
}
