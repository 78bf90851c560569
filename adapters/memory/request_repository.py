"""The responses to requests with an idempotency key, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from adapters.memory.state import Clock, State
from domain.errors import IdempotencyKeyReused
from domain.fetches import IdempotencyKey, RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryRequestRepository:
    """The stored responses of a state."""

    state: State
    clock: Clock

    def begin(self, key: IdempotencyKey) -> RequestRecord | None:
        if (key.owner, key.key) not in self.state.requests:
            return None
        digest, _, answered = self.state.requests[key.owner, key.key]
        if digest != key.digest:
            raise IdempotencyKeyReused
        return answered

    def remember(self, key: IdempotencyKey, answered: RequestRecord) -> None:
        self.state.requests[key.owner, key.key] = key.digest, self.clock(), answered

    def forget(self, *, seconds: float, limit: int) -> int:
        before = self.clock() - timedelta(seconds=seconds)
        old = [name for name, (_, answered_at, _) in self.state.requests.items() if answered_at < before][:limit]
        for name in old:
            del self.state.requests[name]
        return len(old)
