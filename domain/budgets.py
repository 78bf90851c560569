"""Budgets: how often a provider may be called with one key, and when its circuit opens."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.providers import Limit

#: Windows are stretched by this factor, since calls arrive with varying delay.
STRETCH = 1.075
BURST_SHARE = 0.02
MAX_PACE_SECONDS = 1.0
#: Searches may use one call in so many of each limit, and where there is none, this many.
_SEARCH_SHARE = 4
_SEARCH_LIMITS = (Limit(30, 60),)


@dataclass(frozen=True, slots=True)
class Breaker:
    """
    When the circuit opens, and for how long.

    Attributes:
        failures: consecutive calls without an answer that open it.
        seconds: of the first opening; each further one lasts twice as long, up to ``most_seconds``.

    """

    failures: int = 5
    seconds: float = 30.0
    most_seconds: float = 600.0
    probe_seconds: float = 120.0

    def interval(self, openings: int) -> float:
        """Return the length in seconds of the n-th consecutive opening."""
        return float(min(self.most_seconds, self.seconds * 2.0 ** min(max(openings, 1) - 1, 32)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """
    The limits of one provider for one key at one address.

    Attributes:
        key: identifies the key without revealing it, and the address where it is not the provider's own.
        concurrency: how many of its fetches run at once; None for any number.

    """

    provider: str
    key: str = ""
    limits: tuple[Limit, ...] = ()
    concurrency: int | None = None
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def identity(self) -> tuple[str, str]:
        """Provider and key."""
        return self.provider, self.key

    @property
    def smallest(self) -> Limit | None:
        """The limit with the smallest window."""
        return min(self.limits, key=lambda limit: (limit.seconds, limit.calls), default=None)

    @property
    def pace(self) -> float:
        """Seconds between calls: the smallest window's, at most one second."""
        smallest = self.smallest
        return min(smallest.seconds * STRETCH / smallest.calls, MAX_PACE_SECONDS) if smallest else 0.0

    @property
    def burst(self) -> int:
        """Number of calls that may start at the same moment."""
        return max(1, int(self.smallest.calls * BURST_SHARE)) if self.smallest else 1

    @property
    def of_searches(self) -> Budget:
        """The budget of searches alone: a quarter of each limit, and a circuit of its own."""
        limits = tuple(_quarter(limit) for limit in self.limits) or _SEARCH_LIMITS
        return replace(self, key=f"{self.key}:search", limits=limits, concurrency=None)

    @property
    def remembered(self) -> int:
        """Number of calls whose times must be kept."""
        return max((limit.calls for limit in self.limits), default=0)


def _quarter(limit: Limit) -> Limit:
    calls = limit.calls // _SEARCH_SHARE
    return Limit(calls, limit.seconds) if calls else Limit(1, -(-limit.seconds * _SEARCH_SHARE // limit.calls))
