"""Places: how many requests may do what holds a thread for long, in all and for one client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Condition

from entrypoints.rest.http.errors import Problem


class SlotPool:
    """
    A number of places, of which one client has a share at most; may be shared by threads.

    Args:
        total: how many there are.
        per_client: how many of them one client may have at once.
        detail: what a request is told that gets none.
        patience: for how many seconds it waits for one before that.

    """

    def __init__(self, total: int, per_client: int, detail: str, *, max_wait: float = 0.0) -> None:
        self._total, self._per_client = max(1, total), max(1, per_client)
        self._detail, self._max_wait = detail, max_wait
        self._held: Counter[str] = Counter()
        self._used = 0
        self._changed = Condition()

    @contextmanager
    def acquire(self, client: str) -> Iterator[None]:
        """
        Take a place and leave it at the end.

        Raises:
            Problem: none is free, or the client has its share.

        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(client), self._max_wait):
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", self._detail, retryable=True, headers={"Retry-After": "1"})
            self._held[client] += 1
            self._used += 1
        try:
            yield
        finally:
            self._release(client)

    def _is_free(self, client: str) -> bool:
        return self._used < self._total and self._held.get(client, 0) < self._per_client

    def _release(self, client: str) -> None:
        with self._changed:
            self._used -= 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
            self._changed.notify_all()
