"""How many requests a client may make of this process, and the headers that say so."""

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
#: What monitoring asks, as often as it likes and by any name of this host.
PROBES = frozenset({"/healthz", "/readyz"})
#: What one holder of IPv6 addresses has of them at least.
_IPV6_PREFIX = 64


@lru_cache(_CACHE_SIZE)
def client_of(address: str) -> str:
    """Return by what a client without a key is known: its address, of IPv6 the network of one holder."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, _IPV6_PREFIX), strict=False))
    return str(known)


class TokenBuckets:
    """
    The buckets of the clients seen last; may be shared by threads.

    Args:
        seconds: a clock that never goes back.

    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._full_at: OrderedDict[tuple[str, Limit], float] = OrderedDict()
        self._lock = Lock()

    def wait(self, client: str, limits: Sequence[Limit]) -> float:
        """Return for how many seconds a client may not ask; 0 if it may."""
        now = self._seconds()
        with self._lock:
            return self._longest_wait(client, limits, now)

    def take(self, client: str, limits: Sequence[Limit]) -> float:
        """Take a token of each limit and return 0, or take none and return for how many seconds there is none."""
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
    Refuses requests of clients that make too many: of a key by its own limits, of all others by these.

    Args:
        limits: none where any number may be made.
        fetch_limits: of the fetches that a client asks for, which the store counts.

    """

    def __init__(self, limits: tuple[Limit, ...], fetch_limits: tuple[Limit, ...] = ()) -> None:
        self._limits, self._fetch_limits, self._buckets = limits, fetch_limits, TokenBuckets()

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Count the request, and tell what is left."""
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
    """Return who asks for a fetch, and how many of them it may ask for."""
    return Requester(req.context.client, req.context.fetch_limits)


def set_rate_limit_headers(resp: falcon.Response, left: Sequence[Allowance]) -> None:
    """Set the header fields of draft-ietf-httpapi-ratelimit-headers: every policy, and what is left of the tightest."""
    resp.set_header("RateLimit-Policy", ", ".join(_policies(each.limit for each in left)))
    tightest = min(left, key=lambda each: (each.remaining, -each.seconds))
    name = f'"{tightest.limit.calls}/{tightest.limit.seconds}"'
    resp.set_header("RateLimit", f"{name};r={tightest.remaining};t={ceil(tightest.seconds)}")


def _policies(limits: Iterable[Limit]) -> Iterable[str]:
    return (f'"{limit.calls}/{limit.seconds}";q={limit.calls};w={limit.seconds}' for limit in limits)
