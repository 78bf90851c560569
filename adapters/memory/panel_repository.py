"""The kept panels in memory."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.memory.state import State


@dataclass(frozen=True, slots=True)
class MemoryPanelRepository:
    """The kept panels of a state."""

    state: State

    def keep(self, digest: str, body: bytes) -> None:
        self.state.panels[digest] = body

    def find(self, digest: str) -> bytes | None:
        return self.state.panels.get(digest)
