"""A replica, and whether it may be read: what it has replayed is compared with what clients have been shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine

from adapters.sql.positions import POSITIONS, STANDING, NewestPosition, Numbers
from domain.errors import StoreUnavailable
from domain.ports.read_routing import ReplicaState

logger = logging.getLogger(__name__)

#: How long a read waits for a replica that lacks what it has to show, and how many wait for what only a client's token asks for.
PATIENCE_SECONDS = 0.1
_MOST_WAITING = 4
_FIRST_PAUSE = 0.001
#: How long a replica that could not serve is left alone.
COOLDOWN_SECONDS = 1.0
#: How long it is read after it was found good.
_GOOD_SECONDS = 10.0
_MOST_SERVERS = 100
_SERVER = "concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time())"
_ASK = f"SELECT {_SERVER}, {STANDING}"
#: The reason of a fallback that is no state of the replica: it refused something, or failed at a statement.
ASKED_AGAIN = "asked_again"
_REASONS = (*(state for state in ReplicaState if state is not ReplicaState.OK), ASKED_AGAIN)
#: Classes of states: the connection failed, or an operator ended it.
_LOST = ("08", "57P")


@dataclass(slots=True)
class Progress:
    """
    How far a server is.

    Attributes:
        position: what every later snapshot of it includes.

    """

    position: int


class Replica:
    """
    One or several servers at an address.

    Each connection knows the progress of its server, which it shares with the other connections to the same one. Behind a pooler nobody
    knows whose connection the next transaction has, so that it is asked each time.

    Args:
        counters: numbers of which those after the first count the fallbacks.

    """

    def __init__(self, engine: Engine, newest: NewestPosition, counters: Numbers) -> None:
        self.engine, self.newest, self._counters = engine, newest, counters
        self.state, self.cool_until, self._good_until = ReplicaState.STARTING, 0.0, 0.0
        self._servers: dict[str, Progress] = {}
        self._lock, self._waiting = Lock(), BoundedSemaphore(_MOST_WAITING)
        self._lost = engine.dialect.loaded_dbapi.Error
        engine.update_execution_options(**{POSITIONS: self})

    @property
    def usable(self) -> bool:
        """Whether reads go there."""
        return self.state is ReplicaState.OK and monotonic() < self._good_until

    def enter(self, state: ReplicaState, reason: str = "") -> None:
        """Change the state; one in which it cannot be read lasts for a second at least."""
        with self._lock:
            changed, self.state = state is not self.state, state
            if state is ReplicaState.OK:
                self._good_until = monotonic() + _GOOD_SECONDS
            else:
                self.cool_until = monotonic() + COOLDOWN_SECONDS
        if changed and state is ReplicaState.OK:
            logger.info("replica is read")
        elif changed:
            logger.warning("replica is not read", extra={"state": state.value, "reason": reason})

    def count(self, reason: str) -> None:
        """Count a read that went to the primary in place of the replica."""
        # It may have come back meanwhile.
        place = _REASONS.index(ASKED_AGAIN if reason == ReplicaState.OK else reason)
        self._counters.change(1 + place, lambda count: count + 1)

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """The counts by reason."""
        return {str(reason): self._counters[1 + place] for place, reason in enumerate(_REASONS)}

    def has_reached(self, cursor: Any, required: int) -> bool:
        """
        Return whether every later snapshot of a connection includes a position, after a brief wait for that; raises the driver's errors.

        Behind a pooler the server is held by a transaction, which the next statement has to end.
        """
        progress: Progress | None = cursor.connection.progress
        if progress and progress.position >= required:
            return True
        pooled = cursor.connection.backend is None
        cursor.execute(f"BEGIN READ ONLY;{_ASK}" if pooled else _ASK)
        if self._reached(cursor) >= required or self._comes_to(cursor, required):
            return True
        if pooled:
            cursor.execute("ROLLBACK")
        return False

    def _comes_to(self, cursor: Any, required: int) -> bool:
        if required <= self.newest.value:
            reached = self._wait(cursor, required)
            if not reached and self.usable:
                self.enter(ReplicaState.BEHIND)
            return reached
        # A client can make up its token.
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._wait(cursor, required)
        finally:
            self._waiting.release()

    def _wait(self, cursor: Any, required: int) -> bool:
        end, pause = monotonic() + PATIENCE_SECONDS, _FIRST_PAUSE
        while self.usable and monotonic() < end:
            sleep(pause)
            pause = min(2 * pause, PATIENCE_SECONDS / 4)
            cursor.execute(_ASK)
            if self._reached(cursor) >= required:
                return True
        return False

    def _reached(self, cursor: Any) -> int:
        server, is_standby, position = cursor.fetchone()
        if not is_standby:
            self.enter(ReplicaState.PROMOTED)
            return -1
        if cursor.connection.backend is not None:
            self._join(cursor.connection, server, position)
        return int(position)

    def _join(self, connection: Any, server: str, position: int) -> None:
        with self._lock:
            known = self._servers.get(server)
            if known is None or (connection.progress is None and position < known.position):
                # A server that recovers from a crash may be behind where it was.
                if len(self._servers) >= _MOST_SERVERS:
                    self._servers.clear()
                known = self._servers[server] = Progress(position)
        connection.progress = known
        known.position = max(known.position, position)

    def before(self) -> int:
        """Return nothing of interest: a replica is never ahead of its primary."""
        return 0

    def note(self, connection: Any, _before: int, standing: tuple[Any, ...]) -> None:
        """Note what a transaction has shown."""
        is_standby, position = standing
        if not is_standby:
            self.enter(ReplicaState.PROMOTED)
        if connection.progress:
            connection.progress.position = max(connection.progress.position, position)
        self.newest.shown_by_replica(position)

    def note_failure(self, error: StoreUnavailable) -> None:
        """Leave the replica alone if what has failed is a connection, not a statement."""
        cause = getattr(error.__cause__, "orig", error.__cause__)
        if isinstance(cause, self._lost) and (cause.pgcode is None or cause.pgcode.startswith(_LOST)):
            self.enter(ReplicaState.UNREACHABLE, error.message)
