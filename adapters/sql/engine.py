"""Engines: how lanner opens SQLite and Postgres."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import InvalidInput, StoreUnavailable

POOL_SECONDS = 2
CONNECT_ARGUMENTS = {"connect_timeout": 5, "application_name": "lanner"}
_WRITES = "lanner_writes"
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "foreign_keys=ON",
    f"journal_size_limit={64 * 2**20}",
)


def open_engine(url: str, *, schema: str, pool_size: int = 10) -> Engine:
    """
    Open an engine; it connects on first use.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``; the latter means psycopg2.
        schema: where the tables lie on Postgres.

    Raises:
        InvalidInput: another kind of URL.

    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg2"),
        pool_size=pool_size,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
        connect_args=CONNECT_ARGUMENTS,
        execution_options={"schema_translate_map": {None: schema}},
    )
    return engine.execution_options(isolation_level="READ COMMITTED")


def for_reading(engine: Engine) -> Connection:
    """Connect so that all reads see one state."""
    if engine.dialect.name == "sqlite":
        return engine.connect()
    return engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def for_writing(engine: Engine) -> Connection:
    """Connect so that what is read stays true until it is written: on SQLite as its one writer."""
    return engine.connect().execution_options(**{_WRITES: True})


def place(engine: Engine) -> str:
    """Name the database without its secrets."""
    url = engine.url
    return url.database or "" if engine.dialect.name == "sqlite" else f"{url.host or 'local socket'}:{url.port or 5432}/{url.database}"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise InvalidInput("It is not a database URL.", field="database_url", hint="Write sqlite:///path or postgresql://…") from error
    if "@" in (parsed.host or ""):
        # The rest of the password would pass for a part of the host, which is shown.
        raise InvalidInput("It has several @.", field="database_url", hint="Write an @ of the password as %40: postgresql://…")
    if kind not in ("sqlite", "postgresql") or (kind == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise InvalidInput(
            "The database must be a SQLite file or Postgres.", field="database_url", hint="Write sqlite:///path or postgresql://…"
        )
    return parsed


def _open_sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    # Another driver, such as an asynchronous one, would not do what the rest here expects.
    engine = create_engine(url.set(drivername="sqlite"), connect_args={"timeout": 10}, pool_timeout=POOL_SECONDS, pool_size=20)
    event.listen(engine, "do_connect", lambda *_: _create_for_owner(path))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _create_for_owner(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        hint = "Set LANNER_DATA_DIR to a folder of yours."
        raise StoreUnavailable(f"The database {path} cannot be made: {error.strerror}.", hint=hint) from error


def _prepare(connection: Any, _: object) -> None:
    # The driver's own BEGIN comes too late: between a SELECT and a write another process could write, and be lost.
    connection.isolation_level = None
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
