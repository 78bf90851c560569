"""Encoded answers in memory: a vintage never changes, so what was written of it once can be sent again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

#: What an answer takes besides its texts: its objects, its key and its place (some 450 bytes by tracemalloc).
_OVERHEAD = 512


@dataclass(frozen=True, slots=True)
class Encoded:
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
        self._capacity, self._held = capacity, 0
        self._answers: OrderedDict[str, Encoded] = OrderedDict()
        self._lock = Lock()

    @property
    def held(self) -> int:
        """Bytes that are kept now."""
        return self._held

    def get(self, key: str) -> Encoded | None:
        """Give an answer and note that it was used."""
        with self._lock:
            found = self._answers.get(key)
            if found:
                self._answers.move_to_end(key)
            return found

    def put(self, key: str, answer: Encoded) -> None:
        """Keep an answer; those not used for longest go."""
        if answer.size > self._capacity // 4:
            return
        with self._lock:
            before = self._answers.pop(key, None)
            self._answers[key] = answer
            self._held += answer.size - (before.size if before else 0)
            while self._held > self._capacity:
                _, gone = self._answers.popitem(last=False)
                self._held -= gone.size
