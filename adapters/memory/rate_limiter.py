"""The limits of the providers in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.memory.state import Clock, State
from domain.budgets import Budget
from domain.fetches import FetchStatus
from domain.throttling import Denied, LimiterState, Permit, PermitRequest, Snapshot


@dataclass(frozen=True, slots=True)
class MemoryRateLimiter:
    """The limits of a state."""

    state: State
    clock: Clock

    def acquire(self, budget: Budget, call: PermitRequest) -> Permit | Denied:
        before, now = self.state_of(budget), self.clock()
        log = self.state.calls.get(budget.identity, ())
        times = {number: log[number - before.calls - 1] for number in before.wanted(budget) if before.calls - number < len(log)}
        after, answer = before.request(budget, call, Snapshot(now, times, self._busy(budget, call.holder, now)))
        self.state.limiter_states[budget.identity] = after
        if isinstance(answer, Permit) and budget.limits:
            self.state.calls[budget.identity] = (*log, answer.start)[-budget.remembered :]
        return answer

    def refusal(self, budget: Budget, holder: UUID) -> Denied | None:
        return self.state_of(budget).refusal(budget, holder, self.clock())

    def cool_down(self, budget: Budget, seconds: float, *, scheduled: bool = False) -> Denied:
        after, wait = self.state_of(budget).cool_down(budget, seconds, self.clock(), scheduled=scheduled)
        self.state.limiter_states[budget.identity] = after
        return wait

    def failed(self, budget: Budget, holder: UUID) -> None:
        self.state.limiter_states[budget.identity] = self.state_of(budget).failed(budget, holder, self.clock())

    def succeeded(self, budget: Budget) -> None:
        self.state.limiter_states[budget.identity] = self.state_of(budget).succeeded()

    def unblock(self, budget: Budget) -> LimiterState:
        before = self.state_of(budget)
        self.state.limiter_states[budget.identity] = before.unblocked()
        return before

    def state_of(self, budget: Budget) -> LimiterState:
        return self.state.limiter_states.get(budget.identity, LimiterState())

    def _busy(self, budget: Budget, holder: UUID, now: datetime) -> int:
        running = (f for f in self.state.fetches.values() if f.status is FetchStatus.RUNNING and f.id != holder)
        held = (f for f in running if f.lease_until and f.lease_until >= now)
        return sum(self.state.series[f.series_id].provider == budget.provider for f in held)
