"""One question for all who ask it at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")


class SingleFlight(Generic[K, A]):
    """
    Asks once for all who ask the same before the question is sent; an error is everybody's, too.

    Nobody is given the answer to a question that was on its way when he came: it may lack what he has just written.
    So those who come meanwhile wait for its end, and have one of them ask again.
    """

    def __init__(self, ask: Callable[[K], A]) -> None:
        self._ask = ask
        self._rounds: dict[K, _Round[A]] = {}
        self._lock = Lock()

    def __call__(self, key: K) -> A:
        """Return an answer that is no older than this call; raises what asking raises."""
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
        except BaseException as error:  # noqa: BLE001 - raised by all of the round
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
