"""Rate limits of each client's requests to this process, and the headers that report them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from threading import Lock

import falcon

from domain.errors import TooManyRequests
from domain.providers import Limit
from domain.quotas import Allowance, Requester, allowance, take_token, wait_for_token

_MAX_CLIENTS = 10_000
_CACHE_SIZE = 1024
#: Health probes, which have no rate limit and may use any host name.
PROBES = frozenset({"/healthz", "/readyz"})
#: The smallest network that a provider assigns to one customer.
_IPV6_PREFIX = 64


@lru_cache(_CACHE_SIZE)
def client_of(address: str) -> str:
    """Return the name of a client without a key: its IPv4 address, or its IPv6 network."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, _IPV6_PREFIX), strict=False))
    return str(known)


class TokenBuckets:
    """
    The token buckets of the latest clients; thread-safe.

    Args:
        seconds: a monotonic clock.

    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._full_at: OrderedDict[tuple[str, Limit], float] = OrderedDict()
        self._lock = Lock()

    def wait(self, client: str, limits: Sequence[Limit]) -> float:
        """Return the seconds until a client may send a request; 0 if it may now."""
        now = self._seconds()
        with self._lock:
            return self._longest_wait(client, limits, now)

    def take(self, client: str, limits: Sequence[Limit]) -> float:
        """Take a token of each limit and return 0, or take none and return the seconds until there is one."""
        now = self._seconds()
        with self._lock:
            waiting = self._longest_wait(client, limits, now)
            if waiting:
                return waiting
            for limit in limits:
                self._full_at[client, limit] = take_token(self._full_at.get((client, limit), 0.0), limit, now)
                self._full_at.move_to_end((client, limit))
            while len(self._full_at) > _MAX_CLIENTS:
                self._full_at.popitem(last=False)
        return 0.0

    def allowances(self, client: str, limits: Sequence[Limit]) -> list[Allowance]:
        """Return what is left of each limit."""
        now = self._seconds()
        return [allowance(self._full_at.get((client, limit), 0.0), limit, now) for limit in limits]

    def _longest_wait(self, client: str, limits: Sequence[Limit], now: float) -> float:
        return max((wait_for_token(self._full_at.get((client, limit), 0.0), limit, now) for limit in limits), default=0.0)


class RequestLimits:
    """
    Refuses requests over a client's limits: those of its key, or else these.

    Args:
        limits: empty where requests are not limited.
        fetch_limits: of the fetches that a client requests, which the store counts.

    """

    def __init__(self, limits: tuple[Limit, ...], fetch_limits: tuple[Limit, ...] = ()) -> None:
        self._limits, self._fetch_limits, self._buckets = limits, fetch_limits, TokenBuckets()

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Count the request, set the RateLimit headers, and raise TooManyRequests over the limit."""
        key = req.context.key
        own = key.limits if key else ()
        limits = own or self._limits
        if own or self._fetch_limits:
            req.context.fetch_limits = own or self._fetch_limits
        if not limits or req.path in PROBES:
            return
        waiting = self._buckets.take(req.context.client, limits)
        set_rate_limit_headers(resp, self._buckets.allowances(req.context.client, limits))
        if waiting:
            raise TooManyRequests("Too many requests.", seconds=waiting)


def requester_of(req: falcon.Request) -> Requester:
    """Return the client that requests a fetch, with its limits."""
    return Requester(req.context.client, req.context.fetch_limits)


def set_rate_limit_headers(resp: falcon.Response, left: Sequence[Allowance]) -> None:
    """Set the headers of draft-ietf-httpapi-ratelimit-headers: all policies, and what is left of the tightest."""
    resp.set_header("RateLimit-Policy", ", ".join(_policies(each.limit for each in left)))
    tightest = min(left, key=lambda each: (each.remaining, -each.seconds))
    name = f'"{tightest.limit.calls}/{tightest.limit.seconds}"'
    resp.set_header("RateLimit", f"{name};r={tightest.remaining};t={ceil(tightest.seconds)}")


def _policies(limits: Iterable[Limit]) -> Iterable[str]:
    return (f'"{limit.calls}/{limit.seconds}";q={limit.calls};w={limit.seconds}' for limit in limits)
