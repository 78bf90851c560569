"""Three bells in RAM: one does the work at once, one only remembers, one is silent."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID


class InlineDispatcher:
    """Runs the fetch in the caller's thread, as the ring itself."""

    broker_reachable: bool | None = None

    def __init__(self, fetch: Callable[[UUID], object]) -> None:
        self._fetch = fetch

    def notify(self, fetch_id: UUID) -> None:
        self._fetch(fetch_id)


class RecordingDispatcher:
    """Remembers which bells were rung."""

    broker_reachable: bool | None = None

    def __init__(self) -> None:
        self.notified: list[UUID] = []

    def notify(self, fetch_id: UUID) -> None:
        self.notified.append(fetch_id)


class NullDispatcher:
    """Rings nothing, for where the worker finds due fetches by itself."""

    broker_reachable: bool | None = None

    def notify(self, fetch_id: UUID) -> None:
        pass
