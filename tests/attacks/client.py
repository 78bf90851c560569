"""A client that sends what it likes from whatever loopback address it likes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from threading import Event, Thread
from typing import Any

import orjson

TIMEOUT = 20.0
PAUSE = 0.02
_NOTHING = Message()


@dataclass(frozen=True)
class Answer:
    """
    What came back.

    Attributes:
        status: 0 where the connection ended without an answer, or nothing came in time.

    """

    status: int
    headers: Message
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        return orjson.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status}\n{self.headers}\n{self.text}"


def ask(
    port: int,
    target: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    source: str = "127.0.0.1",
    timeout: float = TIMEOUT,
) -> Answer:
    """Ask for a target that is sent as it is written."""
    begun = time.perf_counter()
    try:
        with connected(port, head(target, method=method, headers=headers, body=body) + body, source=source) as connection:
            connection.settimeout(timeout)
            response = HTTPResponse(connection, method=method)
            response.begin()
            return Answer(response.status, response.headers, response.read(), time.perf_counter() - begun)
    except (OSError, HTTPException):
        return Answer(0, _NOTHING, b"", time.perf_counter() - begun)


def post(port: int, target: str, document: object, **options: Any) -> Answer:
    """Send a document as JSON."""
    headers = {"Content-Type": "application/json", **options.pop("headers", {})}
    return ask(port, target, method="POST", headers=headers, body=orjson.dumps(document), **options)


def head(target: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """Write the head of a request; a connection ends with its answer unless the headers say otherwise."""
    fields = {"Host": "localhost", "Connection": "close"} | ({"Content-Length": str(len(body))} if body else {}) | dict(headers or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode()


def connected(port: int, sent: bytes = b"", *, source: str = "127.0.0.1", room: int = 0) -> socket.socket:
    """Open a connection and send; ``room`` is how many bytes of the answer fit in on this side."""
    connection = socket.socket()
    connection.settimeout(TIMEOUT)
    if room:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    try:
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", port))
        connection.sendall(sent)
    except OSError:
        connection.close()
        raise
    return connection


@contextmanager
def crowd(port: int, count: int, sent: bytes, *, sources: int = 1, room: int = 0) -> Iterator[None]:
    """Have so many connections that send this and do nothing more, from so many addresses."""
    with ExitStack() as open_connections:
        for number in range(count):
            open_connections.enter_context(connected(port, sent, source=address(number % sources), room=room))
        yield


def address(number: int) -> str:
    """Return one of the addresses of attackers; nobody else has it."""
    return f"127.66.{number // 250}.{number % 250 + 1}"


@contextmanager
def meanwhile(port: int, *targets: str, source: str = "127.0.0.1", headers: Mapping[str, str] | None = None) -> Iterator[list[Answer]]:
    """Ask for each of the targets again and again, one at a time; the list has all answers in the end."""
    answers: list[Answer] = []
    done = Event()

    def go_on() -> None:
        while not done.is_set():
            answers.extend(ask(port, target, source=source, headers=headers) for target in targets)
            done.wait(PAUSE)

    honest = Thread(target=go_on)
    honest.start()
    try:
        yield answers
    finally:
        done.set()
        honest.join()


def slowest(answers: Sequence[Answer]) -> float:
    """Return how many milliseconds the slowest took."""
    return 1000 * max(answer.seconds for answer in answers)


def unanswered(answers: Sequence[Answer], *good: int) -> int:
    """Count those that did not end as they should."""
    return sum(answer.status not in (good or (200,)) for answer in answers)
