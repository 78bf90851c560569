"""Fetches run side by side, but one that a worker died with runs exclusively."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class IsolationLock:
    """
    A shared lock for ordinary fetches and an exclusive one for suspects, so that one that kills its process costs no other an attempt.

    Exclusive requests go first: if newcomers were let in before them, they might wait forever.
    """

    def __init__(self) -> None:
        self._inside = self._waiting = 0
        self._exclusive = False
        self._changed = Condition()

    @contextmanager
    def acquire(self, *, exclusive: bool) -> Iterator[None]:
        """Wait until this one may run, and count it among those that do."""
        with self._changed:
            self._waiting += exclusive
            self._changed.wait_for(lambda: not self._exclusive and not (self._inside if exclusive else self._waiting))
            self._waiting -= exclusive
            self._exclusive, self._inside = exclusive, self._inside + 1
        try:
            yield
        finally:
            with self._changed:
                self._exclusive, self._inside = False, self._inside - 1
                self._changed.notify_all()
