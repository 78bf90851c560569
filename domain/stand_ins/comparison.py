"""Comparing two states on the periods that both have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.frequency import Frequency
from domain.observations import Dates, Matrix, Observations
from domain.period_transforms import periods_of
from domain.stand_ins.equivalence import DivergingCell, Equivalence

MOST_CELLS = 50
_A, _B, _DIFFERENCE = range(3)
Frequencies = tuple[Frequency | None, Frequency | None]
_Floats = NDArray[np.float64]
_Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """The rows of two states that are of the same periods, in order."""

    first: _Places
    second: _Places


def shared(first: Observations, second: Observations, frequencies: Frequencies) -> Shared:
    """
    Return the rows of the same periods.

    Two series of one frequency have the same periods, whichever of their days they date; else the dates must be the same.
    """
    own, other = _periods(first, second, frequencies) or (_seconds(first.dates), _seconds(second.dates))
    _, of_first, of_second = np.intersect1d(own, other, assume_unique=True, return_indices=True)
    return Shared(of_first, of_second)


def _periods(first: Observations, second: Observations, frequencies: Frequencies) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the numbers of the periods of both; None if they have no common frequency, or two dates in one period."""
    frequency, other = frequencies
    if frequency is None or frequency is not other:
        return None
    keys = periods_of(first.dates, frequency), periods_of(second.dates, frequency)
    return None if any((key[1:] == key[:-1]).any() for key in keys) else keys


def _seconds(dates: Dates) -> NDArray[np.int64]:
    return dates.astype("datetime64[s]").astype(np.int64)


def relative_difference(values: _Floats, others: _Floats) -> _Floats:
    """Return the differences as shares of the larger of each two values; 0 where they are equal, NaN where one is missing."""
    size = np.maximum(np.abs(values), np.abs(others))
    with np.errstate(all="ignore"):
        return np.where(values == others, 0.0, np.abs(values - others) / size)


@dataclass(frozen=True, slots=True, eq=False)
class Diverging:
    """
    The values of two states that differ by more than a tolerance.

    Attributes:
        overlap: how many values both states have.
        dates, columns: of ``a``; the columns by name.
        values: for each of them ``a`` and ``b`` as they are stored, and the difference as a share of the larger value.

    """

    overlap: int
    dates: Dates
    columns: Sequence[str]
    values: Matrix

    def __len__(self) -> int:
        return len(self.dates)

    def beyond(self, before: Diverging) -> Diverging:
        """Return what did not differ before, or not with these values."""
        known = set(before._keys())
        chosen = [place for place, key in enumerate(self._keys()) if key not in known]
        return Diverging(self.overlap, self.dates[chosen], [self.columns[place] for place in chosen], self.values[chosen])

    def largest(self, count: int = MOST_CELLS) -> Sequence[DivergingCell]:
        """Return the ones that differ most, the largest difference first, then the newest."""
        order = np.lexsort((-_seconds(self.dates), -self.values[:, _DIFFERENCE]))[:count]
        return [
            DivergingCell(date=text, column=self.columns[place], a=a, b=b, difference=difference)
            for place, text, (a, b, difference) in zip(order.tolist(), texts(self.dates[order]), self.values[order].tolist(), strict=True)
        ]

    def _keys(self) -> Sequence[tuple[object, ...]]:
        return list(zip(_seconds(self.dates).tolist(), self.columns, *self.values[:, :_DIFFERENCE].T.tolist(), strict=True))


def texts(dates: Dates) -> Sequence[str]:
    """Return dates in ISO 8601."""
    return Observations.from_trusted(dates, (), np.empty((len(dates), 0))).texts()


def compare(equivalence: Equivalence, a: Observations, b: Observations, frequencies: Frequencies) -> Diverging:
    """Return the values of two states that differ by more than an equivalence allows; a missing value agrees with everything."""
    rows, overlap = shared(a, b, frequencies), 0
    dates, columns, values = [a.dates[:0]], list[str](), [np.empty((0, 3))]
    for own, other in equivalence.pairs(a.columns, b.columns):
        of_a, of_b = a.values[rows.first, own], b.values[rows.second, other]
        differences = relative_difference(of_a, equivalence.scale * of_b)
        apart = np.flatnonzero(differences > equivalence.tolerance)
        overlap += int((~np.isnan(differences)).sum())
        dates.append(a.dates[rows.first[apart]])
        columns += [a.columns[own]] * len(apart)
        values.append(np.column_stack([of_a[apart], of_b[apart], differences[apart]]))
    return Diverging(overlap, np.concatenate(dates), columns, np.concatenate(values))
