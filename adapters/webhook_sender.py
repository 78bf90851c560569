"""Sends webhooks over HTTP: to permitted addresses only, checked at each connection, with one deadline and without redirects."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.provider_kit.http.client import user_agent
from adapters.provider_kit.http.connection_errors import ProxyFailed, what_to_do, why_unreachable
from adapters.provider_kit.http.deadlines import InFlightCall, abort_calls, in_flight
from adapters.provider_kit.http.outbound import DIRECT, Outbound, is_address
from adapters.provider_kit.http.url_policy import is_public, origin
from domain.errors import FetchError, InvalidInput, SourceTimedOut, ThrottledLocally
from domain.webhooks.delivery import Reply

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

#: Svix's too; Standard Webhooks recommends 15 to 30.
SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_BODY_BYTES = 64 * 1024
_MOST_POOLS = 100
_SETTING = "LANNER_WEBHOOK_PRIVATE_ADDRESSES"
_HINT = "Write an address such as https://example.org/hooks, without user, password and fragment."


class HttpWebhookSender:
    """
    Send messages; thread-safe.

    Args:
        private: networks whose addresses are permitted though they are not public, with ``http:`` too.
        outbound: how messages leave this network.
        seconds: for one message in all; only the name look-up is outside it.

    """

    def __init__(self, private: Networks = (), *, outbound: Outbound = DIRECT, seconds: float = SECONDS) -> None:
        self._private, self._outbound, self._seconds = private, outbound, seconds
        self._pools: dict[tuple[str, str | None, int | None], HTTPConnectionPool] = {}
        self._lock = Lock()

    def check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise InvalidInput("url is not a valid address.", field="url", hint=_HINT) from error
        plain = url.isascii() and url.isprintable() and " " not in url
        if not (plain and host and parts.scheme in ("http", "https")) or "@" in parts.netloc or parts.fragment:
            raise InvalidInput("url must be an https: address.", field="url", hint=_HINT)
        if parts.scheme == "http" and not self._private:
            hint = f"Use https:, or permit addresses of your own network in {_SETTING}."
            raise InvalidInput("url must begin with https:.", field="url", hint=hint)
        if is_address(host) and not self._permits(parts.scheme)(host):
            hint = f"Name a host of the open Internet, or permit this address in {_SETTING}."
            raise InvalidInput(f"url is at {host}, to which nothing is sent.", field="url", hint=hint)

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        from urllib3.exceptions import HTTPError

        from adapters.provider_kit.http.transport import NotPermitted

        late = SourceTimedOut(f"It did not answer within {self._seconds:g} seconds.")
        sent = {**headers, "Content-Type": "application/json", "User-Agent": user_agent()}
        try:
            with in_flight(InFlightCall(until=time.monotonic() + self._seconds, late=late, owner=self)):
                return Reply(self._post(url, sent, body))
        except NotPermitted as error:
            return Reply(None, f"It is at {error}, to which nothing is sent; see {_SETTING}.")
        except FetchError as error:
            return Reply(None, error.message)
        except (HTTPError, OSError, ValueError, ProxyFailed) as error:
            return Reply(None, f"It could not be reached: {why_unreachable(error)}. {what_to_do(error)}".rstrip())

    def abort(self) -> None:
        abort_calls(self, ThrottledLocally("It was cut, since lanner stops."))

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        from urllib3 import Timeout

        from adapters.provider_kit.http.transport import ask

        timeout = Timeout(connect=_CONNECT_SECONDS, read=self._seconds)
        raw = ask(self._pool(url), url, headers=headers, timeout=timeout, body=body)
        # Only a connection whose answer was read to its end can be used again; what it says is of no interest.
        if len(raw.read(_BODY_BYTES)) == _BODY_BYTES:
            raw.close()
        raw.release_conn()
        return raw.status

    def _pool(self, url: str) -> HTTPConnectionPool:
        from adapters.provider_kit.http.transport import open_pool

        where = origin(url)
        with self._lock:
            if len(self._pools) >= _MOST_POOLS:
                self._pools.clear()
            if where not in self._pools:
                self._pools[where] = open_pool(url, permits=self._permits(where[0]), outbound=self._outbound, by_client=True)
            return self._pools[where]

    def _permits(self, scheme: str) -> Callable[[str], bool]:
        # Without TLS a message goes only where the operator said that it may.
        return lambda address: (scheme == "https" and is_public(address)) or self._is_private(address)

    def _is_private(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        return any(ip in network for network in self._private)
