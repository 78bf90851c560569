"""Create SQLAlchemy engines for SQLite and Postgres."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DisconnectionError

from adapters.sql.deadlines import DEADLINE, StatementDeadline, limits
from adapters.sql.sqlite.writer_queue import WriterQueue
from adapters.sql.urls import driver_arguments, hosts_of, parse_url
from domain.errors import StoreUnavailable

POOL_SECONDS = 2
#: Execution option of a Postgres engine: opens a connection outside of its pool.
CONNECTOR = "lanner_connector"
#: And how many of these there may be at a time.
MOST_OUTSIDE = "lanner_most_outside"
#: Of the connections, how many a pool keeps open, and of how many one is for reading outside of the pool.
_KEPT, _SHARE = 10, 5
_BUSY_SECONDS, _AGAIN_SECONDS = 10, 0.02
_FRESH_SECONDS, _IDLE_SINCE = 1, "lanner_idle_since"
_WRITES, _WRITER_QUEUE = "lanner_writes", "lanner_turns"
_SQLITE_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    f"journal_size_limit={64 * 2**20}",
)


def open_engine(url: str, *, schema: str, connections: int = 25, statement_seconds: float | None = None) -> Engine:
    """
    Create an engine; it connects on first use.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``; the latter means psycopg2.
        schema: of the tables on Postgres.
        connections: to Postgres at a time, at most.
        statement_seconds: timeout of a unit of work's statements, waiting for locks included; none by default.

    Raises:
        InvalidInput: another kind of URL, or an option that Postgres does not know.

    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, statement_seconds)
    return _open_postgres(parsed, schema, connections, statement_seconds)


def open_file(path: Path) -> Engine:
    """Create an engine for a SQLite file by its path, in which no character has a special meaning."""
    return _open_sqlite(URL.create("sqlite", database=str(path.absolute())), None)


def for_reading(engine: Engine) -> Connection:
    """Connect so that all reads see one snapshot."""
    if engine.dialect.name == "sqlite":
        return engine.connect()
    connection = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    # SQLAlchemy's own option may become a setting of the session afterwards, which a pooler would hand to others.
    try:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def for_writing(engine: Engine) -> Iterator[Connection]:
    """Connect for writing: on SQLite as the only writer, after waiting in the queue."""
    writer_queue: WriterQueue | None = engine.get_execution_options().get(_WRITER_QUEUE)
    with writer_queue.acquire() if writer_queue else nullcontext(), engine.connect() as connection:
        yield connection.execution_options(**({_WRITES: True} if writer_queue else {"isolation_level": "READ COMMITTED"}))


def place(engine: Engine) -> str:
    """Return the database's name without its secrets."""
    database = engine.url.database or ""
    return database if engine.dialect.name == "sqlite" else f"{hosts_of(engine.url)}/{database}"


def _open_postgres(url: URL, schema: str, connections: int, statement_seconds: float | None) -> Engine:
    from adapters.sql.postgres.connections import Connector

    url = url.set(drivername="postgresql+psycopg2")
    connector, outside = Connector(driver_arguments(url), statement_seconds), max(connections // _SHARE, 1)
    kept = min(_KEPT, connections - outside)
    engine = create_engine(
        url,
        creator=connector,
        pool_size=kept,
        max_overflow=connections - outside - kept,
        pool_timeout=POOL_SECONDS,
        execution_options={
            "schema_translate_map": {None: schema},
            CONNECTOR: connector,
            MOST_OUTSIDE: outside,
            **limits(statement_seconds),
        },
        # A unit of work sends BEGIN and COMMIT itself, each in one message with another statement.
        isolation_level="AUTOCOMMIT",
        # Nothing here is of that type, which a query of each new connection would look for.
        use_native_hstore=False,
    )
    event.listen(engine, "checkin", _note_idle_since)
    event.listen(engine, "checkout", partial(_ping_if_idle, engine.dialect))
    return engine


def _note_idle_since(_: object, record: Any) -> None:
    record.info[_IDLE_SINCE] = monotonic()


def _ping_if_idle(dialect: Any, connection: Any, record: Any, _: object) -> None:
    # A ping takes as long as a short read; within a second a restarted server would not accept connections yet.
    if monotonic() - record.info.get(_IDLE_SINCE, monotonic()) > _FRESH_SECONDS:
        try:
            connection.ping()
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _open_sqlite(url: URL, statement_seconds: float | None) -> Engine:
    path, busy_seconds = Path(url.database or ""), min(_BUSY_SECONDS, statement_seconds or _BUSY_SECONDS)
    # The rest relies on the standard library's driver.
    engine = create_engine(
        url.set(drivername="sqlite"),
        connect_args={"timeout": busy_seconds},
        pool_timeout=POOL_SECONDS,
        pool_size=20,
        execution_options={_WRITER_QUEUE: WriterQueue(busy_seconds)},
    )
    event.listen(engine, "do_connect", lambda *_: _create_for_owner(path))
    event.listen(engine, "connect", _set_pragmas)
    if statement_seconds:
        event.listen(engine, "connect", partial(_set_deadline, statement_seconds))
    event.listen(engine, "begin", _begin_transaction)
    return engine


def _create_for_owner(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        hint = "Set LANNER_DATA_DIR to a folder that you can write to."
        raise StoreUnavailable(f"The database {path} cannot be created: {error.strerror}.", hint=hint) from error


def _set_deadline(seconds: float, connection: Any, record: Any) -> None:
    record.info[DEADLINE] = deadline = StatementDeadline(seconds)
    deadline.watch(connection)


def _set_pragmas(connection: Any, _: object) -> None:
    # The driver's own BEGIN comes too late: another process could write between a SELECT and a write here, and its change be lost.
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    # While another process changes a new file's mode, SQLite reports it as locked at once, regardless of the timeout.
    end = monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(_AGAIN_SECONDS)
        else:
            return


def _begin_transaction(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
