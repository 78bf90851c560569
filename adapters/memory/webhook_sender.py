"""A sender of webhooks that keeps the messages instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.errors import InvalidInput
from domain.webhooks.delivery import Reply


@dataclass
class RecordingSender:
    """
    Keeps what it is given to send, as address, headers and body.

    Attributes:
        answer: called with each message; returns the receiver's reply.

    """

    answer: Callable[[str, Mapping[str, str], bytes], Reply] = lambda *_: Reply(204)
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    aborted: bool = False

    def check(self, url: str) -> None:
        if not url.startswith("https://"):
            raise InvalidInput("url must begin with https:.", field="url", hint="Write an address such as https://example.org/hooks.")

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append((url, headers, body))
        return self.answer(url, headers, body)

    def abort(self) -> None:
        self.aborted = True
