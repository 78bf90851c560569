"""Changes that lie far from the usual ones of a column's own history."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.gates.cells import Gate, SuspiciousCell
from domain.gates.overlap import ColumnPair, Flags, Values, column_pairs, date_text
from domain.observations import Observations

#: A history with fewer changes does not show what is usual.
FEWEST_CHANGES = 10
#: The median absolute deviation times this is the standard deviation, if changes are normally distributed.
_NORMAL = 1.4826
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


def beyond_deviations(before: Observations, after: Observations, number: float) -> Iterator[SuspiciousCell]:
    """Yield the cells of a new state whose change from the value before them lies beyond so many robust deviations."""
    for pair in column_pairs(before, after):
        step = UsualStep.of(pair.stored, number)
        for row, low, high in _unusual(pair, step) if step else ():
            yield SuspiciousCell(
                gate=Gate.DEVIATIONS,
                date=date_text(after.dates, row),
                column=pair.name,
                value=float(pair.values[row]),
                before=None if np.isnan(pair.before[row]) else float(pair.before[row]),
                low=low,
                high=high,
            )


def _unusual(pair: ColumnPair, step: UsualStep) -> Iterator[tuple[int, float, float]]:
    """
    Yield the rows of unusual values, with the bounds of what is usual there.

    A value is compared with the last one that is usual or was there before, so that what comes back is not refused for that.
    """
    rows = np.flatnonzero(~np.isnan(pair.values))
    values, is_news = pair.values[rows], pair.is_news[rows]
    if len(values) < 2 or not is_news.any():  # noqa: PLR2004 - a change has two ends
        return
    refused = _refused(values, is_news, step)
    if not refused.any():
        return
    first = int(np.argmax(refused))
    last = values[first - 1 : first] if first else None
    for place in range(first, len(values)):
        value = values[place : place + 1]
        if is_news[place] and (last is not None or place + 1 < len(values)):
            low, high = step.before(values[place + 1 : place + 2]) if last is None else step.after(last)
            if not low[0] <= value[0] <= high[0]:
                yield int(rows[place]), float(low[0]), float(high[0])
                continue
        last = value


def _refused(values: Values, is_news: Flags, step: UsualStep) -> Flags:
    """Return which values are unusual after the one before each; the first one, before the one after it."""
    low, high = step.after(values[:-1])
    lowest, highest = step.before(values[1:2])
    low, high = np.concatenate([lowest, low]), np.concatenate([highest, high])
    refused: NDArray[np.bool_] = is_news & ~((low <= values) & (values <= high))
    return refused


def _finite(values: Values) -> Values:
    """Return the values, with the largest numbers in place of infinities."""
    finite: Values = np.clip(values, -_LARGEST, _LARGEST)
    return finite
