"""Habits: by which coordinates the releases of a series are regular, or how often they come if they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

import numpy as np

from domain.schedules.learning.coordinates import Coordinates, rivals
from domain.schedules.learning.distribution import Distribution, estimate, recent, widened
from domain.schedules.learning.releases import Release

#: Releases that are learned from; older ones weigh less than a hundredth.
_MOST = 48
_SCORED, _FEWEST_BEFORE = 6, 3
#: In releases. A short memory forgets a habit that ended.
_HALF_LIVES = 8, 2
#: Releases are regular if, of at least so many, this share fell into the region foretold, and it is at most this share of a period wide.
#: Looks at even intervals narrow no region to a fifth of a period, so that a smaller share would never let a habit be learned.
_FEWEST, _FORETOLD, _NARROW = 4, 0.6, 0.5
_LOW, _HIGH = 0.05, 0.95
_NO_CHANCE = 1e-12
_HALVINGS = 80
#: A habit is learned anew with a release, not with each look.
_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """
    When releases come.

    Attributes:
        coordinates, distribution: of the next release.
        foretold: the share of the last releases that fell into the 90 % region foretold from those before.
        known: how many releases were learned from.

    """

    coordinates: Coordinates
    distribution: Distribution
    foretold: float
    known: int

    @property
    def width(self) -> float:
        """The width of the region in which 90 % of releases fall, in days of the coordinates."""
        return self.distribution.quantile(_HIGH) - self.distribution.quantile(_LOW)

    def is_regular(self, period: timedelta) -> bool:
        """Return whether looks may follow it."""
        return self.known >= _FEWEST and self.foretold >= _FORETOLD and self.width <= _NARROW * self.coordinates.days(period)


def habit_of(releases: Sequence[Release], period: timedelta, zone: tzinfo, *, periods: bool) -> Habit | None:
    """
    Return the habit in the coordinates that best foretold each release from those before it.

    Args:
        releases: oldest first; None is returned where there are too few to judge.
        period: how long one lasts.
        periods: whether it is known which one comes next.

    """
    return _habit_of(tuple(releases[-_MOST:]), period, zone, periods) if len(releases) > _FEWEST_BEFORE else None


@lru_cache(maxsize=_KEPT)
def _habit_of(releases: tuple[Release, ...], period: timedelta, zone: tzinfo, periods: bool) -> Habit | None:  # noqa: FBT001 - of a cache
    best: tuple[float, Habit] | None = None
    for coordinates in rivals(releases, zone, periods=periods):
        intervals = [interval(each, coordinates) for each in releases]
        for half_life in _HALF_LIVES:
            score, foretold = _score(intervals, coordinates.days(period), half_life)
            if best is None or score > best[0]:
                found = estimate(intervals, coordinates.days(period), half_life)
                best = score, Habit(coordinates=coordinates, distribution=found, foretold=foretold, known=len(releases))
    return best[1] if best else None


def interval(release: Release, coordinates: Coordinates) -> tuple[float, float]:
    """Return the interval of a release in days of the coordinates."""
    before = release.before.astimezone(coordinates.zone).date()
    after = coordinates.measure(release.after, release.period, before)
    return after, max(after, coordinates.measure(release.by, release.period, before))


def rate_of(releases: Sequence[Release]) -> float | None:
    """
    Return how many releases come a second; None if there are too few.

    The estimator of Cho and Garcia-Molina (2003) for looks at uneven intervals: λ with Σ I/(e^{λI} - 1) over the looks that found a
    release equal to the sum of the intervals of those that found none.
    """
    releases = releases[-_MOST:]
    if len(releases) < 2:  # noqa: PLR2004 - the time between two releases is the first that tells a rate
        return None
    changed = np.array([max((each.by - each.after).total_seconds(), 0.0) for each in releases[1:]])
    unchanged = sum(max((later.after - earlier.by).total_seconds(), 0.0) for earlier, later in pairwise(releases))
    total = float(changed.sum()) + unchanged
    if total <= 0:
        return None

    def excess(rate: float) -> float:
        exponents = np.minimum(changed * rate, 700.0)
        means = np.where(exponents > 0, changed / np.expm1(np.maximum(exponents, 1e-300)), 1 / rate)
        return float(means.sum() - unchanged)

    low, high = len(changed) / total * 1e-3, len(changed) / total
    while excess(high) > 0 and high < len(changed) / total * 1e3:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _score(intervals: Sequence[tuple[float, float]], period: float, half_life: float) -> tuple[float, float]:
    """Return how well the last releases were foretold by those before: the mean log probability, and the share in the 90 % region."""
    logs: list[float] = []
    inside: list[bool] = []
    for index in range(max(_FEWEST_BEFORE, len(intervals) - _SCORED), len(intervals)):
        before = estimate(intervals[:index], period, half_life)
        after, by = widened(np.array([intervals[index]]))[0]
        logs.append(float(np.log(max(before.until(by) - before.until(after), _NO_CHANCE))))
        inside.append(bool(by >= before.quantile(_LOW) and after <= before.quantile(_HIGH)))
    weights = recent(len(logs), half_life)
    return float(weights @ np.array(logs)), float(weights @ np.array(inside))
