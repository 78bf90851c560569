"""Notifying the workers of due fetches."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class Dispatcher(Protocol):
    """Notifies the workers; a lost notification delays a fetch until the next poll, and never loses it."""

    def notify(self, fetch_id: UUID) -> None:
        """Notify the workers that a committed fetch is due; neither blocks nor raises."""
        ...

    @property
    def broker_reachable(self) -> bool | None:
        """Whether the last notification reached the broker; None before the first, or where there is no broker."""
        ...
