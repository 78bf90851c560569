"""Evidence that one series can stand in for another: how long they overlap, and how they agree there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.alignment import correlation
from domain.observations import Label, Observations, label
from domain.stand_ins.comparison import Frequencies, relative_difference, shared

#: So many common values are too few to say anything.
FEWEST_VALUES = 3
_MOST_COLUMNS = 12
#: A scale this near to a power of ten, as a share of it, is that power.
_NEAR = 0.005
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    How two columns agree on the periods that both have.

    Attributes:
        column, other_column: the column of the series, and that of the candidate.
        overlap: the number of periods in which both have a value.
        first, last: of the series' dates among them.
        correlation: Pearson's, of the values; None if one is constant, or there are too few.
        correlation_of_changes: of the changes from each common period to the next, which two trends alone do not make high.
        scale: by what the candidate is to be multiplied; 1 if none fits.
        largest_difference, typical_difference: the greatest and the median difference of the values, scaled, as shares of the larger.

    """

    column: str
    other_column: str
    overlap: int
    first: Label
    last: Label
    correlation: float | None
    correlation_of_changes: float | None
    scale: float
    largest_difference: float
    typical_difference: float


def evidence(own: Observations, other: Observations, frequencies: Frequencies, *, column: str) -> Evidence | None:
    """
    Return what shows that a candidate can stand in for a column of a series; None if they have too few values in common.

    The candidate's column of the same name is compared, else the one that agrees best.
    """
    same = [place for place, name in enumerate(other.columns) if name == column]
    found = [
        _of_columns(own, other, frequencies, (own.columns.index(column), place))
        for place in same or range(len(other.columns))[:_MOST_COLUMNS]
    ]
    return min((each for each in found if each), key=lambda each: each.typical_difference, default=None)


def suggested_scale(values: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Return the median ratio of values, a power of ten if it is near one; 1 if there is no ratio."""
    there = (values != 0) & (others != 0)
    with np.errstate(all="ignore"):
        ratios = values[there] / others[there]
    ratio = float(np.median(ratios)) if len(ratios) else 1.0
    if not np.isfinite(ratio) or ratio == 0:
        return 1.0
    power = 10.0 ** round(float(np.log10(abs(ratio))))
    if ratio > 0 and abs(ratio / power - 1) <= _NEAR:
        return power
    return float(f"{ratio:.{_DIGITS}g}")


def _of_columns(own: Observations, other: Observations, frequencies: Frequencies, places: tuple[int, int]) -> Evidence | None:
    rows = shared(own, other, frequencies)
    values, others = own.values[rows.first, places[0]], other.values[rows.second, places[1]]
    known = ~(np.isnan(values) | np.isnan(others))
    values, others, dates = values[known], others[known], own.dates[rows.first][known]
    if len(values) < FEWEST_VALUES:
        return None
    scale = suggested_scale(values, others)
    differences = relative_difference(values, scale * others)
    return Evidence(
        column=own.columns[places[0]],
        other_column=other.columns[places[1]],
        overlap=len(values),
        first=label(dates[0]),
        last=label(dates[-1]),
        correlation=correlation(values, others).coefficient,
        correlation_of_changes=correlation(np.diff(values), np.diff(others)).coefficient,
        scale=scale,
        largest_difference=float(differences.max()),
        typical_difference=float(np.median(differences)),
    )
