"""Connections to permitted addresses only, that end with their call and limit the size of response headers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPMessage, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import certifi
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from adapters.provider_kit.http.deadlines import current
from adapters.provider_kit.http.head import framing, read_head
from domain.errors import AnswerTooLarge

_HEAD_BYTES = 64 * 1024
_CONNECTIONS = 16


class NotPermitted(Exception):
    """A host resolves to this address only, and connecting to it is not permitted."""


def open_pool(base_url: str, *, permits: Callable[[str], bool]) -> HTTPConnectionPool:
    """Return the connection pool of a URL's host; ``permits`` returns whether to connect to an IP address."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        where = certifi.where()
        return _TlsPool(host, parts.port, maxsize=_CONNECTIONS, cert_reqs="CERT_REQUIRED", ca_certs=where, permits=permits)
    return _PlainPool(host, parts.port, maxsize=_CONNECTIONS, permits=permits)


def ask(pool: HTTPConnectionPool, url: str, *, headers: Mapping[str, str], timeout: Timeout, body: bytes | None = None) -> BaseHTTPResponse:
    """Send a GET request, with a body a POST request; return its response with the body unread. No redirect is followed."""
    parts = urlsplit(url)
    return pool.urlopen(
        "GET" if body is None else "POST",
        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        body=body,
        headers=headers,
        timeout=timeout,
        retries=False,
        redirect=False,
        preload_content=False,
        decode_content=False,
    )


class _Lines:
    """The stream of a response, whose head is limited in size and complete."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._left = stream, _HEAD_BYTES
        self._head: list[bytes] = []

    def read_head(self) -> HTTPMessage:
        """Read the final response's head and return all headers; ``readline`` then gives those alone that say where the body ends."""
        status, headers = read_head(self._head_line)
        self._head = framing(status, headers) if status else []
        return headers

    def readline(self, limit: int = -1) -> bytes:
        return self._head.pop(0) if self._head else self._whole_line(limit)

    def _head_line(self) -> bytes:
        line: bytes = self._stream.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise AnswerTooLarge(f"The head of the answer is larger than {_HEAD_BYTES // 1024} KiB.")
        # Before the first byte, nothing came at all.
        if not line.endswith(b"\n") and (line or self._left < _HEAD_BYTES):
            raise RemoteDisconnected("The connection was closed inside the answer's head.")
        return line

    def _whole_line(self, limit: int) -> bytes:
        line: bytes = self._stream.readline(limit)
        # The size of a chunk that lost its last digits would be a smaller one, and zero the end.
        if line and not line.endswith(b"\n") and len(line) != limit:
            raise IncompleteRead(line)
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Response(HTTPResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = _Lines(self.fp)
        self.fp = self._lines  # type: ignore[assignment] # as much of a stream as is used

    def begin(self) -> None:
        headers = self._lines.read_head()
        super().begin()
        self.headers = self.msg = headers


class _Connection(HTTPConnection):
    response_class = _Response

    def __init__(self, *args: Any, permits: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._permits = permits

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        call = current.get()
        if self.sock is not None:
            call.hold(self.sock)
        super().putrequest(method, call.on_wire(url), *args, **kwargs)

    def _new_conn(self) -> socket.socket:
        """Connect to the first permitted address of the host that answers."""
        error: OSError = OSError("it has no address")
        for family, address in self._addresses():
            try:
                return self._connected(family, address)
            except OSError as exc:
                error = exc
        if isinstance(error, TimeoutError):
            raise ConnectTimeoutError(self, f"Connecting to {self.host} took too long.") from error
        raise NewConnectionError(self, f"Connecting to {self.host} failed: {error}.") from error

    def _addresses(self) -> Sequence[tuple[int, Any]]:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as exc:
            raise NameResolutionError(self.host, self, exc) from exc
        except UnicodeError as exc:
            raise NameResolutionError(self.host, self, socket.gaierror(str(exc))) from exc
        # Checked here, not when the URL is read: a name may resolve to another address a moment later.
        allowed = [(family, address) for family, *_, address in found if self._permits(str(address[0]))]
        if not allowed:
            raise NotPermitted(found[0][4][0])
        return allowed

    def _connected(self, family: int, address: Any) -> socket.socket:
        call, sock = current.get(), socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(min(float(self.timeout or 0), call.remaining()))
            call.hold(sock)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
