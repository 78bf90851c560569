"""The gate: lets fetches run side by side, but one that a worker died with runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """
    Keeps a suspect's neighbours out, so that one that kills its process spends no attempt of theirs.

    Whoever is to run alone goes first: were newcomers let in before it, it might wait for ever.
    """

    def __init__(self) -> None:
        self._inside = self._waiting = 0
        self._alone = False
        self._changed = Condition()

    @contextmanager
    def passing(self, *, alone: bool) -> Iterator[None]:
        """Wait until this one may run, and count it among those that do."""
        with self._changed:
            self._waiting += alone
            self._changed.wait_for(lambda: not self._alone and not (self._inside if alone else self._waiting))
            self._waiting -= alone
            self._alone, self._inside = alone, self._inside + 1
        try:
            yield
        finally:
            with self._changed:
                self._alone, self._inside = False, self._inside - 1
                self._changed.notify_all()
