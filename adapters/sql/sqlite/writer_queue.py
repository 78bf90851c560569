"""A fair queue of writers: SQLite admits one writer at a time, and waiting ones in random order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, get_ident

from domain.errors import StoreUnavailable


class WriterQueue:
    """
    A first-in, first-out queue of the writing threads of one process.

    Attributes:
        seconds: the maximum wait.
        queue: the current writer and the waiting ones.

    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.queue: deque[Event] = deque()
        self._lock = Lock()
        self._thread: int | None = None

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """
        Wait for the turn to write and keep it until the end of the block.

        Raises:
            StoreUnavailable: it did not come in time, or this thread has it already.

        """
        if self._thread == get_ident():
            raise StoreUnavailable("This thread is writing already.", hint="End its unit of work before it begins another.")
        mine = Event()
        with self._lock:
            self.queue.append(mine)
            self._call_first()
        try:
            if not mine.wait(self.seconds):
                raise StoreUnavailable(f"Other writers kept the database busy for {self.seconds:g} s.", hint="Try again in a moment.")
            self._thread = get_ident()
            yield
        finally:
            with self._lock:
                if self.queue[0] is mine:
                    self._thread = None
                self.queue.remove(mine)
                self._call_first()

    def _call_first(self) -> None:
        if self.queue:
            self.queue[0].set()
