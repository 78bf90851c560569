"""The hits of recent searches, kept in this process."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from domain.errors import ThrottledLocally
from domain.searching import SearchHit, SearchKind

_SECONDS = {SearchKind.QUERY: 300.0, SearchKind.LIST: 3600.0}

#: Provider, its key's id, and what was searched for.
Key = tuple[str, str, str]


class SearchCache:
    """
    Keeps hits for five minutes, and whole lists for an hour, the latest used ones; thread-safe.

    Args:
        entries, capacity: the most searches, and about how many bytes of hits.
        wait_seconds: how long a search waits for another one of the same provider.
        seconds: a monotonic clock.

    """

    def __init__(
        self,
        *,
        entries: int = 1000,
        capacity: int = 32 * 1024**2,
        wait_seconds: float = 5.0,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries, self._capacity, self._wait_seconds, self._seconds = entries, capacity, wait_seconds, seconds
        self._found: OrderedDict[Key, tuple[Sequence[SearchHit], int, float]] = OrderedDict()
        self._size = 0
        self._lock = Lock()
        self._asking: defaultdict[str, Lock] = defaultdict(Lock)

    @property
    def size(self) -> int:
        """About how many bytes are kept."""
        return self._size

    def get(self, key: Key) -> Sequence[SearchHit] | None:
        """Return the hits of a search, or None if they are not kept, or too old."""
        with self._lock:
            if key not in self._found:
                return None
            hits, _, until = self._found[key]
            if self._seconds() >= until:
                self._remove(key)
                return None
            self._found.move_to_end(key)
            return hits

    def put(self, key: Key, hits: Sequence[SearchHit], kind: SearchKind | None) -> None:
        """Keep the hits of a search, unless they alone are larger than the cache."""
        size = 1000 + sum(hit.size for hit in hits)
        with self._lock:
            if key in self._found:
                self._remove(key)
            if size > self._capacity:
                return
            self._found[key] = (tuple(hits), size, self._seconds() + _SECONDS[kind or SearchKind.QUERY])
            self._size += size
            while len(self._found) > self._entries or self._size > self._capacity:
                self._remove(next(iter(self._found)))

    @contextmanager
    def one_at_a_time(self, provider: str) -> Iterator[None]:
        """
        Let one search of a provider run, so that the same one is not made twice.

        Raises:
            ThrottledLocally: another one takes too long.

        """
        with self._lock:
            lock = self._asking[provider]
        if not lock.acquire(timeout=self._wait_seconds):
            raise ThrottledLocally(f"Another search of {provider} is under way.", retry_after=1.0)
        try:
            yield
        finally:
            lock.release()

    def _remove(self, key: Key) -> None:
        self._size -= self._found.pop(key)[1]
