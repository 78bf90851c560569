"""Connections to permitted addresses only, that end with their call and limit the size of response headers."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from http.client import HTTPMessage, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError

from adapters.provider_kit.http.connection_errors import ProxyFailed, refusing_proxy, unchecked_name, unreachable_proxy
from adapters.provider_kit.http.deadlines import current
from adapters.provider_kit.http.head import framing, read_head
from adapters.provider_kit.http.outbound import DIRECT, Outbound, Proxy, is_address
from domain.errors import AnswerTooLarge

_HEAD_BYTES = 64 * 1024
_CONNECTIONS = 16
#: How long a proxy may take to connect to the server, and this to shake hands.
_PROXY_SECONDS = 15.0
_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")


class NotPermitted(Exception):
    """A host resolves to this address only, and connecting to it is not permitted."""


def open_pool(base_url: str, *, permits: Callable[[str], bool], outbound: Outbound = DIRECT, by_client: bool = False) -> HTTPConnectionPool:
    """
    Return the connection pool of a URL's host.

    Args:
        permits: returns whether to connect to an IP address.
        by_client: whether a client of the service chose the URL. A proxy is then told the address that was checked, and not the name, which
            it might resolve to another one.

    Raises:
        NotPermitted, ProxyFailed: the proxy must not be asked for it.

    """
    parts, proxy = urlsplit(base_url), outbound.proxy_for(base_url)
    host, trusted = parts.hostname or "", dict[str, Any](cert_reqs="CERT_REQUIRED", **outbound.authorities)
    if proxy is None and parts.scheme == "https":
        return _TlsPool(host, parts.port, maxsize=_CONNECTIONS, permits=permits, **trusted)
    if proxy is None:
        return _PlainPool(host, parts.port, maxsize=_CONNECTIONS, permits=permits)
    checks = by_client and not outbound.proxy_checks_addresses
    if checks and parts.scheme != "https":
        raise ProxyFailed(f"it has no TLS, and is not sent through the proxy {proxy.place}", "Use https:, or name the host in NO_PROXY.")
    if by_client and is_address(host) and not permits(host):
        raise NotPermitted(host)
    manager = ProxyManager(proxy.url, proxy_headers=proxy.headers, maxsize=_CONNECTIONS, **trusted)
    own = dict[str, Any](permits=_any, permits_target=permits if checks else None)
    manager.pool_classes_by_scheme = dict[str, Any](http=partial(_PlainPool, **own), https=partial(_TlsPool, **own))
    return manager.connection_from_host(host, parts.port, parts.scheme)


def ask(pool: HTTPConnectionPool, url: str, *, headers: Mapping[str, str], timeout: Timeout, body: bytes | None = None) -> BaseHTTPResponse:
    """
    Send a GET request, with a body a POST request; return its response with the body unread. No redirect is followed.

    Raises:
        ProxyFailed: the pool's proxy made no connection.

    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    forwards = pool.proxy is not None and parts.scheme == "http"
    try:
        response = pool.urlopen(
            "GET" if body is None else "POST",
            url if forwards else target,
            body=body,
            headers=headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            assert_same_host=not forwards,
            preload_content=False,
            decode_content=False,
        )
    except ProxyError as error:
        raise unreachable_proxy(place_of(pool), error.original_error) from error
    if forwards and response.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        response.close()
        raise refusing_proxy(place_of(pool), response.status)
    return response


def place_of(pool: HTTPConnectionPool) -> str:
    """Return the address of a pool's proxy without its secrets, or an empty text."""
    return Proxy(pool.proxy.url).place if pool.proxy else ""


def _any(_address: str) -> bool:
    return True


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

    def __init__(
        self, *args: Any, permits: Callable[[str], bool], permits_target: Callable[[str], bool] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._permits, self._permits_target = permits, permits_target

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        call = current.get()
        if self.sock is not None:
            call.hold(self.sock)
        super().putrequest(method, call.on_wire(url), *args, **kwargs)

    def _new_conn(self) -> socket.socket:
        """Connect to the first permitted address of the host, or of the proxy, that answers."""
        try:
            return self._connected_to_any()
        except (ConnectTimeoutError, NewConnectionError) as exc:
            if self.proxy:
                raise unreachable_proxy(Proxy(self.proxy.url).place, exc) from exc
            raise

    def _connected_to_any(self) -> socket.socket:
        error: OSError = OSError("it has no address")
        for family, address in self._resolved(self._dns_host, self.port, self._permits):
            try:
                return self._connected(family, address)
            except OSError as exc:
                error = exc
        if isinstance(error, TimeoutError):
            raise ConnectTimeoutError(self, f"Connecting to {self.host} took too long.") from error
        raise NewConnectionError(self, f"Connecting to {self.host} failed: {error}.") from error

    def _tunnel(self) -> None:
        """Have the proxy connect: to the name, or to the address that was checked; TLS verifies the name in any case."""
        name, place = self._tunnel_host or "", Proxy(self.proxy.url).place if self.proxy else ""
        self.sock.settimeout(min(_PROXY_SECONDS, current.get().remaining()))
        try:
            self._tunnel_host = self._checked(name) if self._permits_target else name
            super()._tunnel()
        except OSError as exc:
            status = _REFUSED.match(str(exc))
            if status is None:
                raise
            raise refusing_proxy(place, int(status[1]), by_address=self._permits_target is not None) from exc
        finally:
            self._tunnel_host = name

    def _checked(self, name: str) -> str:
        try:
            found = self._resolved(name, self._tunnel_port, self._permits_target or _any)
        except NameResolutionError as exc:
            raise unchecked_name() from exc
        # Of both kinds, a proxy reaches the older one.
        return str(min(found, key=lambda each: each[0] != socket.AF_INET)[1][0])

    def _resolved(self, host: str, port: int | None, permits: Callable[[str], bool]) -> Sequence[tuple[int, Any]]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as exc:
            raise NameResolutionError(host, self, exc) from exc
        except UnicodeError as exc:
            raise NameResolutionError(host, self, socket.gaierror(str(exc))) from exc
        # Checked here, not when the URL is read: a name may resolve to another address a moment later.
        allowed = [(family, address) for family, *_, address in found if permits(str(address[0]))]
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
