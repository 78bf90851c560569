"""Slots: a limit on how many requests may hold a thread for long, in all and for each client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Condition

from entrypoints.rest.http.errors import Problem


class SlotPool:
    """
    A semaphore with a share for each client; thread-safe.

    Args:
        total: the number of slots.
        per_client: how many of them one client may hold at once.
        detail: of the problem that a request gets when no slot is free.
        max_wait: seconds that a request waits for a slot before that.

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
        Hold a slot within a ``with`` block.

        Raises:
            Problem: none is free (503, ``busy``), or the client holds its share.

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

    def stream(self, parts: Iterable[bytes], client: str) -> Iterator[bytes]:
        """
        Return the parts, holding a slot until they are exhausted or the iterator is closed.

        Raises:
            Problem: none is free; raised here, before the first part is read.

        """
        stream = self._stream(parts, client)
        next(stream)  # acquires the slot; from here on the generator's end, however it comes, releases it
        return stream

    def _stream(self, parts: Iterable[bytes], client: str) -> Iterator[bytes]:
        with self.acquire(client):
            yield b""
            yield from filter(None, parts)

    def _is_free(self, client: str) -> bool:
        return self._used < self._total and self._held.get(client, 0) < self._per_client

    def _release(self, client: str) -> None:
        with self._changed:
            self._used -= 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
            self._changed.notify_all()
