"""Positions in Postgres' write-ahead log, which grow with everything that is written: how far a server is, and what has been shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Protocol

from domain.errors import InvalidInput

#: Execution option of a Postgres engine: notes the position of its server after each transaction.
POSITIONS = "lanner_positions"
#: Whether the server is a standby, and its position as a number: what it has replayed, or, on a primary, written.
STANDING = (
    "pg_is_in_recovery(), pg_wal_lsn_diff("
    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::bigint"
)
_ALSO = f";SELECT {STANDING}".encode()
_TOKEN = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")
_unnoted: ContextVar[bool] = ContextVar("unnoted", default=False)

Rows = list[tuple[Any, ...]]


def read_token(text: str) -> int:
    """Return a position as Postgres writes it, such as ``16/B374D848``; raises InvalidInput."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise InvalidInput("It is no token of this service.", hint="Send it as an answer had it, or leave it out.")
    return int(match[1], 16) << 32 | int(match[2], 16)


def write_token(position: int) -> str:
    """Return a position as Postgres writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


class Numbers(Protocol):
    """Whole numbers that several processes share."""

    def __getitem__(self, place: int) -> int: ...

    def change(self, place: int, change: Callable[[int], int]) -> None:
        """Replace a number by what becomes of it, while no other process does."""
        ...


class NewestPosition:
    """
    The newest position of which clients have been shown anything: what they see next must not be older.

    What the primary has shown is shared with the other processes of the API; what replicas have shown is of this process alone.

    Args:
        shared: numbers of which the first is the newest position that the primary has shown.

    """

    def __init__(self, shared: Numbers) -> None:
        self._shared, self._own, self._lock = shared, 0, Lock()

    @property
    def value(self) -> int:
        """The position; 0 before anything was shown."""
        return max(self._own, self._shared[0])

    def shown_by_replica(self, position: int) -> None:
        """Note what a replica has shown."""
        if position > self._own:
            with self._lock:
                self._own = max(self._own, position)

    def shown_by_primary(self, position: int, before: int) -> None:
        """
        Note what the primary has shown.

        Args:
            before: the value before the primary was asked. A primary behind it has taken over from one that was lost, with what that one
                had sent to nobody.

        """
        if position > self._shared[0]:
            self._shared.change(0, lambda newest: max(newest, position))
        elif position < before:
            self._shared.change(0, lambda newest: position if newest <= before else newest)
            with self._lock:
                self._own = position if self._own <= before else self._own


class Positions(Protocol):
    """Notes how far a server is whenever a transaction ends: in the same message, so that it costs no round trip."""

    def before(self) -> int:
        """Return what to give to ``note``; called before the server is asked."""
        ...

    def note(self, connection: Any, before: int, standing: tuple[Any, ...]) -> None:
        """Note what a connection's server has said of its standing."""
        ...


def end_noting(positions: Positions | None, connection: Any, ending: bytes, execute: Callable[[bytes], Rows]) -> None:
    """End a transaction, and note the position: that of all that it has seen or written, or a later one."""
    if positions is None or _unnoted.get():
        execute(ending)
        return
    before = positions.before()
    [standing] = execute(ending + _ALSO)
    positions.note(connection, before, standing)


@contextmanager
def unnoted() -> Iterator[None]:
    """Note no positions: what is read is not shown to anybody."""
    token = _unnoted.set(True)
    try:
        yield
    finally:
        _unnoted.reset(token)
