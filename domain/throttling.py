"""
Limits: how often a provider may be called by everyone together, and when it is left alone.

Every call of a budget has a number, and the log of their times is exact: call n may start when call n − L is a whole window
old. Calls are besides spread over the smallest window, and a breaker keeps everyone from a provider that is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.fetches import WaitingFor
from domain.providers import Limit

#: Windows are kept this much longer than declared: a call arrives later than it starts, and not always equally late.
STRETCH = 1.075
BURST_SHARE = 0.02
MAX_PACE_SECONDS = 1.0
MAX_BLOCK_SECONDS = 86_400.0
_MIN_BLOCK_SECONDS = 1.0
_GAP_SECONDS = 0.05
_PLACE_SECONDS = 0.1
_EARLY_SECONDS = 0.2
_LOOK_AGAIN_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 86_400.0
#: Nothing is reserved further ahead, so what lies beyond was written before the clock was set back.
_FORESIGHT_SECONDS = 60.0
#: Without a pace, a line begins anew where it would be longer; with four places, it then has 24,000 in it.
_LONGEST_LINE_SECONDS = 600.0


class Circuit(StrEnum):
    """Whether a provider is asked: always, not now, or once to see how it is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """
    When a provider counts as down, and for how long it is then left alone.

    Attributes:
        failures: in a row, without an answer between them.
        seconds: of the first opening; each further one lasts twice as long.

    """

    failures: int = 5
    seconds: float = 30.0
    most_seconds: float = 600.0
    probe_seconds: float = 120.0

    def interval(self, openings: int) -> float:
        """Return the length of the n-th opening in a row."""
        return float(min(self.most_seconds, self.seconds * 2.0 ** min(max(openings, 1) - 1, 32)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """
    What one provider allows to one key.

    Attributes:
        key: tells keys apart without telling them.
        concurrency: how many fetches of it run at once; None for any number.

    """

    provider: str
    key: str = ""
    limits: tuple[Limit, ...] = ()
    concurrency: int | None = None
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def identity(self) -> tuple[str, str]:
        """Return what tells it from other budgets."""
        return self.provider, self.key

    @property
    def smallest(self) -> Limit | None:
        """Return the limit of the smallest window."""
        return min(self.limits, key=lambda limit: (limit.seconds, limit.calls), default=None)

    @property
    def pace(self) -> float:
        """Return the seconds from one call to the next: the smallest window's, though never over a second."""
        smallest = self.smallest
        return min(smallest.seconds * STRETCH / smallest.calls, MAX_PACE_SECONDS) if smallest else 0.0

    @property
    def burst(self) -> int:
        """Return how many calls may start at the same moment."""
        return max(1, int(self.smallest.calls * BURST_SHARE)) if self.smallest else 1

    @property
    def remembered(self) -> int:
        """Return of how many calls the times must be known."""
        return max((limit.calls for limit in self.limits), default=0)


@dataclass(frozen=True, slots=True)
class Permit:
    """
    The right to make one call.

    Attributes:
        start: the moment from which it may start, and as which it is logged.
        seconds: from now until then.
        troubled: whether an answer would be news, since there were failures lately.

    """

    start: datetime
    seconds: float
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """No right to make a call: when to ask again, in a line with everyone else who was refused, and why."""

    seconds: float
    waiting_for: WaitingFor


@dataclass(frozen=True, slots=True)
class PermitRequest:
    """
    A call that somebody wants to make.

    Attributes:
        holder: the fetch it is for.
        patience: for how many seconds the caller would wait for a permit reserved for it.
        begins: whether it is the fetch's first, which needs a free place too.

    """

    holder: UUID
    max_wait: float
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    What is so at the moment of asking.

    Attributes:
        times: call's number → when it started, for those in ``LimiterState.wanted``.
        busy: how many other fetches of the provider run.

    """

    now: datetime
    times: Mapping[int, datetime]
    busy: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterState:
    """
    How things stand between us and a provider; each method gives the standing after it.

    Attributes:
        calls: how many there have been.
        next_permit_at: when the call after the last one is due by the pace.
        line_until: when the last one in line may ask again.
        failures: in a row, while the circuit is closed.
        openings: of the circuit, in a row.
        probe: the fetch that tries whether the provider is back.

    """

    calls: int = 0
    next_permit_at: datetime | None = None
    line_until: datetime | None = None
    blocked_until: datetime | None = None
    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    probe: UUID | None = None

    def circuit(self, now: datetime) -> Circuit:
        """Return the breaker's state."""
        if self.open_until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self.open_until > now and self.probe is None else Circuit.HALF_OPEN

    def wanted(self, budget: Budget) -> frozenset[int]:
        """Name the earlier calls whose times decide when the next may start."""
        return frozenset(self.calls + 1 - limit.calls for limit in budget.limits if limit.calls <= self.calls)

    def request(self, budget: Budget, call: PermitRequest, snapshot: Snapshot) -> tuple[LimiterState, Permit | Denied]:
        """Decide about a call: it may start at once, or within the caller's patience at a moment reserved for it, or not."""
        now = snapshot.now
        refusal = self._obstacle(budget, call.holder, now)
        if refusal:
            return self._lined_up(budget, *refusal, now, gap=budget.pace or _GAP_SECONDS)
        if call.begins and budget.concurrency is not None and snapshot.busy >= budget.concurrency:
            gap = _PLACE_SECONDS / budget.concurrency
            return self._lined_up(budget, now + timedelta(seconds=_PLACE_SECONDS), WaitingFor.RATE_LIMIT, now, gap=gap)
        start = self._free_at(budget, snapshot)
        seconds = (start - now).total_seconds()
        if seconds > call.max_wait:
            early = max(now, start - timedelta(seconds=_EARLY_SECONDS))
            return self._lined_up(budget, early, WaitingFor.RATE_LIMIT, now, gap=budget.pace)
        permit = Permit(start, seconds, probing=self.failures > 0 or self.open_until is not None)
        line = self._line(budget, now, now)
        return replace(self, line_until=line, **self._taken(budget, start), **self._probed(budget, call.holder, now)), permit

    def refusal(self, budget: Budget, holder: UUID, now: datetime) -> Denied | None:
        """Tell for how long a fetch may not call whatever the windows allow, and why; None if it may."""
        found = self._obstacle(budget, holder, now)
        return Denied((found[0] - now).total_seconds(), found[1]) if found else None

    def cool_down(self, budget: Budget, seconds: float, now: datetime) -> tuple[LimiterState, Denied]:
        """Let nobody call for so many seconds; the one who was told so goes in line."""
        clamped = min(max(seconds, _MIN_BLOCK_SECONDS), MAX_BLOCK_SECONDS)
        until = max(now + timedelta(seconds=clamped), self.blocked_until or now)
        standing, wait = self._lined_up(budget, until, WaitingFor.RATE_LIMIT, now, gap=budget.pace or _GAP_SECONDS)
        return replace(standing, blocked_until=until), wait

    def failed(self, budget: Budget, holder: UUID, now: datetime) -> LimiterState:
        """Count a call without an answer; what was begun before the circuit opened says nothing new."""
        breaker = budget.breaker
        if self.open_until is None:
            if self.failures + 1 < breaker.failures:
                return replace(self, failures=self.failures + 1)
        elif self.probe != holder:
            return self
        openings = self.openings + 1
        until = now + timedelta(seconds=breaker.interval(openings))
        return replace(self, failures=breaker.failures, openings=openings, open_until=until, probe=None)

    def succeeded(self) -> LimiterState:
        """Note an answer of whatever kind: the provider is there."""
        line = None if self.open_until else self.line_until
        return replace(self, failures=0, openings=0, open_until=None, probe=None, line_until=line)

    def _obstacle(self, budget: Budget, holder: UUID, now: datetime) -> tuple[datetime, WaitingFor] | None:
        if self.blocked_until and self.blocked_until > now:
            return self.blocked_until, WaitingFor.RATE_LIMIT
        horizon = now + timedelta(seconds=max(budget.breaker.most_seconds, budget.breaker.probe_seconds))
        if self.open_until is None or not now < self.open_until <= horizon or self.probe == holder:
            return None
        look_again = now + timedelta(seconds=_LOOK_AGAIN_SECONDS)
        return (min(self.open_until, look_again) if self.probe else self.open_until), WaitingFor.CIRCUIT

    def _free_at(self, budget: Budget, snapshot: Snapshot) -> datetime:
        horizon = snapshot.now + timedelta(seconds=_FORESIGHT_SECONDS)
        start = snapshot.now
        if self.next_permit_at and budget.limits and self.next_permit_at <= horizon:
            start = max(start, self.next_permit_at - timedelta(seconds=(budget.burst - 1) * budget.pace))
        for limit in budget.limits:
            earlier = snapshot.times.get(self.calls + 1 - limit.calls)
            if earlier and earlier <= horizon:
                start = max(start, earlier + timedelta(seconds=limit.seconds * STRETCH))
        return start

    def _taken(self, budget: Budget, start: datetime) -> dict[str, Any]:
        if not budget.limits:
            return {}
        paced = max(start, self.next_permit_at or start) + timedelta(seconds=budget.pace)
        # Never further ahead than a whole burst: more than that is left from before the clock was set back.
        paced = min(paced, start + timedelta(seconds=budget.burst * budget.pace))
        return {"calls": self.calls + 1, "next_permit_at": paced}

    def _probed(self, budget: Budget, holder: UUID, now: datetime) -> dict[str, Any]:
        if self.open_until is None or self.probe == holder:
            return {}
        seconds = min(budget.breaker.interval(self.openings), budget.breaker.probe_seconds)
        return {"probe": holder, "open_until": now + timedelta(seconds=seconds)}

    def _lined_up(self, budget: Budget, until: datetime, reason: WaitingFor, now: datetime, *, gap: float) -> tuple[LimiterState, Denied]:
        turn = max(until, (self._line(budget, until, now) or now) + timedelta(seconds=gap))
        return replace(self, line_until=turn), Denied(min((turn - now).total_seconds(), _LONGEST_WAIT_SECONDS), reason)

    def _line(self, budget: Budget, until: datetime, now: datetime) -> datetime | None:
        """Return the end of the line, if it was not formed before the clock was set back."""
        # Where there is a pace, a line is as long as it must be; then the pace tells of the clock.
        if budget.limits:
            mark, most = self.next_permit_at, now + timedelta(seconds=budget.burst * budget.pace + _FORESIGHT_SECONDS)
        else:
            mark, most = self.line_until, until + timedelta(seconds=_LONGEST_LINE_SECONDS)
        return None if mark and mark > most else self.line_until
