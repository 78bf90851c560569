"""One query for all concurrent callers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")


class SingleFlight(Generic[K, A]):
    """
    Merges concurrent calls with the same key into one; an error is raised in all of them.

    A call never joins a query that has started before it: the result might lack what the caller has just written.
    Calls that arrive meanwhile wait for its end, and one of them queries for all of these.
    """

    def __init__(self, ask: Callable[[K], A]) -> None:
        self._ask = ask
        self._rounds: dict[K, _Round[A]] = {}
        self._lock = Lock()

    def __call__(self, key: K) -> A:
        """Return a result no older than this call; raises what the query raises."""
        with self._lock:
            last = self._rounds.get(key)
            mine: _Round[A] = last if last and not last.sent else _Round(sent=last is None)
            self._rounds[key] = mine
        if last:
            last.wait()
        if mine is not last:
            self._lead(key, mine)
        if mine.error:
            raise mine.error
        return mine.answer

    def _lead(self, key: K, mine: _Round[A]) -> None:
        with self._lock:
            mine.sent = True
        try:
            mine.answer = self._ask(key)
        except BaseException as error:  # noqa: BLE001 - raised by all its callers
            mine.error = error
        with self._lock:
            if self._rounds[key] is mine:
                del self._rounds[key]
        mine.ended.release()


class _Round(Generic[A]):
    answer: A

    def __init__(self, *, sent: bool) -> None:
        self.sent = sent
        self.error: BaseException | None = None
        self.ended = Lock()
        self.ended.acquire()

    def wait(self) -> None:
        with self.ended:
            pass
