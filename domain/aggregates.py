"""Aggregates: one value for each calendar period."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.frequency import Collapse, Frequency, collapse
from domain.observations import Dates, Matrix, Observations

_Starts = NDArray[np.intp]


class Aggregate(StrEnum):
    """How the known values of a period become one; ``last`` is Quandl's collapse."""

    LAST = "last"
    FIRST = "first"
    MEAN = "mean"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"


def aggregate(observations: Observations, frequency: Frequency | Collapse, how: Aggregate) -> Observations:
    """
    Return one value of every column for each calendar period, of its known values, dated the period's last day.

    Periods without any value are left out, or kept as missing, as in ``collapse``. A period that has not ended counts
    with the values that it has.
    """
    if how is Aggregate.LAST or not len(observations) or not observations.columns:
        return collapse(observations, frequency)
    return by_label(observations, Frequency(frequency).ends(observations.dates), how)


def by_label(observations: Observations, labels: Dates, how: Aggregate) -> Observations:
    """
    Return one value of every column for each run of equal labels, of its known values, dated by the label.

    Args:
        labels: one for each of the dates, of which there must be one, in ascending order.

    """
    starts = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
    with np.errstate(all="ignore"):
        values = np.column_stack([_of_column(column, starts, how) for column in observations.values.T])
    values[~np.isfinite(values)] = np.nan
    kept = ~np.isnan(values).all(axis=1) | (len(observations.columns) > 1)
    return Observations.from_trusted(labels[starts][kept], observations.columns, values[kept])


def _of_column(column: Matrix, starts: _Starts, how: Aggregate) -> Matrix:
    known = ~np.isnan(column)
    counts = np.add.reduceat(known.astype(np.int64), starts)
    if how in (Aggregate.SUM, Aggregate.MEAN):
        sums = np.add.reduceat(np.where(known, column, 0.0), starts)
        return np.where(counts > 0, sums / np.maximum(counts, 1) if how is Aggregate.MEAN else sums, np.nan)
    if how in (Aggregate.MIN, Aggregate.MAX):
        return (np.fmin if how is Aggregate.MIN else np.fmax).reduceat(column, starts)
    period = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(column))))
    # Known values come first in each period: in their order for the first one, by size for the median.
    order = np.lexsort((column, period)) if how is Aggregate.MEDIAN else np.lexsort((~known, period))
    ordered = column[order]
    if how is Aggregate.FIRST:
        return ordered[starts]
    if how is Aggregate.LAST:
        last: Matrix = ordered[starts + np.maximum(counts, 1) - 1]
        return last
    low, high = starts + np.maximum(counts - 1, 0) // 2, starts + np.maximum(counts, 1) // 2
    middle: Matrix = np.where(counts > 0, (ordered[low] + ordered[np.minimum(high, len(ordered) - 1)]) / 2, np.nan)
    return middle
