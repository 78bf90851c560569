"""The API keys in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.memory.state import Clock, State
from domain.api_keys import ApiKey
from domain.errors import KeyNotFound


@dataclass(frozen=True, slots=True)
class MemoryKeyRepository:
    """The keys of a state."""

    state: State
    clock: Clock

    def add(self, key: ApiKey) -> None:
        self.state.keys[key.id] = key

    def get(self, key_id: str) -> ApiKey:
        if key_id not in self.state.keys:
            raise KeyNotFound
        return self.state.keys[key_id]

    def all(self) -> Sequence[ApiKey]:
        return sorted(self.state.keys.values(), key=lambda key: (key.created_at, key.id))

    def revoke(self, key_id: str) -> ApiKey:
        key = self.get(key_id)
        self.state.keys[key_id] = replace(key, revoked_at=key.revoked_at or self.clock())
        return self.state.keys[key_id]
