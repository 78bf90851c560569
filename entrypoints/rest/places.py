"""Places: how much of what holds a thread or memory for long may go on, in all and for one client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Condition

from entrypoints.rest.errors import Problem


class Places:
    """
    A number of places, of which one client has a share at most; may be shared by threads.

    Args:
        total: how many there are.
        per_client: how many of them one client may have at once.
        detail: what a request is told that gets none.
        patience: for how many seconds it waits for one before that.

    """

    def __init__(self, total: int, per_client: int, detail: str, *, patience: float = 0.0) -> None:
        self._total, self._per_client = max(1, total), max(1, per_client)
        self._detail, self._patience = detail, patience
        self._taken: Counter[str] = Counter()
        self._used = 0
        self._changed = Condition()

    @contextmanager
    def taken(self, client: str, number: int = 1) -> Iterator[None]:
        """
        Take places and leave them at the end; whoever has none may take any number where nobody else has one.

        Raises:
            Problem: too few are free, or the client has its share.

        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._are_free(client, number), self._patience):
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", self._detail, retryable=True, headers={"Retry-After": "1"})
            self._taken[client] += number
            self._used += number
        try:
            yield
        finally:
            self._leave(client, number)

    def _are_free(self, client: str, number: int) -> bool:
        mine = self._taken.get(client, 0)
        return (not self._used or self._used + number <= self._total) and (not mine or mine + number <= self._per_client)

    def _leave(self, client: str, number: int) -> None:
        with self._changed:
            self._used -= number
            self._taken[client] -= number
            if not self._taken[client]:
                del self._taken[client]
            self._changed.notify_all()
