"""Every store that ships, each empty and with a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from adapters.memory.unit_of_work import MemoryStore
from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import feed, metadata
from domain.ports import Store
from tests.fakes import StoppedClock
from tests.pgbouncer import pgbouncer


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{Path(tmp_path_factory.mktemp('sqlite')) / 'lanner.db'}", schema="unused")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    with _migrated(postgres_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def session_engine(postgres_url: str) -> Iterator[Engine]:
    """Postgres through PgBouncer, which gives each client a server connection for itself."""
    with pgbouncer(postgres_url, "session") as url, _migrated(url) as engine:
        yield engine


@pytest.fixture(scope="session")
def transaction_engine(postgres_url: str) -> Iterator[Engine]:
    """Postgres through PgBouncer, which gives each transaction another server connection."""
    with pgbouncer(postgres_url, "transaction") as url, _migrated(url) as engine:
        yield engine


@contextmanager
def _migrated(url: str) -> Iterator[Engine]:
    schema = f"contract_{uuid4().hex}"
    engine = open_engine(url, schema=schema)
    migrate(engine)
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


#: Postgres by itself, and through PgBouncer in both of its modes.
SERVERS = [pytest.param(name, marks=pytest.mark.server) for name in ("postgres", "session", "transaction")]


@pytest.fixture(params=["memory", "sqlite", *SERVERS])
def store(request: pytest.FixtureRequest, clock: StoppedClock) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(clock)
        return
    engine: Engine = request.getfixturevalue(f"{request.param}_engine")
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.update().values(position=0) if table is feed else table.delete())
    yield SqlStore(engine, clock)
    pool: Any = engine.pool
    assert pool.checkedout() == 0
