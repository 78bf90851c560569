"""Where the next release falls, estimated from the intervals in which earlier ones fell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The share of the whole that is spread evenly, so that no habit is held to be certain.
_UNIFORM = 0.05
#: By this share of a period the even part reaches beyond all that was seen.
_BEYOND = 0.1
#: No interval is taken to be narrower: days.
_NARROWEST = 5 / 1440
_ROUNDS, _SMALL_STEP = 100, 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """
    A distribution whose cumulative function is linear between its points.

    Attributes:
        points: sorted, in days.
        shares: the probability of a release until each point, from 0 to 1.

    """

    points: Floats
    shares: Floats

    def until(self, point: float) -> float:
        """Return the probability of a release until a point."""
        return float(np.interp(point, self.points, self.shares))

    def quantile(self, share: float) -> float:
        """Return the point until which a release comes with this probability."""
        return float(np.interp(share, self.shares, self.points))


def estimate(intervals: Sequence[tuple[float, float]], period: float, half_life: float) -> Distribution:
    """
    Estimate the distribution of the next release.

    Turnbull's estimator of interval-censored data (Turnbull 1976), in which a release weighs half as much as one
    ``half_life`` releases later; 5 % are spread evenly over all that was seen and a tenth of a period on both sides.

    Args:
        intervals: in which each release fell, in days, oldest first; not empty.
        period: its length in days.
        half_life: in releases.

    """
    bounds = widened(np.array(intervals, dtype=np.float64))
    cells, masses = _turnbull(bounds, recent(len(bounds), half_life))
    low, high = bounds[:, 0].min() - _BEYOND * period, bounds[:, 1].max() + _BEYOND * period
    points = np.unique(np.concatenate([cells.ravel(), [low, high]]))
    even = (points - low) / (high - low)
    learned = np.zeros(len(points))
    for (begin, end), mass in zip(cells, masses, strict=True):
        learned += mass * np.clip((points - begin) / (end - begin), 0.0, 1.0)
    return Distribution(points, np.clip(_UNIFORM * even + (1 - _UNIFORM) * learned, 0.0, 1.0))


def widened(bounds: Floats) -> Floats:
    """Return intervals that are at least five minutes wide, around the same middle."""
    missing = np.maximum(_NARROWEST - (bounds[:, 1] - bounds[:, 0]), 0.0) / 2
    return bounds + np.column_stack([-missing, missing])


def recent(count: int, half_life: float) -> Floats:
    """Return weights of so many releases, oldest first, which halve with each half-life and sum to 1."""
    weights: Floats = np.exp2(-np.arange(count)[::-1] / half_life)
    weights /= weights.sum()
    return weights


def _turnbull(bounds: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the innermost intervals, which alone have mass, and their masses."""
    cells = _innermost(bounds)
    covers = (bounds[:, :1] <= cells[:, 0]) & (cells[:, 1] <= bounds[:, 1:])
    masses = np.full(len(cells), 1 / len(cells))
    for _ in range(_ROUNDS):
        parts = covers * masses
        parts /= parts.sum(axis=1, keepdims=True)
        better = weights @ parts
        done = np.abs(better - masses).max() < _SMALL_STEP
        masses = better
        if done:
            break
    return cells, masses


def _innermost(bounds: Floats) -> Floats:
    """Return the intervals from a left bound to a right bound between which no other bound lies."""
    ends = sorted([(left, 1) for left in bounds[:, 0].tolist()] + [(right, 0) for right in bounds[:, 1].tolist()])
    found = [(left, right) for (left, is_left), (right, is_right) in pairwise(ends) if is_left and not is_right and left < right]
    return np.array(found, dtype=np.float64)
