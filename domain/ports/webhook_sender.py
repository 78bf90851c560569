"""Sending messages to the addresses of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.webhooks.delivery import Reply


class WebhookSender(Protocol):
    """Sends messages to permitted addresses only, and follows no redirects."""

    def check(self, url: str) -> None:
        """Raise InvalidInput if nothing could ever be sent to an address."""
        ...

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a message by POST within a fixed time, and return the answer, or why there is none; never raises for a receiver."""
        ...

    def abort(self) -> None:
        """End all that is being sent, because the process stops."""
        ...
