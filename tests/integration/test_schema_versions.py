"""The schema's revision: whose it is, which ones this version works with, and how a database gets from one to the next."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import falcon.testing
import pytest
from sqlalchemy import Engine, text

from adapters.sql.backups.back_up import back_up
from adapters.sql.engine import for_writing, open_engine
from adapters.sql.schema import copy_before_migrating, migrate, upgrade
from adapters.sql.store import SqlStore
from adapters.sql.tables import REVISION
from adapters.sql.versions import is_older, revision
from config import bootstrap
from domain.errors import SchemaMismatch
from entrypoints.rest.app import create_app
from tests.acceptance.running import lanner
from tests.servers import own_database, run_sql

server = pytest.mark.server
BREAKING = f"{int(REVISION[:4]) + 1:04}"
ADDING = f"{REVISION[:4]}.{int(REVISION[5:] or 0) + 1}"
#: A revision as Alembic makes them up.
OTHERS = "1975ea83b712"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=server)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    schema = f"test_{uuid4().hex}"
    url = f"sqlite:///{tmp_path}/lanner.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_engine(url, schema=schema)
    yield opened
    if request.param == "postgres":
        with opened.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    opened.dispose()


def made_at(engine: Engine, to: str) -> None:
    """Make the schema of an older version."""
    schema = engine.get_execution_options().get("schema_translate_map", {}).get(None)
    with for_writing(engine) as connection, connection.begin():
        if schema:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            connection.execute(text(f'SET LOCAL search_path TO "{schema}"'))
        upgrade(connection, "alembic_version", to)


def named(engine: Engine, found: str) -> None:
    """Have the database call its schema so."""
    schema = engine.get_execution_options().get("schema_translate_map", {}).get(None)
    with for_writing(engine) as connection, connection.begin():
        connection.execute(text(f"UPDATE {schema + '.' if schema else ''}alembic_version SET version_num = '{found}'"))


@server
def test_another_programs_revision_is_not_ours(postgres_url: str, tmp_path: Path) -> None:
    """Where another program keeps its own in the same schema, lanner's stands beside it, and the other is left as it is."""
    with own_database(postgres_url) as url:
        run_sql(url, f"CREATE TABLE public.alembic_version (version_num text PRIMARY KEY); INSERT INTO alembic_version VALUES ('{OTHERS}')")
        settings = {"LANNER_DATABASE_URL": url, "LANNER_DATABASE_SCHEMA": "public"}
        made = [lanner(*command, folder=tmp_path, environment=settings) for command in (("migrate",), ("migrate",), ("list",))]
        ours, theirs = (run_sql(url, f"SELECT version_num FROM public.{name}_version") for name in ("lanner", "alembic"))

    assert [done.returncode for done in made] == [0, 0, 0], made
    assert f"none → {REVISION}" in made[0].stdout
    assert f"up to date: {REVISION}" in made[1].stdout
    assert (ours, theirs) == (REVISION, OTHERS)


@server
def test_another_program_may_come_later(postgres_url: str) -> None:
    """In the schema that all share, lanner leaves Alembic's usual name to whoever comes."""
    with own_database(postgres_url) as url:
        shared = open_engine(url, schema="public")
        migrate(shared)
        run_sql(url, f"CREATE TABLE public.alembic_version (version_num text PRIMARY KEY); INSERT INTO alembic_version VALUES ('{OTHERS}')")
        SqlStore(shared).check()
        shared.dispose()


@server
def test_a_database_of_before_keeps_its_name(postgres_url: str) -> None:
    """A lanner that has been in the shared schema under the usual name goes on there, through all revisions."""
    with own_database(postgres_url) as url:
        shared = open_engine(url, schema="public")
        made_at(shared, "0011")
        assert migrate(shared) == "0011"
        SqlStore(shared).check()
        found = run_sql(url, "SELECT version_num FROM public.alembic_version"), run_sql(url, "SELECT to_regclass('public.lanner_version')")
        shared.dispose()

    assert found == (REVISION, None)


@server
def test_tables_of_another_program_are_in_the_way(postgres_url: str, tmp_path: Path) -> None:
    """A table of one of lanner's names is told in a sentence that says where else to go."""
    with own_database(postgres_url) as url:
        run_sql(url, "CREATE TABLE public.series (id integer)")
        settings = {"LANNER_DATABASE_URL": url, "LANNER_DATABASE_SCHEMA": "public"}
        done = lanner("migrate", folder=tmp_path, environment=settings)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert 'tables of another program where lanner\'s should be: relation "series" already exists' in done.stderr
    assert "LANNER_DATABASE_SCHEMA" in done.stderr


@pytest.mark.parametrize("table", ["alembic_version (version_num TEXT)", "dashboards (id INTEGER)"])
def test_a_file_of_another_program_is_left_alone(tmp_path: Path, table: str) -> None:
    """It is neither migrated nor filled, whatever the command."""
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"CREATE TABLE {table}")
        connection.commit()
        before = list(connection.iterdump())
    settings = {"LANNER_DATABASE_URL": f"sqlite:///{file}"}
    for command in (("migrate",), ("list",), ("fetch", "SAMPLE/GDP")):
        done = lanner(*command, folder=tmp_path, environment=settings)
        assert done.returncode == 1
        assert "holds tables of another program" in done.stderr, done.stderr
    with closing(sqlite3.connect(file)) as connection:
        assert list(connection.iterdump()) == before


def test_a_newer_schema_that_only_adds_is_worked_with(engine: Engine, tmp_path: Path) -> None:
    """It is checked, and left as it is by an older ``lanner migrate``; a backup would leave out what was added."""
    migrate(engine)
    for found in (ADDING, f"{REVISION[:4]}.10", f"{REVISION[:4]}.99"):
        named(engine, found)
        SqlStore(engine).check()
        assert migrate(engine) == found
        assert engine.dialect.name != "sqlite" or copy_before_migrating(engine) is None
        with pytest.raises(SchemaMismatch, match=f"newer schema {found}"):
            back_up(engine, tmp_path / "backup", lambda *_: None)

    named(engine, BREAKING)
    with pytest.raises(SchemaMismatch, match=f"newer schema {BREAKING}"):
        SqlStore(engine).check()


def test_revisions_are_in_the_order_of_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tenth addition is newer than the ninth."""
    monkeypatch.setattr("adapters.sql.versions.REVISION", "0031.10")

    assert [is_older(each) for each in ("0031.9", "0031", "0030.99", "0031.10", "0031.11", "0032")] == [True] * 3 + [False] * 3


def test_an_older_migrate_says_what_it_left(tmp_path: Path) -> None:
    """Rolling back to an older version is no error as long as it works with the schema."""
    assert lanner("migrate", folder=tmp_path, environment={}).returncode == 0
    with closing(sqlite3.connect(tmp_path / "data" / "lanner.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (ADDING,))
        database.commit()
    done = lanner("migrate", folder=tmp_path, environment={})

    assert (done.returncode, done.stdout.strip().partition(" is ")[2]) == (0, f"newer, {ADDING}; this version of lanner works with it.")
    assert lanner("list", folder=tmp_path, environment={}).returncode == 0


@pytest.mark.parametrize("old", ["0001", "0003", "0010", "0014", "0019"])
def test_an_api_on_an_older_schema_says_so(engine: Engine, old: str, tmp_path: Path) -> None:
    """Requests are answered, or refused with what to do; after ``lanner migrate`` all of them are answered, without a restart."""
    made_at(engine, old)
    schema = engine.get_execution_options().get("schema_translate_map", {}).get(None)
    settings = {"LANNER_DATABASE_URL": engine.url.render_as_string(hide_password=False), "LANNER_DATA_DIR": str(tmp_path / "data")}
    container = bootstrap(settings | ({"LANNER_DATABASE_SCHEMA": schema} if schema else {}), part="api")
    client = falcon.testing.TestClient(create_app(container.use_cases(), allowed_hosts=()), headers={"Host": "localhost"})
    before = _statuses(client)
    assert before["GET /readyz"] == (503, "schema_mismatch")
    assert {status for status in before.values() if status[0] >= 400} <= {(503, "schema_mismatch")}, before

    migrate(engine)
    assert {status for status, _ in _statuses(client).values()} <= {200, 201}
    container.engine().dispose()


def _statuses(client: falcon.testing.TestClient) -> dict[str, tuple[int, str]]:
    asked = ["GET /readyz", "GET /timeseries", "GET /fetches", "GET /schedules", "GET /releases", "GET /formulas", "GET /metrics"]
    asked += ["POST /timeseries"]
    found = {}
    for line in asked:
        method, path = line.split()
        answer = client.simulate_request(method, path, json={"code": "SAMPLE/GDP", "provider": "sample"} if method == "POST" else None)
        problem: Any = answer.json if answer.status_code >= 400 else {}
        found[line] = answer.status_code, problem.get("code", "")
    return found


@server
@pytest.mark.slow
def test_migrating_keeps_nobody_waiting(postgres_url: str) -> None:
    """While a long transaction, such as a backup's, is in its way, a migration lets others through, and is done when that ends."""
    schema, held, longest = f"test_{uuid4().hex}", 8.0, [0.0]
    engine = open_engine(postgres_url, schema=schema)
    made_at(engine, "0017")
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as long, long.begin():
        long.execute(text(f"SELECT count(*) FROM {schema}.series"))
        migrating = Thread(target=migrate, args=(engine,))
        migrating.start()
        end = time.monotonic() + held
        while time.monotonic() < end:
            begun = time.monotonic()
            run_sql(postgres_url, f"SELECT count(*) FROM {schema}.series")
            longest[0] = max(longest[0], time.monotonic() - begun)
            time.sleep(0.05)
        with engine.connect() as other:
            assert revision(other) == "0017"
    migrating.join()
    with engine.begin() as connection:
        assert revision(connection) == REVISION
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()

    assert 1 < longest[0] < held / 2
