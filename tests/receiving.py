"""A receiver of webhooks, which keeps what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Message:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @cached_property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.document["data"]


@dataclass
class Receiver:
    """
    What a receiver heard, and how it answers.

    Attributes:
        answer: gives the status for a message, and may take its time.
        headers: of each answer.
        host: where it listens.

    """

    url: str = ""
    host: str = "127.0.0.1"
    answer: Callable[[Message], int] = lambda _: 204
    headers: Mapping[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def of(self, series: str) -> list[Message]:
        """Give what was said of a series."""
        return [each for each in self.messages if each.data["timeseries"]["code"] == series]


@contextmanager
def receiving(receiver: Receiver | None = None) -> Iterator[Receiver]:
    """Run a receiver on this machine."""
    heard = receiver or Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in one packet, so that none waits for the acknowledgement of the other.
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            with heard.lock:
                heard.messages.append(message)
            self.send_response(heard.answer(message))
            for name, value in heard.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            with heard.lock:
                heard.messages.append(Message(self.path, {}, b""))
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((heard.host, 0), Handler) as server:
        server.daemon_threads = True
        heard.url = f"http://{heard.host}:{server.server_address[1]}/hook"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}).start()
        try:
            yield heard
        finally:
            server.shutdown()
