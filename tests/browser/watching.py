"""What no page may do, written down while a browser shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, WebError

#: Set by hostile texts that run; see tests/browser/test_hostile_texts.py.
RAN = "__ran"
_OWN_SCHEMES = ("data", "blob", "about")
_FAILED_TO_LOAD = "Failed to load resource: the server responded with a status of"


@dataclass(kw_only=True)
class Watch:
    """
    Watches all tabs of a context.

    Attributes:
        allowed: texts of messages on the console that are no trouble.
        hosts: names that pages come from.
        troubles: what was seen, in words.

    """

    allowed: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    troubles: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    _documents: set[str] = field(default_factory=set)

    def begin(self, context: BrowserContext) -> None:
        """Watch it from now on; violations of the policy are among the messages of the console."""
        context.on("console", self._said)
        context.on("weberror", self._raised)
        context.on("dialog", self._asked)
        context.on("request", self._requested)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or any(text in message.text for text in self.allowed):
            return
        # The browser says of a page that is a problem, such as one that is not found, that it is one.
        if message.text.startswith(_FAILED_TO_LOAD) and message.location["url"] in self._documents:
            return
        self.troubles.append(f"console: {message.text} ({message.location['url']})")

    def _raised(self, error: WebError) -> None:
        self.troubles.append(f"error: {error.error}")

    def _asked(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        self.requests.append(request)
        if request.is_navigation_request():
            self._documents.add(request.url)
        address = urlsplit(request.url)
        if address.scheme not in _OWN_SCHEMES and address.hostname not in self.hosts:
            self.troubles.append(f"request to another host: {request.url}")
