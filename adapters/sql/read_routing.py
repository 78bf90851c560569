"""Where the reads of each request go: to a replica, or to the primary."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.positions import POSITIONS, STANDING, NewestPosition, read_token, write_token
from adapters.sql.postgres.probes import Probes
from adapters.sql.postgres.replica import ASKED_AGAIN, Replica
from adapters.sql.postgres.shared_numbers import SharedNumbers
from domain.errors import StoreUnavailable
from domain.ports.read_routing import ReplicaState, ReplicaStatus


@dataclass(slots=True)
class RequestReads:
    """
    The reads of one request.

    Attributes:
        required: the position that they have to show at least.
        at_replica: where they go; None before the first.
        repeatable: whether the request can begin again.

    """

    required: int = 0
    at_replica: bool | None = None
    repeatable: bool = False


class ReplicaLeft(StoreUnavailable):
    """The replica that this request has read cannot be read any more."""


_reads: ContextVar[RequestReads | None] = ContextVar("reads", default=None)


class SqlReadRouting:
    """
    Routes the reads of requests.

    Args:
        primary: the engine of the database that is written.
        replica: the engine of the one that is read.
        file: what the processes of the API share.

    """

    def __init__(self, primary: Engine, replica: Engine, file: Path) -> None:
        numbers = SharedNumbers(file)
        self.newest = NewestPosition(numbers)
        self.replica = Replica(replica, self.newest, numbers)
        self.probes = Probes(self.replica, primary)
        primary.update_execution_options(**{POSITIONS: _OfPrimary(self.newest)})
        self.probes.start()

    def begin(self, token: str, *, at_primary: bool) -> None:
        reads = RequestReads(at_replica=False if at_primary else None, repeatable=not at_primary)
        _reads.set(reads)
        reads.required = read_token(token) if token else 0

    def begin_again(self) -> bool:
        reads = _reads.get()
        if reads is None or not reads.repeatable:
            return False
        reads.repeatable = False
        if not reads.at_replica:
            return False
        reads.at_replica = False
        self.replica.count(ASKED_AGAIN if self.replica.usable else self.replica.state)
        return True

    def end(self) -> str:
        reads = _reads.get()
        if reads is None or reads.at_replica is None:
            return ""
        reads.repeatable = False
        newest = self.newest.value
        return write_token(newest) if newest else ""

    def status(self) -> ReplicaStatus:
        return self.probes.status()

    def goes_to_replica(self) -> bool:
        """Return whether this thread's next read goes to the replica; raises as ``leave_replica``."""
        reads = _reads.get()
        if reads and reads.at_replica is False:
            return False
        if self.replica.usable:
            return True
        self.leave_replica()
        return False

    def required(self) -> int:
        """Return the position that this thread's next read has to show at least."""
        reads = _reads.get()
        return max(self.newest.value, reads.required if reads else 0)

    def primary_is_away(self) -> bool:
        """Return whether the primary cannot be reached, and the replica can be read in its place."""
        return self.probes.primary_reachable is False and self.replica.usable

    def note_read(self) -> None:
        """Note that this thread's request is read at the replica."""
        reads = _reads.get()
        if reads:
            reads.at_replica = True

    def leave_replica(self, reason: str = ReplicaState.BEHIND) -> None:
        """
        Have this thread's next read go to the primary.

        Args:
            reason: unless it is the replica's state.

        Raises:
            ReplicaLeft: the request has to begin again for that.

        """
        reads = _reads.get()
        if reads and reads.at_replica and reads.repeatable:
            raise ReplicaLeft
        self.replica.count(reason if self.replica.usable else self.replica.state)
        if reads:
            reads.at_replica = False


def current_token(primary: Engine) -> str:
    """Return the token of all that is stored by now."""
    with wrap_driver_errors(primary), primary.connect() as connection:
        return write_token(connection.exec_driver_sql(f"SELECT {STANDING}").one()[1])


@dataclass(frozen=True, slots=True)
class _OfPrimary:
    """Notes what the primary has shown."""

    newest: NewestPosition

    def before(self) -> int:
        return self.newest.value

    def note(self, _connection: Any, before: int, standing: tuple[Any, ...]) -> None:
        self.newest.shown_by_primary(standing[1], before)
