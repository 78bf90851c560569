"""Dispatchers without a broker: one runs fetches at once, one records, one does nothing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID


class InlineDispatcher:
    """Runs the fetch in the caller's thread."""

    broker_reachable: bool | None = None

    def __init__(self, fetch: Callable[[UUID], object]) -> None:
        self._fetch = fetch

    def notify(self, fetch_id: UUID) -> None:
        self._fetch(fetch_id)


class RecordingDispatcher:
    """Records the notifications."""

    broker_reachable: bool | None = None

    def __init__(self) -> None:
        self.notified: list[UUID] = []

    def notify(self, fetch_id: UUID) -> None:
        self.notified.append(fetch_id)


class NullDispatcher:
    """Sends nothing; the worker's poller finds due fetches."""

    broker_reachable: bool | None = None

    def notify(self, fetch_id: UUID) -> None:
        pass
