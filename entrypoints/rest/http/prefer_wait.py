"""Waiting for a fetch's end, where a client would rather do that than ask again."""

from __future__ import annotations

import re
from contextlib import suppress
from math import ceil

import falcon

from domain.errors import NotFound, StoreUnavailable
from domain.fetches import Fetch
from domain.use_cases.await_fetch import AwaitFetch
from entrypoints.rest.http.errors import Problem

_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,6})\b", re.IGNORECASE)


def awaited(req: falcon.Request, resp: falcon.Response, await_fetch: AwaitFetch, fetch: Fetch) -> Fetch:
    """Give a committed fetch as it is at its end, or when so many seconds have passed (``Prefer: wait=10``, RFC 7240)."""
    match = _WAIT.search(req.get_header("Prefer", default=""))
    seconds = min(int(match[1]), ceil(await_fetch.most_seconds)) if match else 0
    if seconds and not fetch.ended:
        # What was committed is answered, whatever keeps its client from waiting: a preference is no more than that.
        with suppress(Problem, NotFound, StoreUnavailable), req.context.sender.wait_slots.acquire(req.context.client):
            fetch = await_fetch(fetch.id, seconds)
            resp.set_header("Preference-Applied", f"wait={seconds}")
    return fetch
