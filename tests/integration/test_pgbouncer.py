"""PgBouncer before Postgres: found out, and given nothing that would reach its other clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Engine, text

from adapters.sql.backups.back_up import back_up
from adapters.sql.backups.restore import restore
from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.series import SeriesQuery
from tests.pgbouncer import MODES, pgbouncer
from tests.servers import own_database

pytestmark = pytest.mark.server
#: What PgBouncer itself sets anew for each client.
TRACKED = {"application_name", "client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings"}
CODE = DatasetCode("WIKI", "FB")


@pytest.fixture(params=MODES)
def url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    """Give the URL of an empty database behind a pooler that has one connection for everybody, or one for each."""
    size = 1 if request.param == "transaction" else 20
    with own_database(postgres_url) as database, pgbouncer(database, request.param, min_pool_size=1, default_pool_size=size) as pooled:
        yield pooled


def use(engine: Engine, folder: Path) -> None:
    """Migrate, write, read and look, back up and restore."""
    migrate(engine)
    store = SqlStore(engine)
    with store.writing() as uow:
        series = uow.series.add("quandl", CODE)
        uow.commit(lasting=False)
    with store.reading() as uow:
        assert uow.series.search(SeriesQuery()).items
    store.version(series.id)
    back_up(engine, folder / "backup", lambda *_: None)
    other = open_engine(engine.url.render_as_string(hide_password=False), schema="restored")
    restore(other, folder / "backup", lambda *_: None)
    other.dispose()


def test_a_pooler_is_found_out(postgres_url: str, url: str) -> None:
    """A connection has its backend's id where that is its own, and none where a pooler may change the backend."""
    found = {}
    for each in (postgres_url, url):
        engine = open_engine(each, schema="unused")
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            found[each] = driver.backend, connection.execute(text("SELECT pg_backend_pid()")).scalar()
        engine.dispose()

    assert found[postgres_url][0] == found[postgres_url][1]
    assert found[url][0] is None


def test_other_clients_find_nothing_changed(url: str, tmp_path: Path) -> None:
    """Whoever has the same server connection next finds no setting of lanner's there, and no statement."""
    engine = open_engine(url, schema="lanner", statement_seconds=5)
    use(engine, tmp_path)
    with closing(psycopg2.connect(url)) as other, other.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE source = 'session'")
        settings = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT name FROM pg_prepared_statements")
        statements = cursor.fetchall()
    engine.dispose()

    assert settings <= TRACKED
    assert statements == []
