"""Encoded answers in memory: a vintage never changes, so what was written of it once can be sent again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

#: What an answer takes besides its texts: its objects, its key and its place (some 450 bytes by tracemalloc).
_OVERHEAD = 512


@dataclass(frozen=True, slots=True)
class EncodedResponse:
    """An answer's bytes, and the headers that belong to them."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, small ones' many objects counted too."""
        return _OVERHEAD + len(self.body) + sum(len(name) + len(value) for name, value in self.headers.items())


class ResponseCache:
    """
    Keeps the answers used last, up to a number of bytes; may be shared by threads.

    Args:
        capacity: bytes of memory; an answer larger than a quarter of it is not kept.

    """

    def __init__(self, capacity: int) -> None:
        self._capacity, self._size = capacity, 0
        self._responses: OrderedDict[str, EncodedResponse] = OrderedDict()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._size

    def get(self, key: str) -> EncodedResponse | None:
        """Give an answer and note that it was used."""
        with self._lock:
            found = self._responses.get(key)
            if found:
                self._responses.move_to_end(key)
            return found

    def put(self, key: str, response: EncodedResponse) -> None:
        """Keep an answer; those not used for longest go."""
        if response.size > self._capacity // 4:
            return
        with self._lock:
            before = self._responses.pop(key, None)
            self._responses[key] = response
            self._size += response.size - (before.size if before else 0)
            while self._size > self._capacity:
                _, gone = self._responses.popitem(last=False)
                self._size -= gone.size
