"""
Throttling: how often all workers together may call a provider, and the circuit breaker.

Every call of a budget has a number, and the log of their times is exact: call n may start when call n − L is a whole window
old. Calls are also spread over the smallest window, and a circuit breaker stops calls to a provider that is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.budgets import STRETCH, Budget
from domain.fetches import WaitingFor

MAX_BLOCK_SECONDS = 86_400.0
_MIN_BLOCK_SECONDS = 1.0
_GAP_SECONDS = 0.05
_SLOT_SECONDS = 0.1
_EARLY_SECONDS = 0.2
_LOOK_AGAIN_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 86_400.0
#: Nothing is reserved further ahead; later times were written before the clock was set back.
_FORESIGHT_SECONDS = 60.0
#: Without a pace, a longer queue is dropped as stale; with a concurrency of four it holds 24,000 fetches.
_LONGEST_QUEUE_SECONDS = 600.0
#: For so long after their turn requested fetches are waited for, which have to be found and claimed before they ask.
_HELD_SECONDS = 2.0


class Circuit(StrEnum):
    """The circuit breaker's state: calls pass, are denied, or one probe passes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Permit:
    """
    The right to make one call.

    Attributes:
        start: the moment from which the call may start, and which is logged.
        seconds: from now until then.
        probing: whether there were failures lately, so that an answer must be recorded.

    """

    start: datetime
    seconds: float
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """A denied request: when to ask again, in a queue with all other denied requests, and why."""

    seconds: float
    waiting_for: WaitingFor


@dataclass(frozen=True, slots=True)
class PermitRequest:
    """
    A request for a permit for one call.

    Attributes:
        holder: the fetch it is for.
        max_wait: for how many seconds the caller would wait for a reserved permit.
        begins: whether it is the fetch's first call, which counts for concurrency.
        scheduled: whether nobody waits for it, so that it begins after all that are requested.

    """

    holder: UUID
    max_wait: float
    begins: bool = False
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    The facts at the moment of a request.

    Attributes:
        times: start of each call in ``LimiterState.wanted``, by its number.
        busy: number of other running fetches of the provider.

    """

    now: datetime
    times: Mapping[int, datetime]
    busy: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterState:
    """
    The limiter's state for one budget; methods return the state after them.

    Attributes:
        calls: number of calls so far.
        next_permit_at: when the call after the last one is due by the pace.
        line_until: when the last denied request in the queue may ask again, of scheduled fetches.
        requested_until: likewise of requested ones, which have a queue of their own before those.
        failures: consecutive ones while the circuit is closed.
        openings: consecutive ones of the circuit.
        probe: the fetch whose call may probe an open circuit.

    """

    calls: int = 0
    next_permit_at: datetime | None = None
    line_until: datetime | None = None
    requested_until: datetime | None = None
    blocked_until: datetime | None = None
    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    probe: UUID | None = None

    def circuit(self, now: datetime) -> Circuit:
        """Return the circuit breaker's state."""
        if self.open_until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self.open_until > now and self.probe is None else Circuit.HALF_OPEN

    def blocked(self, now: datetime) -> datetime | None:
        """Return until when the provider asked for no calls; None in the past, and if it was written before the clock was set back."""
        until = self.blocked_until
        return until if until and now < until <= now + timedelta(seconds=MAX_BLOCK_SECONDS) else None

    def queue_seconds(self, now: datetime) -> float:
        """Return the seconds until the last denied request in either queue may ask again; 0 if none waits."""
        ends = filter(None, (self.line_until, self.requested_until))
        return max((0.0, *((end - now).total_seconds() for end in ends)))

    def wanted(self, budget: Budget) -> frozenset[int]:
        """Return the numbers of the earlier calls whose times decide when the next may start."""
        return frozenset(self.calls + 1 - limit.calls for limit in budget.limits if limit.calls <= self.calls)

    def request(self, budget: Budget, call: PermitRequest, snapshot: Snapshot) -> tuple[LimiterState, Permit | Denied]:
        """Decide about a request: the call may start at once, or at a reserved moment within the maximum wait, or is denied."""
        now = snapshot.now
        refusal = self._obstacle(budget, call.holder, now)
        if refusal:
            return self._enqueued(budget, *refusal, now, gap=budget.pace or _GAP_SECONDS, scheduled=call.scheduled)
        if call.begins and budget.concurrency is not None and snapshot.busy >= budget.concurrency:
            until, gap = now + timedelta(seconds=_SLOT_SECONDS), _SLOT_SECONDS / budget.concurrency
            return self._enqueued(budget, until, WaitingFor.RATE_LIMIT, now, gap=gap, scheduled=call.scheduled)
        if call.begins and call.scheduled and self._gives_way(budget, now):
            return self._enqueued(budget, now, WaitingFor.RATE_LIMIT, now, gap=budget.pace or _GAP_SECONDS, scheduled=True)
        start = self._free_at(budget, snapshot)
        seconds = (start - now).total_seconds()
        if seconds > call.max_wait:
            early = max(now, start - timedelta(seconds=_EARLY_SECONDS))
            return self._enqueued(budget, early, WaitingFor.RATE_LIMIT, now, gap=budget.pace, scheduled=call.scheduled)
        permit = Permit(start, seconds, probing=self.failures > 0 or self.open_until is not None)
        line, requested = self._queue_ends(budget, now, now)
        if requested and requested <= now and not call.scheduled:
            # The last of them has come, so that nothing is held for them any longer.
            requested = None
        after = replace(self, line_until=line, requested_until=requested)
        return replace(after, **self._taken(budget, start), **self._probed(budget, call.holder, now)), permit

    def refusal(self, budget: Budget, holder: UUID, now: datetime) -> Denied | None:
        """Return for how long a fetch may not call, regardless of the windows, and why; None if it may."""
        found = self._obstacle(budget, holder, now)
        return Denied((found[0] - now).total_seconds(), found[1]) if found else None

    def cool_down(self, budget: Budget, seconds: float, now: datetime, *, scheduled: bool = False) -> tuple[LimiterState, Denied]:
        """Deny all calls for so many seconds; the fetch that got this answer joins the queue."""
        clamped = min(max(seconds, _MIN_BLOCK_SECONDS), MAX_BLOCK_SECONDS)
        until = max(now + timedelta(seconds=clamped), self.blocked(now) or now)
        gap = budget.pace or _GAP_SECONDS
        standing, wait = self._enqueued(budget, until, WaitingFor.RATE_LIMIT, now, gap=gap, scheduled=scheduled)
        return replace(standing, blocked_until=until), wait

    def failed(self, budget: Budget, holder: UUID, now: datetime) -> LimiterState:
        """Count a call without an answer; calls that started before the circuit opened are ignored."""
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
        """Record an answer of any kind, which closes the circuit."""
        closed = replace(self, failures=0, openings=0, open_until=None, probe=None)
        return replace(closed, line_until=None, requested_until=None) if self.open_until else closed

    def unblocked(self) -> LimiterState:
        """Forget the block, the failures and who waits; the calls that were made still count."""
        return replace(self.succeeded(), blocked_until=None, line_until=None, requested_until=None)

    def _obstacle(self, budget: Budget, holder: UUID, now: datetime) -> tuple[datetime, WaitingFor] | None:
        blocked = self.blocked(now)
        if blocked:
            return blocked, WaitingFor.RATE_LIMIT
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
        # Never further ahead than a whole burst: later times were written before the clock was set back.
        paced = min(paced, start + timedelta(seconds=budget.burst * budget.pace))
        return {"calls": self.calls + 1, "next_permit_at": paced}

    def _probed(self, budget: Budget, holder: UUID, now: datetime) -> dict[str, Any]:
        if self.open_until is None or self.probe == holder:
            return {}
        seconds = min(budget.breaker.interval(self.openings), budget.breaker.probe_seconds)
        return {"probe": holder, "open_until": now + timedelta(seconds=seconds)}

    def _gives_way(self, budget: Budget, now: datetime) -> bool:
        """Return whether requested fetches wait, before which no scheduled one begins."""
        _, requested = self._queue_ends(budget, now, now)
        return requested is not None and now < requested + timedelta(seconds=_HELD_SECONDS)

    def _enqueued(  # noqa: PLR0913 - a place in a queue
        self, budget: Budget, until: datetime, reason: WaitingFor, now: datetime, *, gap: float, scheduled: bool
    ) -> tuple[LimiterState, Denied]:
        line, requested = self._queue_ends(budget, until, now)
        before = max(filter(None, (line, requested)), default=None) if scheduled else requested
        turn = max(until, (before or now) + timedelta(seconds=gap))
        denied = Denied(min((turn - now).total_seconds(), _LONGEST_WAIT_SECONDS), reason)
        ends = (turn, requested) if scheduled else (line, turn)
        return replace(self, line_until=ends[0], requested_until=ends[1]), denied

    def _queue_ends(self, budget: Budget, until: datetime, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the ends of both queues, unless they were written before the clock was set back."""
        # With a pace, a queue may have any length; then the pace's own time shows whether the clock was set back.
        if budget.limits:
            mark, most = self.next_permit_at, now + timedelta(seconds=budget.burst * budget.pace + _FORESIGHT_SECONDS)
        else:
            ends = filter(None, (self.line_until, self.requested_until))
            mark, most = max(ends, default=None), until + timedelta(seconds=_LONGEST_QUEUE_SECONDS)
        return (None, None) if mark and mark > most else (self.line_until, self.requested_until)
