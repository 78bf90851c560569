"""Fetches run concurrently, but one whose last worker died runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class IsolationLock:
    """
    A shared lock for ordinary fetches and an exclusive one for suspects, so that one that kills its process costs no other an attempt.

    Exclusive requests go first: behind a stream of shared ones they might wait forever.
    """

    def __init__(self) -> None:
        self._running = self._waiting = 0
        self._exclusive = False
        self._changed = Condition()

    @contextmanager
    def acquire(self, *, exclusive: bool) -> Iterator[None]:
        """Wait for the lock, and hold it inside the ``with``."""
        with self._changed:
            self._waiting += exclusive
            self._changed.wait_for(lambda: not self._exclusive and not (self._running if exclusive else self._waiting))
            self._waiting -= exclusive
            self._exclusive, self._running = exclusive, self._running + 1
        try:
            yield
        finally:
            with self._changed:
                self._exclusive, self._running = False, self._running - 1
                self._changed.notify_all()
