"""Probes: how the replica and the primary stand, asked every second by threads of their own, so that no request waits to find out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, NamedTuple

from psycopg2 import Error
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Engine

from adapters.sql.engine import CONNECTOR
from adapters.sql.positions import STANDING
from adapters.sql.postgres.replica import PATIENCE_SECONDS, Replica
from domain.ports.read_routing import ReplicaState, ReplicaStatus

_SECONDS, _ANSWER_SECONDS = 1.0, 2.0
_PAUSE_SECONDS = 0.01
#: A replica that lacks what the primary had so long ago is not read.
MOST_LAG_SECONDS = 5.0
_AGE = "extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8"
_ASK = " ".join(("SELECT", f"{STANDING}, {_AGE}"))
_REMEMBERED = 60
_DATABASE = "SELECT system_identifier, current_database() FROM pg_control_system()"


class Standing(NamedTuple):
    """
    How a server stands.

    Attributes:
        position: None if it does not know.
        age: seconds since the commit that a standby has replayed last; None if it has replayed none.
        database: what a primary and its replicas have in common; None where the role may not know.

    """

    is_standby: bool
    position: int | None
    age: float | None
    database: tuple[int, str] | None


class Probe:
    """
    Asks a server how it stands, over a connection of its own.

    Args:
        tell: is told the answer, or None and the reason.

    """

    def __init__(self, engine: Engine, tell: Callable[[Standing | None, str], None]) -> None:
        self._engine, self._tell = engine, tell
        self._connection: Any = None
        self._database: tuple[int, str] | None = None
        self._over = Event()

    def start(self, name: str) -> None:
        """Ask at once, and then every second."""
        Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()

    def ask(self) -> Standing:
        """Return how the server stands; raises the driver's errors."""
        try:
            if self._connection is None:
                self._connect()
            with self._connection.cursor() as cursor:
                cursor.execute(_ASK)
                is_standby, position, age = cursor.fetchone()
                return Standing(is_standby, position, age, self._database)
        except Error:
            self._close()
            raise

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                standing, reason = self.ask(), ""
            except Error as error:
                standing, reason = None, str(error).partition("\n")[0]
            self._tell(standing, reason)
            self._over.wait(_SECONDS)
        self._close()

    def _connect(self) -> None:
        self._connection = self._engine.get_execution_options()[CONNECTOR]()
        self._connection.limit = _ANSWER_SECONDS
        self._database = None
        with suppress(InsufficientPrivilege), self._connection.cursor() as cursor:
            cursor.execute(_DATABASE)
            self._database = cursor.fetchone()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Probes:
    """Keeps the state of a replica up to date."""

    def __init__(self, replica: Replica, primary: Engine) -> None:
        self._replica = replica
        self._of_replica, self._of_primary = Probe(replica.engine, self._judge), Probe(primary, self._note_primary)
        self._standing: Standing | None = None
        self._primary: Standing | None = None
        #: When the primary had come how far.
        self._written = deque[tuple[float, int]](maxlen=_REMEMBERED)
        self.primary_reachable: bool | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._of_primary.start("primary-probe")
        self._of_replica.start("replica-probe")

    def stop(self) -> None:
        """Ask no more."""
        self._of_primary.stop()
        self._of_replica.stop()

    def status(self) -> ReplicaStatus:
        """Return the last answers."""
        primary, standing, lag = self._primary, self._standing, None
        if primary and standing and primary.position is not None and standing.position is not None:
            lag = max(0, primary.position - standing.position)
        return ReplicaStatus(
            state=self._replica.state,
            primary_reachable=self.primary_reachable,
            lag_bytes=lag,
            lag_seconds=lag if not lag or standing is None else standing.age,
            fallbacks=self._replica.fallbacks,
        )

    def _note_primary(self, standing: Standing | None, _reason: str) -> None:
        self._primary, self.primary_reachable = standing, standing is not None
        if standing and standing.position is not None:
            if self._written and standing.position < self._written[-1][1]:
                # Another server has taken over, without what the last one had sent to nobody.
                self._written.clear()
            self._written.append((monotonic(), standing.position))

    def _judge(self, standing: Standing | None, reason: str) -> None:
        self._standing = standing
        if standing is None:
            self._replica.engine.get_execution_options()[CONNECTOR].end_waits(_ANSWER_SECONDS)
        state = ReplicaState.UNREACHABLE if standing is None else self._state_of(standing)
        if state is not ReplicaState.OK or monotonic() >= self._replica.cool_until:
            self._replica.enter(state, reason)

    def _state_of(self, standing: Standing) -> ReplicaState:
        if not standing.is_standby:
            return ReplicaState.PROMOTED
        if self._primary and None not in (standing.database, self._primary.database) and standing.database != self._primary.database:
            return ReplicaState.UNRELATED
        lags = any(position > (standing.position or 0) for at, position in [*self._written] if monotonic() - at > MOST_LAG_SECONDS)
        return ReplicaState.BEHIND if lags or not self._catches_up(standing) else ReplicaState.OK

    def _catches_up(self, standing: Standing) -> bool:
        """Return whether it has soon replayed what clients have been shown until now."""
        wanted, end = self._replica.newest.value, monotonic() + PATIENCE_SECONDS
        while (standing.position or 0) < wanted:
            if monotonic() > end:
                return False
            sleep(_PAUSE_SECONDS)
            try:
                self._standing = standing = self._of_replica.ask()
            except Error:
                return False
        return True
