"""The quotas of clients in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.memory.state import Clock, State
from domain.providers import Limit
from domain.quotas import take_token, wait_for_token


@dataclass(frozen=True, slots=True)
class MemoryQuotaRepository:
    """The quotas of a state."""

    state: State
    clock: Clock

    def take(self, client: str, limits: Sequence[Limit]) -> float:
        now = self.clock().timestamp()
        full_at = {limit: self.state.quotas.get((client, limit), 0.0) for limit in limits}
        waiting = max((wait_for_token(moment, limit, now) for limit, moment in full_at.items()), default=0.0)
        if not waiting:
            self.state.quotas.update({(client, limit): take_token(moment, limit, now) for limit, moment in full_at.items()})
        return waiting

    def forget(self, limit: int) -> int:
        now = self.clock().timestamp()
        whole = [name for name, full_at in self.state.quotas.items() if full_at < now][:limit]
        for name in whole:
            del self.state.quotas[name]
        return len(whole)
