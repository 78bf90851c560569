"""A cache of encoded responses in memory: a vintage never changes, so its bytes can be sent again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

#: What a response takes besides its texts: objects, key and cache entry (some 450 bytes by tracemalloc).
_OVERHEAD = 512


@dataclass(frozen=True, slots=True)
class EncodedResponse:
    """A response's bytes and the headers that belong to them."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes of memory, including the overhead of objects."""
        return _OVERHEAD + len(self.body) + sum(len(name) + len(value) for name, value in self.headers.items())


class ResponseCache:
    """
    A least-recently-used cache, limited in bytes; thread-safe.

    Args:
        capacity: bytes of memory; a response larger than a quarter of it is not cached.

    """

    def __init__(self, capacity: int) -> None:
        self._capacity, self._size = capacity, 0
        self._responses: OrderedDict[str, EncodedResponse] = OrderedDict()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes that are cached now."""
        return self._size

    def get(self, key: str) -> EncodedResponse | None:
        with self._lock:
            found = self._responses.get(key)
            if found:
                self._responses.move_to_end(key)
            return found

    def put(self, key: str, response: EncodedResponse) -> None:
        if response.size > self._capacity // 4:
            return
        with self._lock:
            before = self._responses.pop(key, None)
            self._responses[key] = response
            self._size += response.size - (before.size if before else 0)
            while self._size > self._capacity:
                _, evicted = self._responses.popitem(last=False)
                self._size -= evicted.size
