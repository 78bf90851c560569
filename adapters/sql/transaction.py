"""Transactions: statements with foreign errors translated, and the store's clock as an SQL expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from time import monotonic
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, CursorResult, Engine, Executable, Table, cast, func, literal, text
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from adapters.sql.deadlines import DEADLINE, OPENINGS, READING, StatementDeadline, is_over
from adapters.sql.engine import for_reading, for_writing, place
from adapters.sql.tables import UtcDateTime
from domain.errors import SchemaMismatch, StoreUnavailable

Clock = Callable[[], datetime]

_EXTRAPOLATED_SECONDS = 1.0


def utc_now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


@contextmanager
def wrap_driver_errors(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into the domain's."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailable("All connections to the database are in use.", hint="Try again in a moment.") from error
    except ProgrammingError as error:
        mapped = domain_error(engine, error.orig)
        if isinstance(mapped, SchemaMismatch):
            raise mapped from error
        raise
    except (OperationalError, InterfaceError) as error:
        raise domain_error(engine, error.orig) from error
    except DatabaseError as error:
        # SQLite says it in the most general class when a file is no database, or a damaged one.
        if type(error) is not DatabaseError:
            raise
        raise _unavailable(engine, error.orig, hint="Move the file away, or restore a backup into a new one.") from error


class ServerClock:
    """The database server's clock, carried on from where it was last read by this machine's, for a moment."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None

    def note(self, moment: datetime) -> None:
        """Note what it showed just now."""
        self._read = moment, monotonic()

    def time(self) -> datetime | None:
        """Return what it shows, if it was read a moment ago; never ahead of it by more than the two clocks drift meanwhile."""
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
        waiting: statements that go to Postgres together with the next one, or before the commit.
        server: told of the server's time whenever that is read.
        cursor: the driver's, on Postgres.
        opening: how it begins on Postgres; as long as that alone waits nothing was done.
        deadline: of each statement, on SQLite.

    """

    connection: Connection
    clock: Clock | None
    deferred: list[bytes] = field(default_factory=list)
    server: ServerClock = field(default_factory=ServerClock)
    cursor: Any = None
    opening: bytes = b""
    deadline: StatementDeadline | None = None

    @property
    def on_postgres(self) -> bool:
        """Return which of the two dialects this is."""
        return self.connection.dialect.name == "postgresql"

    def run(self, statement: Executable, values: dict[str, Any] | Sequence[dict[str, Any]] | None = None) -> CursorResult[*tuple[Any, ...]]:
        """Run a statement, once or for many sets of values."""
        self.flush()
        if self.deadline:
            self.deadline.begin()
        with wrap_driver_errors(self.connection.engine):
            return self.connection.execute(statement, values)

    def execute_raw(self, statement: bytes) -> list[tuple[Any, ...]]:
        """Send a statement to Postgres as it is, behind those that wait, and give its rows."""
        whole = b";".join([*self.deferred, statement])
        self.deferred.clear()
        return self._execute(whole)

    def _execute(self, statements: bytes) -> list[tuple[Any, ...]]:
        try:
            self.cursor.execute(statements)
            return self.cursor.fetchall() if self.cursor.description else []
        except self.connection.dialect.loaded_dbapi.Error as error:
            self._raise(error)

    def copy_in(self, table: Table, rows: bytes) -> None:
        """Add rows to a table of Postgres, all its columns as COPY reads them in binary."""
        self.flush()
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        try:
            self.cursor.copy_expert(f"COPY {self.qualified_name(table)} ({columns}) FROM STDIN (FORMAT binary)", BytesIO(rows), len(rows))
        except self.connection.dialect.loaded_dbapi.Error as error:
            self._raise(error)

    def _raise(self, error: Exception) -> NoReturn:
        mapped = map_driver_error(self.connection.engine, error)
        with suppress(DBAPIError):
            # So that SQLAlchemy sees a connection that is lost, and those beside it.
            self.connection.execute(text("SELECT 1"))
        raise mapped from error

    def commit(self, *, lasting: bool = True) -> None:
        """Make what was done last; on Postgres, what need not is not waited for to be on the disk."""
        if not self.on_postgres:
            with wrap_driver_errors(self.connection.engine):
                self.connection.commit()
        elif self.deferred != [self.opening]:
            self.execute_raw(b"COMMIT" if lasting else b"SET LOCAL synchronous_commit = off;COMMIT")

    def flush(self) -> None:
        """Send what waits."""
        if self.deferred:
            self.execute_raw(self.deferred.pop())

    def qualified_name(self, table: Table) -> str:
        """Return a table's name on Postgres, with the schema it lies in."""
        schema = self.connection.engine.get_execution_options()["schema_translate_map"][None]
        return f'"{schema}".{table.name}'

    def copy_out(self, query: str) -> list[bytes]:
        """
        Run a query on Postgres and give the messages in which COPY sends its rows in binary.

        Each is one row, the first behind COPY's header, and the last is its trailer.
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
        """Return the present as an expression."""
        return func.clock_timestamp(type_=UtcDateTime) if self.clock is None else literal(self.clock(), UtcDateTime)

    def later(self, seconds: float) -> ColumnElement[Any]:
        """Return the moment so many seconds from now as an expression."""
        if self.clock is None:
            return self.now() + cast(timedelta(seconds=seconds), INTERVAL)
        return literal(self.clock() + timedelta(seconds=seconds), UtcDateTime)

    def time(self) -> datetime:
        """Ask the clock."""
        if self.clock:
            return self.clock()
        # A transaction that has read nothing yet need not begin for this, nor end if nothing follows.
        nothing_read = self.deferred == [self.opening] and self.opening.startswith(READING)
        asked = self._execute if nothing_read else self.execute_raw
        moment: datetime = asked(b"SELECT clock_timestamp()")[0][0].astimezone(UTC)
        self.server.note(moment)
        return moment

    def recent_time(self) -> datetime:
        """Return the time without asking the server, if it was asked a moment ago."""
        return (None if self.clock else self.server.time()) or self.time()


@contextmanager
def open_transaction(engine: Engine, clock: Clock | None, server: ServerClock, *, writes: bool) -> Iterator[Transaction]:
    """Open a transaction that is undone on leaving unless it was committed."""
    if engine.dialect.name == "postgresql":
        with wrap_driver_errors(engine), engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            opening = engine.get_execution_options()[OPENINGS][writes]
            try:
                yield Transaction(connection, clock, [opening], server, driver.cursor(), opening)
            finally:
                _roll_back(connection, driver)
    else:
        with wrap_driver_errors(engine), (for_writing if writes else for_reading)(engine) as connection:
            connection.begin()
            deadline: StatementDeadline | None = connection.info.get(DEADLINE)
            try:
                yield Transaction(connection, clock, deadline=deadline)
            finally:
                if deadline:
                    deadline.lift()


def _roll_back(connection: Connection, driver: Any) -> None:
    if connection.invalidated:
        return
    try:
        if driver.get_transaction_status() != connection.dialect.loaded_dbapi.extensions.TRANSACTION_STATUS_IDLE:
            with driver.cursor() as cursor:
                cursor.execute("ROLLBACK")
    except connection.dialect.loaded_dbapi.Error:
        connection.invalidate()


class _CopyMessages(list[bytes]):
    """A file for the driver to write messages to, kept apart: to join large ones would take as long as to fetch them."""

    write = list[bytes].append


def map_driver_error(engine: Engine, error: Exception) -> SchemaMismatch | StoreUnavailable:
    """Say in the domain's words what the driver itself says; raises it again where not the database but the statement is at fault."""
    mapped, driver = domain_error(engine, error), engine.dialect.loaded_dbapi
    # The most general class is what SQLite raises for a file that is no database, or a damaged one.
    is_its_own = isinstance(error, (driver.OperationalError, driver.InterfaceError)) or type(error) is driver.DatabaseError
    if not is_its_own and not isinstance(mapped, SchemaMismatch):
        raise error
    return mapped


def domain_error(engine: Engine, error: BaseException | None) -> SchemaMismatch | StoreUnavailable:
    """Say in the domain's words what the driver says."""
    if getattr(error, "pgcode", None) in ("42P01", "3F000") or "no such table" in str(error):
        return SchemaMismatch(f"The database {place(engine)} lacks lanner's tables.")
    if is_over(error):
        return StoreUnavailable(f"The database {place(engine)} did not answer a statement in time.", hint="Try again in a moment.")
    return _unavailable(engine, error)


def _unavailable(engine: Engine, error: BaseException | None, *, hint: str = "") -> StoreUnavailable:
    first_line = str(error).strip().partition("\n")[0]
    return StoreUnavailable(f"The database {place(engine)} cannot be used: {first_line.rstrip('.')}.", hint=hint)
