"""Changes that lie far from the usual ones of a column's own history."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.gates.cells import MOST_CELLS, Gate, SuspiciousCell
from domain.gates.overlap import ColumnPair, Flags, Values, column_pairs, date_text
from domain.observations import Observations

#: A history with fewer changes does not show what is usual.
FEWEST_CHANGES = 10
#: The median absolute deviation times this is the standard deviation, if changes are normally distributed.
_NORMAL = 1.4826
#: How many values are looked at first for the end of a run.
_FEWEST_AT_ONCE = 16
_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class UsualChange:
    """The median of the changes of a history, and their robust deviation from it."""

    median: float
    deviation: float

    @classmethod
    def of(cls, changes: Values) -> UsualChange:
        """
        Return what is usual of changes that are not zero.

        The deviation is the median absolute deviation, but not below the median size of a change: where a history rises by equal
        steps, or is rounded, more than half of its changes are the same one, and none of another size would pass.
        """
        median = float(np.median(changes))
        return cls(median, _NORMAL * max(float(np.median(np.abs(changes - median))), float(np.median(np.abs(changes)))))

    def bounds(self, number: float) -> tuple[float, float]:
        """Return the smallest and the largest change within a number of deviations."""
        return self.median - number * self.deviation, self.median + number * self.deviation


@dataclass(frozen=True, slots=True)
class UsualStep:
    """
    From where to where a value goes in one step: by usual differences or, where all values are positive, by usual ratios.

    What either of the two allows is usual: of a series that grows, late differences are larger than early ones; near zero, ratios
    are larger than elsewhere.

    Attributes:
        differences: the bounds of the differences.
        ratios: the bounds of the logarithms of the ratios; None if a value is not positive.

    """

    differences: tuple[float, float]
    ratios: tuple[float, float] | None

    @classmethod
    def of(cls, history: Values, number: float) -> UsualStep | None:
        """Return the step within a number of deviations; None if the history has too few changes."""
        known = history[~np.isnan(history)]
        has_moved = known[1:] != known[:-1]
        if has_moved.sum() < FEWEST_CHANGES:
            return None
        with np.errstate(over="ignore"):
            differences = UsualChange.of(_finite(np.diff(known)[has_moved])).bounds(number)
        ratios = UsualChange.of(np.diff(np.log(known))[has_moved]).bounds(number) if (known > 0).all() else None
        return cls(differences, ratios)

    def after(self, value: Values) -> tuple[Values, Values]:
        """Return between which values the next ones are usual."""
        return _reached(value, self.differences, self.ratios)

    def before(self, value: Values) -> tuple[Values, Values]:
        """Return between which values those before were usual."""
        (least, most), ratios = self.differences, self.ratios
        return _reached(value, (-most, -least), (-ratios[1], -ratios[0]) if ratios else None)


def _reached(value: Values, differences: tuple[float, float], ratios: tuple[float, float] | None) -> tuple[Values, Values]:
    """Return the lowest and the highest value that a step leads to."""
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = value + differences[0], value + differences[1]
        if ratios is not None:
            low, high = np.fmin(low, value * np.exp(ratios[0])), np.fmax(high, value * np.exp(ratios[1]))
    return _finite(low), _finite(high)


@dataclass(frozen=True, slots=True)
class Unusual:
    """The number of cells whose change is unusual, and the first of them."""

    count: int
    cells: tuple[SuspiciousCell, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows of unusual values one after the other, with the bounds of what was usual there."""

    rows: NDArray[np.intp]
    low: float
    high: float


def beyond_deviations(before: Observations, after: Observations, number: float) -> Unusual:
    """Return the cells of a new state whose change from the value before them lies beyond so many robust deviations."""
    count, cells = 0, list[SuspiciousCell]()
    for pair in column_pairs(before, after):
        step = UsualStep.of(pair.stored, number)
        for run in _runs(pair, step) if step else ():
            count += len(run.rows)
            cells += [_cell(pair, row, run, after) for row in run.rows[: MOST_CELLS - len(cells)].tolist()]
    return Unusual(count, tuple(cells))


def _cell(pair: ColumnPair, row: int, run: _Run, after: Observations) -> SuspiciousCell:
    return SuspiciousCell(
        gate=Gate.DEVIATIONS,
        date=date_text(after.dates, row),
        column=pair.name,
        value=float(pair.values[row]),
        before=None if np.isnan(pair.before[row]) else float(pair.before[row]),
        low=run.low,
        high=run.high,
    )


def _runs(pair: ColumnPair, step: UsualStep) -> Iterator[_Run]:
    """
    Yield the unusual values.

    A value is compared with the last one that is usual or was there before, so that what comes back is not refused for that; the first
    ones with what follows.
    """
    rows = np.flatnonzero(~np.isnan(pair.values))
    values, is_news = pair.values[rows], pair.is_news[rows]
    if len(values) < 2 or not is_news.any():  # noqa: PLR2004 - a change has two ends
        return
    low, high = step.before(values[1:])
    is_usual = ~is_news[:-1] | ((low <= values[:-1]) & (values[:-1] <= high))
    last = int(np.argmax(is_usual)) if is_usual.any() else len(is_usual)
    yield from (_Run(rows[place : place + 1], float(low[place]), float(high[place])) for place in range(last))
    low, high = step.after(values[:-1])
    # As long as the one before is usual; after one that is not, they are compared with an earlier one.
    unusual = 1 + np.flatnonzero(is_news[1:] & ~((low <= values[1:]) & (values[1:] <= high)))
    while (place := int(np.searchsorted(unusual, last, "right"))) < len(unusual):
        first = int(unusual[place])
        bounds = float(low[first - 1]), float(high[first - 1])
        last = _first_usual(values, is_news, first, bounds)
        yield _Run(rows[first:last], *bounds)


def _first_usual(values: Values, is_news: Flags, first: int, bounds: tuple[float, float]) -> int:
    """Return the first place from ``first`` on whose value lies within bounds or is no news, else the end."""
    length = _FEWEST_AT_ONCE
    while first < len(values):
        part = values[first : first + length]
        found = np.flatnonzero(~is_news[first : first + length] | ((bounds[0] <= part) & (part <= bounds[1])))
        if found.size:
            return first + int(found[0])
        first, length = first + length, 2 * length
    return len(values)


def _finite(values: Values) -> Values:
    """Return the values, with the largest numbers in place of infinities."""
    finite: Values = np.clip(values, -_LARGEST, _LARGEST)
    return finite
