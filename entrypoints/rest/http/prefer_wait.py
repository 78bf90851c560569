"""``Prefer: wait=SECONDS`` (RFC 7240): respond when the fetch has ended instead of at once."""

from __future__ import annotations

import re
from contextlib import suppress
from math import ceil

import falcon

from domain.errors import NotFound, StoreUnavailable
from domain.fetches import Fetch
from domain.use_cases.await_fetch import AwaitFetch
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.slots import SlotPool

_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,6})\b", re.IGNORECASE)


class PreferWait:
    """Waits for a fetch's end where the client prefers that, holding a slot meanwhile."""

    def __init__(self, await_fetch: AwaitFetch, slots: SlotPool) -> None:
        self._await_fetch, self._slots = await_fetch, slots

    @staticmethod
    def is_asked(req: falcon.Request) -> bool:
        """Return whether the client prefers to wait."""
        return _WAIT.search(req.get_header("Prefer", default="")) is not None

    def __call__(self, req: falcon.Request, resp: falcon.Response, fetch: Fetch) -> Fetch:
        """Return a committed fetch as it is at its end or after the preferred number of seconds, whichever comes first."""
        match = _WAIT.search(req.get_header("Prefer", default=""))
        seconds = min(int(match[1]), ceil(self._await_fetch.most_seconds)) if match else 0
        if seconds and not fetch.ended:
            # The fetch is committed, so the request succeeds even where waiting fails: it is a preference only.
            with suppress(Problem, NotFound, StoreUnavailable), self._slots.acquire(req.context.client):
                fetch = self._await_fetch(fetch.id, seconds)
                resp.set_header("Preference-Applied", f"wait={seconds}")
        return fetch
