"""What each process of the pool holds: its lease ends with it, however it ends, instead of in its own time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from mmap import mmap
from multiprocessing.connection import Connection
from uuid import UUID

from domain.fetches import Fetch, Lease

logger = logging.getLogger(__name__)

_BYTES = 32


class LeaseTable:
    """Memory that processes forked later share: in each one's place the fetch that it does, and its lease."""

    def __init__(self, processes: int) -> None:
        self._places = mmap(-1, _BYTES * processes)

    def note(self, process: int, fetch: Fetch | None, lease: Lease | None) -> None:
        """Be told by a process, known by its number in the pool, what it does now."""
        held = fetch.id.bytes + lease.token.bytes if fetch and lease else bytes(_BYTES)
        self._places[process * _BYTES : (process + 1) * _BYTES] = held

    def left(self, process: int) -> bytes | None:
        """Give what a process held that is dead."""
        held = self._places[process * _BYTES : (process + 1) * _BYTES]
        self.note(process, None, None)
        return held if any(held) else None


def expire_leases(left: Connection, end: Callable[[UUID, UUID], object]) -> None:
    """End the leases that dead processes have left, as they are told of, until nobody is there to tell."""
    while True:
        try:
            held = left.recv_bytes()
        except EOFError:
            return
        try:
            end(UUID(bytes=held[:16]), UUID(bytes=held[16:]))
        except Exception as error:  # noqa: BLE001 - this one ends by itself, and nobody else ends the next
            logger.warning("lease not ended", extra={"reason": type(error).__name__})
