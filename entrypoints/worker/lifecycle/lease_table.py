"""The lease of each pool process, so that it can be ended as soon as the process exits, for whatever reason."""

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
    """Memory shared with processes forked later: a slot for each one's current fetch and lease."""

    def __init__(self, processes: int) -> None:
        self._slots = mmap(-1, _BYTES * processes)

    def record(self, process: int, fetch: Fetch | None, lease: Lease | None) -> None:
        """Store what the process with this index in the pool runs now."""
        held = fetch.id.bytes + lease.token.bytes if fetch and lease else bytes(_BYTES)
        self._slots[process * _BYTES : (process + 1) * _BYTES] = held

    def take(self, process: int) -> bytes | None:
        """Return the fetch and lease of a process that has exited, 32 bytes, and clear its slot; None if it held none."""
        held = self._slots[process * _BYTES : (process + 1) * _BYTES]
        self.record(process, None, None)
        return held if any(held) else None


def expire_leases(take: Connection, end: Callable[[UUID, UUID], object]) -> None:
    """Call ``end`` with fetch id and lease token of each message from ``LeaseTable.take``, until the connection is closed."""
    while True:
        try:
            held = take.recv_bytes()
        except EOFError:
            return
        try:
            end(UUID(bytes=held[:16]), UUID(bytes=held[16:]))
        except Exception as error:  # noqa: BLE001 - this lease expires by itself; the next ones must still be ended
            logger.warning("lease not expired", extra={"reason": type(error).__name__})
