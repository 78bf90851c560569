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
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from adapters.sql.deadlines import DEADLINE, StatementDeadline, limits
from adapters.sql.sqlite.writer_queue import WriterQueue
from domain.errors import InvalidInput, StoreUnavailable

POOL_SECONDS = 2
#: Execution option of a Postgres engine: opens a connection outside of its pool.
CONNECTOR = "lanner_connector"
#: Of a replica: its connections, and how they notice within five seconds that it has vanished.
_REPLICA_POOL_SIZE = 10
_IMPATIENT = {
    "connect_timeout": "2",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
_BUSY_SECONDS, _AGAIN_SECONDS = 10, 0.02
_FRESH_SECONDS, _IDLE_SINCE = 1, "lanner_idle_since"
_WRITES, _WRITER_QUEUE = "lanner_writes", "lanner_turns"
_SQLITE_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    f"journal_size_limit={64 * 2**20}",
)


def open_engine(url: str, *, schema: str, pool_size: int = 10, statement_seconds: float | None = None) -> Engine:
    """
    Create an engine; it connects on first use.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``; the latter means psycopg2.
        schema: of the tables on Postgres.
        statement_seconds: timeout of a unit of work's statements, waiting for locks included; none by default.

    Raises:
        InvalidInput: another kind of URL.

    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, statement_seconds)
    return _open_postgres(parsed, schema, pool_size, statement_seconds)


def open_replica(url: str, *, schema: str, statement_seconds: float | None = None) -> Engine:
    """
    Create an engine for a replica: connections that are given up sooner, as there is another server; arguments as for ``open_engine``.

    Raises:
        InvalidInput: it is no URL of Postgres.

    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        raise InvalidInput("Only Postgres has replicas.", field="database_read_url", hint="Write postgresql://…")
    return _open_postgres(parsed.set(query={**_IMPATIENT, **parsed.query}), schema, _REPLICA_POOL_SIZE, statement_seconds)


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
    url = engine.url
    return url.database or "" if engine.dialect.name == "sqlite" else f"{url.host or 'local socket'}:{url.port or 5432}/{url.database}"


def _open_postgres(url: URL, schema: str, pool_size: int, statement_seconds: float | None) -> Engine:
    from adapters.sql.postgres.connections import Connector

    url = url.set(drivername="postgresql+psycopg2")
    connector = Connector(url.get_dialect()().create_connect_args(url)[1], statement_seconds)
    engine = create_engine(
        url,
        creator=connector,
        pool_size=pool_size,
        pool_timeout=POOL_SECONDS,
        execution_options={"schema_translate_map": {None: schema}, CONNECTOR: connector, **limits(statement_seconds)},
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


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise InvalidInput("It is not a database URL.", field="database_url", hint="Write sqlite:///path or postgresql://…") from error
    if "@" in (parsed.host or ""):
        # The rest of the password would be parsed as part of the host, which is shown.
        raise InvalidInput("It has more than one @.", field="database_url", hint="Write an @ of the password as %40: postgresql://…")
    if kind == "sqlite" and "?" in url:
        hint = "Write a ? in the path as %3F, and nothing after the path."
        raise InvalidInput("A SQLite URL is sqlite:/// and a path, without a ?.", field="database_url", hint=hint)
    if kind not in ("sqlite", "postgresql") or (kind == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise InvalidInput(
            "The database must be a SQLite file or Postgres.", field="database_url", hint="Write sqlite:///path or postgresql://…"
        )
    return parsed


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
