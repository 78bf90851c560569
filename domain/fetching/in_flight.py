"""The fetches in flight in this process, whose leases it releases when it shuts down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from domain.fetches import Fetch, FetchStatus, Lease


def _ignore(*_: object) -> None:
    """Do nothing, in place of a callback."""


class RunningFetches:
    """
    The running fetches of this process; thread-safe.

    Attributes:
        on_change: called with each fetch that starts, and with None when it ends; useful where one runs at a time.
        on_end: called with the provider of each fetch, the status in which it was left, and the seconds that it took.

    """

    def __init__(self) -> None:
        self.on_change: Callable[[Fetch | None, Lease | None], object] = _ignore
        self.on_end: Callable[[str, FetchStatus, float], object] = _ignore
        self._running: dict[Lease, Fetch] = {}
        self._released: set[Lease] = set()
        self._closed = False
        self._lock = Lock()

    @property
    def closed(self) -> bool:
        """Return whether no more may start."""
        return self._closed

    def close(self) -> None:
        """Let no more start."""
        self._closed = True

    def drain(self) -> list[tuple[Fetch, Lease]]:
        """Return the running fetches, whose leases are to be released."""
        with self._lock:
            self._released.update(self._running)
            return [(fetch, lease) for lease, fetch in self._running.items()]

    def was_released(self, lease: Lease) -> bool:
        """Return whether ``drain`` returned this lease, so that its fetch must not commit."""
        return lease in self._released

    @contextmanager
    def track(self, fetch: Fetch, lease: Lease) -> Iterator[None]:
        """Track a fetch as running."""
        with self._lock:
            self._running[lease] = fetch
        self.on_change(fetch, lease)
        try:
            yield
        finally:
            self.on_change(None, None)
            with self._lock:
                del self._running[lease]
