"""What this process holds: the leases that it must give back when it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from domain.fetches import Fetch, Lease


def _ignore(fetch: Fetch | None, lease: Lease | None) -> None:
    """Be told what runs, and do nothing."""


class RunningFetches:
    """
    The fetches that run in this process; any thread may use it.

    Attributes:
        on_change: is called of each fetch that begins, and by None that it has ended; of use where there is one at a time.

    """

    def __init__(self) -> None:
        self.on_change: Callable[[Fetch | None, Lease | None], object] = _ignore
        self._running: dict[Lease, Fetch] = {}
        self._released: set[Lease] = set()
        self._closed = False
        self._lock = Lock()

    @property
    def closed(self) -> bool:
        """Return whether no more may be begun."""
        return self._closed

    def close(self) -> None:
        """Have no more begun."""
        self._closed = True

    def drain(self) -> list[tuple[Fetch, Lease]]:
        """Return what runs now, whose leases are to be released."""
        with self._lock:
            self._released.update(self._running)
            return [(fetch, lease) for lease, fetch in self._running.items()]

    def was_released(self, lease: Lease) -> bool:
        """Return whether a lease is no longer for its fetch to end."""
        return lease in self._released

    @contextmanager
    def track(self, fetch: Fetch, lease: Lease) -> Iterator[None]:
        """Count a fetch among those that run."""
        with self._lock:
            self._running[lease] = fetch
        self.on_change(fetch, lease)
        try:
            yield
        finally:
            self.on_change(None, None)
            with self._lock:
                del self._running[lease]
