"""Transactions: statements with foreign errors translated, and the store's clock as an SQL expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Engine, Executable, Table, cast, func, literal, select
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from adapters.sql.engine import place
from adapters.sql.tables import Moment
from domain.errors import SchemaMismatch, StoreUnavailable

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time of this machine, in UTC."""
    return datetime.now(UTC)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into the domain's."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailable("All connections to the database are in use.", hint="Try again in a moment.") from error
    except ProgrammingError as error:
        told = foreign_error(engine, error.orig)
        if isinstance(told, SchemaMismatch):
            raise told from error
        raise
    except (OperationalError, InterfaceError) as error:
        raise foreign_error(engine, error.orig) from error
    except DatabaseError as error:
        # SQLite says it in the most general class when a file is no database, or a damaged one.
        if type(error) is not DatabaseError:
            raise
        raise _unavailable(engine, error.orig, hint="Move the file away, or restore a backup into a new one.") from error


@dataclass(frozen=True, slots=True)
class Transaction:
    """
    An open transaction.

    Attributes:
        clock: the host's, or None for the database server's own.

    """

    connection: Connection
    clock: Clock | None

    @property
    def on_postgres(self) -> bool:
        """Tell which of the two dialects this is."""
        return self.connection.dialect.name == "postgresql"

    def run(self, statement: Executable, values: dict[str, Any] | Sequence[dict[str, Any]] | None = None) -> CursorResult[*tuple[Any, ...]]:
        """Run a statement, once or for many sets of values."""
        with translated(self.connection.engine):
            return self.connection.execute(statement, values)

    def named(self, table: Table) -> str:
        """Give a table's name on Postgres, with the schema it lies in."""
        schema = self.connection.engine.get_execution_options()["schema_translate_map"][None]
        return f'"{schema}".{table.name}'

    def copied(self, query: str) -> list[bytes]:
        """
        Run a query on Postgres and give the messages in which COPY sends its rows in binary.

        Each is one row, the first behind COPY's header, and the last is its trailer.
        """
        messages = _Messages()
        driver: Any = self.connection.connection
        try:
            with driver.cursor() as cursor:
                cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", messages)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise foreign_error(self.connection.engine, error) from error
        return messages

    def now(self) -> ColumnElement[Any]:
        """Give the present as an expression."""
        return func.clock_timestamp(type_=Moment) if self.clock is None else literal(self.clock(), Moment)

    def later(self, seconds: float) -> ColumnElement[Any]:
        """Give the moment so many seconds from now as an expression."""
        if self.clock is None:
            return self.now() + cast(timedelta(seconds=seconds), INTERVAL)
        return literal(self.clock() + timedelta(seconds=seconds), Moment)

    def time(self) -> datetime:
        """Ask the clock."""
        moment: datetime = self.run(select(self.now())).scalar_one() if self.clock is None else self.clock()
        return moment


class _Messages(list[bytes]):
    """A file for the driver to write messages to, kept apart: to join large ones would take as long as to fetch them."""

    write = list[bytes].append


def foreign_error(engine: Engine, error: BaseException | None) -> SchemaMismatch | StoreUnavailable:
    """Say in the domain's words what the driver says."""
    if getattr(error, "pgcode", None) in ("42P01", "3F000") or "no such table" in str(error):
        return SchemaMismatch(f"The database {place(engine)} lacks lanner's tables.")
    return _unavailable(engine, error)


def _unavailable(engine: Engine, error: BaseException | None, *, hint: str = "") -> StoreUnavailable:
    first_line = str(error).strip().partition("\n")[0]
    return StoreUnavailable(f"The database {place(engine)} cannot be used: {first_line.rstrip('.')}.", hint=hint)
