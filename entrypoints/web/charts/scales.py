"""Scales: from values and dates to positions in a drawing, and the round values at which their axes have ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MANY_DECADES = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """
    A linear or logarithmic scale.

    Attributes:
        low, high: the values at its ends.
        start, end: the positions of these values.
        ticks: round values between them.
        log: whether equal ratios have equal distances.

    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...] = ()
    log: bool = False

    def __call__(self, values: Floats) -> Floats:
        """Return the positions of values."""
        low, high, shown = self.low, self.high, values
        if self.log:
            low, high, shown = log10(low), log10(high), np.log10(values)
        return self.start + (shown - low) * ((self.end - self.start) / (high - low))

    def at(self, value: float) -> float:
        """Return the position of one value."""
        return float(self(np.array([value]))[0])


def linear(values: Floats, start: float, end: float, *, zero: bool, ticks: int = 6) -> Scale:
    """Return a scale that holds all finite values, with round ends; ``zero`` makes it hold 0 too."""
    low, high = _bounds(values, zero=zero)
    step = round_step((high - low) / ticks)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    marks = tuple(0.0 if n == 0 else float(f"{n * step:.12g}") for n in range(first, last + 1))
    return Scale(marks[0], marks[-1], start, end, marks)


def logarithmic(values: Floats, start: float, end: float) -> Scale:
    """Return a logarithmic scale that holds all values, which must be positive."""
    low, high = _bounds(values, zero=False, positive=True)
    first, last = floor(log10(low)), ceil(log10(high))
    digits: Sequence[int] = (1,) if last - first > _MANY_DECADES else (1, 2, 5)
    marks = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
    below = max((mark for mark in marks if mark <= low), default=low)
    above = min((mark for mark in marks if mark >= high), default=high)
    return Scale(below, above, start, end, tuple(mark for mark in marks if below <= mark <= above), log=True)


def round_step(rough: float) -> float:
    """Return the round step nearest above a rough one: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(rough))
    return next(step * power for step in _ROUND_STEPS if step * power >= rough * (1 - 1e-9))


def _bounds(values: Floats, *, zero: bool, positive: bool = False) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return (1.0, 10.0) if positive else (0.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        margin = abs(low) / 10 or 1.0
        low, high = low - margin, high + margin
    return low, high
