"""Transactions: run statements, map the driver's errors, and express the store's clock in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, CursorResult, Engine, Executable, Table, cast, func, literal, text
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from adapters.sql.deadlines import DEADLINE, OPENINGS, READING, StatementDeadline
from adapters.sql.driver_errors import StalePlans, map_driver_error, wrap_driver_errors
from adapters.sql.engine import for_reading, for_writing
from adapters.sql.positions import POSITIONS, Positions, end_noting
from adapters.sql.tables import UtcDateTime

Clock = Callable[[], datetime]

_EXTRAPOLATED_SECONDS = 1.0


def utc_now() -> datetime:
    """Return this machine's time in UTC."""
    return datetime.now(UTC)


class ServerClock:
    """The database server's clock, extrapolated from its last reading for up to a second."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None

    def note(self, moment: datetime) -> None:
        """Record a reading."""
        self._read = moment, monotonic()

    def time(self) -> datetime | None:
        """Return its time if it was read within the last second; never ahead of it by more than the clocks' drift since."""
        if self._read is None:
            return None
        moment, at = self._read
        passed = monotonic() - at
        return moment + timedelta(seconds=passed) if passed < _EXTRAPOLATED_SECONDS else None


@dataclass(frozen=True, slots=True)
class Transaction:
    """
    An open transaction.

    Attributes:
        clock: the host's, or None for the database server's own.
        deferred: statements to send to Postgres together with the next one, or with the commit.
        server: records readings of the server's clock.
        cursor: the driver's, on Postgres.
        opening: the BEGIN on Postgres; nothing was sent as long as only it is deferred.
        deadline: of each statement, on SQLite.
        positions: notes the server's at the end, where it has a replica or is one.

    """

    connection: Connection
    clock: Clock | None
    deferred: list[bytes] = field(default_factory=list)
    server: ServerClock = field(default_factory=ServerClock)
    cursor: Any = None
    opening: bytes = b""
    deadline: StatementDeadline | None = None
    positions: Positions | None = None

    @property
    def on_postgres(self) -> bool:
        """Whether this is Postgres rather than SQLite."""
        return self.connection.dialect.name == "postgresql"

    def run(self, statement: Executable, values: dict[str, Any] | Sequence[dict[str, Any]] | None = None) -> CursorResult[*tuple[Any, ...]]:
        """Execute a statement, once or for many sets of values."""
        self.flush()
        if self.deadline:
            self.deadline.begin()
        with wrap_driver_errors(self.connection.engine):
            return self.connection.execute(statement, values)

    def begin_anew(self) -> None:
        """Begin again with new plans, after the first statement has failed on Postgres."""
        self._execute(b"ROLLBACK")
        self._execute(b"DEALLOCATE ALL")
        self.cursor.connection.has_stale_plans = False
        self.deferred[:] = [self.opening]

    def execute_raw(self, statement: bytes) -> list[tuple[Any, ...]]:
        """Execute a statement through the Postgres driver, after the deferred ones, and return its rows."""
        whole = b";".join([*self.deferred, statement])
        self.deferred.clear()
        return self._execute(whole)

    def _execute(self, statements: bytes) -> list[tuple[Any, ...]]:
        try:
            return _fetched(self.cursor, statements)
        except self.connection.dialect.loaded_dbapi.Error as error:
            self._raise(error)

    def copy_in(self, table: Table, rows: bytes) -> None:
        """Insert rows into a Postgres table from COPY's binary format, with all its columns."""
        self.flush()
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        try:
            self.cursor.copy_expert(f"COPY {self.qualified_name(table)} ({columns}) FROM STDIN (FORMAT binary)", BytesIO(rows), len(rows))
        except self.connection.dialect.loaded_dbapi.Error as error:
            self._raise(error)

    def _raise(self, error: Exception) -> NoReturn:
        mapped = map_driver_error(self.connection.engine, error)
        if isinstance(mapped, StalePlans):
            self.cursor.connection.has_stale_plans = True
            raise mapped from error
        with suppress(DBAPIError):
            # Lets SQLAlchemy notice a lost connection and discard its pool.
            self.connection.execute(text("SELECT 1"))
        raise mapped from error

    def commit(self, *, lasting: bool = True) -> None:
        """Commit; if it need not be lasting, Postgres does not wait for the disk."""
        if not self.on_postgres:
            with wrap_driver_errors(self.connection.engine):
                self.connection.commit()
        elif self.deferred != [self.opening]:
            ending = b"COMMIT" if lasting else b"SET LOCAL synchronous_commit = off;COMMIT"
            end_noting(self.positions, self.cursor.connection, ending, self.execute_raw)

    def flush(self) -> None:
        """Send the deferred statements."""
        if self.deferred:
            self.execute_raw(self.deferred.pop())

    def qualified_name(self, table: Table) -> str:
        """Return a Postgres table's name with its schema."""
        schema = self.connection.engine.get_execution_options()["schema_translate_map"][None]
        return f'"{schema}".{table.name}'

    def copy_out(self, query: str) -> list[bytes]:
        """
        Run a query on Postgres and return the messages of its binary COPY.

        Each is one row, the first after COPY's header; the last is the trailer.
        """
        whole = b";".join([*self.deferred, f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()])
        self.deferred.clear()
        messages = _CopyMessages()
        try:
            self.cursor.copy_expert(whole, messages)
        except self.connection.dialect.loaded_dbapi.Error as error:
            self._raise(error)
        return messages

    def now(self) -> ColumnElement[Any]:
        """Return the current time as an SQL expression."""
        return func.clock_timestamp(type_=UtcDateTime) if self.clock is None else literal(self.clock(), UtcDateTime)

    def later(self, seconds: float) -> ColumnElement[Any]:
        """Return the time so many seconds from now as an SQL expression."""
        if self.clock is None:
            return self.now() + cast(timedelta(seconds=seconds), INTERVAL)
        return literal(self.clock() + timedelta(seconds=seconds), UtcDateTime)

    def time(self) -> datetime:
        """Return the current time by the store's clock."""
        if self.clock:
            return self.clock()
        # Reading the time does not start a transaction that has read nothing else yet.
        nothing_read = self.deferred == [self.opening] and self.opening.startswith(READING)
        asked = self._execute if nothing_read else self.execute_raw
        moment: datetime = asked(b"SELECT clock_timestamp()")[0][0].astimezone(UTC)
        self.server.note(moment)
        return moment

    def recent_time(self) -> datetime:
        """Return the time without a query if the server's clock was read within the last second."""
        return (None if self.clock else self.server.time()) or self.time()


@contextmanager
def open_transaction(engine: Engine, clock: Clock | None, server: ServerClock, *, writes: bool) -> Iterator[Transaction]:
    """Open a transaction that is rolled back on leaving unless it was committed."""
    if engine.dialect.name == "postgresql":
        with wrap_driver_errors(engine), engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            options, cursor = engine.get_execution_options(), driver.cursor()
            opening, positions = options[OPENINGS][writes], options.get(POSITIONS)
            try:
                yield Transaction(connection, clock, [opening], server, cursor, opening, positions=positions)
            finally:
                _roll_back(connection, cursor, positions)
    else:
        with wrap_driver_errors(engine), (for_writing if writes else for_reading)(engine) as connection:
            connection.begin()
            deadline: StatementDeadline | None = connection.info.get(DEADLINE)
            try:
                yield Transaction(connection, clock, deadline=deadline)
            finally:
                if deadline:
                    deadline.lift()


def _roll_back(connection: Connection, cursor: Any, positions: Positions | None) -> None:
    if connection.invalidated:
        return
    driver = cursor.connection
    try:
        if driver.get_transaction_status() != connection.dialect.loaded_dbapi.extensions.TRANSACTION_STATUS_IDLE:
            end_noting(positions, driver, b"ROLLBACK", partial(_fetched, cursor))
    except connection.dialect.loaded_dbapi.Error:
        connection.invalidate()
        return
    if driver.has_stale_plans:
        # Those of the other connections are stale as well.
        connection.invalidate()
        connection.engine.dispose(close=False)


def _fetched(cursor: Any, statements: bytes) -> list[tuple[Any, ...]]:
    cursor.execute(statements)
    return cursor.fetchall() if cursor.description else []


class _CopyMessages(list[bytes]):
    """A file that keeps the driver's messages apart: joining large ones would take as long as fetching them."""

    write = list[bytes].append
