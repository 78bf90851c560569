"""Deadlines of statements: what hangs in the database holds up nobody for long, and no deadline stays behind."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import falcon.testing
import pytest
from sqlalchemy import Engine, text

from adapters.sql.engine import for_reading, open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore, SqlUnitOfWork
from adapters.sql.transaction import Transaction
from config import bootstrap
from domain.codes import DatasetCode
from domain.errors import StoreUnavailable
from domain.series import SeriesQuery
from entrypoints.rest.app import create_app

CODE, SECONDS, SOON = DatasetCode("X", "Y"), 0.2, 3.0
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
LONG = f"SELECT count(*) FROM ({ENDLESS.replace('count(*)', '*').replace('FROM n)', 'FROM n LIMIT 3000000)')})"


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    schema = f"test_{uuid4().hex}"
    engine = open_engine(postgres_url, schema=schema, statement_seconds=SECONDS)
    migrate(engine)
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="", statement_seconds=SECONDS)
    migrate(engine)
    yield engine
    engine.dispose()


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Have another session hold all series."""
    schema = engine.get_execution_options()["schema_translate_map"][None]
    with engine.connect() as holder:
        holder.execute(text(f'BEGIN; LOCK TABLE "{schema}".series IN ACCESS EXCLUSIVE MODE'))
        yield
        holder.execute(text("ROLLBACK"))


@contextmanager
def refused_soon() -> Iterator[None]:
    """Expect the store to give up in time, and to say that trying again makes sense."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="in time") as caught:
        yield
    assert time.monotonic() - began < SOON
    assert caught.value.retryable


def read(store: SqlStore) -> object:
    with store.reading() as uow:
        return uow.series.search(SeriesQuery())


def write(store: SqlStore) -> object:
    with store.writing() as uow:
        added = uow.series.add("quandl", CODE)
        uow.commit()
        return added


@pytest.mark.server
@pytest.mark.parametrize("use", [read, write, lambda store: store.version(uuid4())], ids=["reading", "writing", "version"])
def test_a_locked_table_is_not_waited_for(postgres: Engine, use: Callable[[SqlStore], object]) -> None:
    """A statement behind somebody's lock is cut after its time, the first of a connection or not; then all goes on."""
    store = SqlStore(postgres)
    for _ in range(2):
        with locked(postgres), refused_soon():
            use(store)
        assert read(store)
        assert write(store)


@pytest.mark.server
def test_a_deadline_ends_with_its_transaction(postgres: Engine) -> None:
    """It is the transaction's: whoever has the session next, through a pooler as well, finds what the server is set to."""
    store = SqlStore(postgres)
    with store.reading() as uow:
        assert uow.transaction.execute_raw(b"SHOW statement_timeout") == [("200ms",)]
        pid = uow.transaction.execute_raw(b"SELECT pg_backend_pid()")
    with store.writing() as uow:
        uow.series.add("quandl", CODE)
        uow.commit()
        assert uow.transaction.execute_raw(b"SELECT pg_backend_pid()") == pid
        assert uow.transaction.execute_raw(b"SHOW statement_timeout") == [("0",)]
    assert store.version(write(store).id)  # type: ignore[attr-defined]
    idle = store._version_reader._idle[-1].cursor
    idle.execute("SHOW statement_timeout")
    assert idle.fetchall() == [("0",)]


@pytest.mark.server
def test_a_deadline_takes_no_way_to_the_server(postgres: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes with the beginning in the message of the first statement."""
    store, messages = SqlStore(postgres), []
    with store.reading() as uow:
        uow.series.find("quandl", CODE)
    answered = Transaction._execute
    monkeypatch.setattr(Transaction, "_execute", lambda self, statements: messages.append(statements) or answered(self, statements))
    with store.reading() as uow:
        uow.series.find("quandl", CODE)

    assert len(messages) == 1
    assert messages[0].startswith(b"BEGIN")
    assert b"SET LOCAL statement_timeout = 200" in messages[0]


def test_what_takes_too_long_on_sqlite_is_cut(sqlite: Engine) -> None:
    """A statement without end is interrupted; the next one has its time anew, and reading without a deadline has any."""

    def run(uow: SqlUnitOfWork, statement: str) -> Any:
        return uow.transaction.run(text(statement)).all()

    store = SqlStore(sqlite)
    with store.writing() as uow:
        with refused_soon():
            run(uow, ENDLESS)
        assert run(uow, "SELECT 1") == [(1,)]
    for _ in range(2):
        with for_reading(sqlite) as connection:
            assert connection.execute(text(LONG)).scalar() == 3_000_000
    assert read(store)


def test_a_locked_file_is_waited_for_no_longer(sqlite: Engine) -> None:
    """Whoever cannot write on SQLite because another process does is told after the time of a statement."""
    began = time.monotonic()
    with closing(sqlite3.connect(sqlite.url.database or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            write(SqlStore(sqlite))
    assert SECONDS <= time.monotonic() - began < SOON


@pytest.mark.server
@pytest.mark.parametrize(("part", "seconds"), [("api", "200ms"), ("worker", "1500ms")])
def test_api_and_worker_have_each_their_own(postgres: Engine, tmp_path: Path, part: str, seconds: str) -> None:
    """Which of the two settings counts says the process."""
    with bootstrapped(postgres, tmp_path, part) as container, container.store().reading() as uow:
        assert uow.transaction.execute_raw(b"SHOW statement_timeout") == [(seconds,)]


@pytest.mark.server
def test_a_client_is_told_to_come_back(postgres: Engine, tmp_path: Path) -> None:
    """While the database hangs the API answers 503 with Retry-After, not 500."""
    with bootstrapped(postgres, tmp_path, "api") as container, locked(postgres):
        client = falcon.testing.TestClient(create_app(container.use_cases(), allowed_hosts=()), headers={"Host": "localhost"})
        answers = [client.simulate_get("/timeseries"), client.simulate_get(f"/timeseries/{uuid4()}/data")]
        answers.append(client.simulate_post("/timeseries", json={"code": "SAMPLE/GDP"}))

    assert [answer.status_code for answer in answers] == [503] * 3, answers[0].text
    assert all(answer.headers["Retry-After"] for answer in answers)
    assert {answer.json["code"] for answer in answers} == {"store_unavailable"}


@contextmanager
def bootstrapped(engine: Engine, folder: Path, part: str) -> Iterator[Any]:
    settings = {
        "LANNER_DATA_DIR": str(folder),
        "LANNER_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "LANNER_DATABASE_SCHEMA": engine.get_execution_options()["schema_translate_map"][None],
        "LANNER_API_STATEMENT_SECONDS": "0.2",
        "LANNER_WORKER_STATEMENT_SECONDS": "1.5",
    }
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    container = bootstrap(settings, part=part)
    root.handlers[:], root.level = handlers, level
    yield container
    container.engine().dispose()
