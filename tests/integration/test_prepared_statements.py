"""Statements that go to Postgres by name fail as all others do, and in their order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from adapters.sql.engine import for_writing, open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore, SqlUnitOfWork
from adapters.sql.transaction import Transaction
from domain.codes import DatasetCode
from domain.errors import SchemaMismatch, StoreUnavailable
from domain.fetches import NOTHING_ALLOWED

pytestmark = pytest.mark.server
CODE = DatasetCode("WIKI", "FB")


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    schema = f"ready_{uuid4().hex}"
    engine = open_engine(postgres_url, schema=schema)
    migrate(engine)
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    engine.dispose()


def test_a_connection_that_the_server_ended_is_told_and_not_used_again(engine: Engine) -> None:
    """The transaction that met it fails as one whose store is away; the next one has a new connection."""
    store = SqlStore(engine)
    with store.writing() as uow:
        uow.series.add("quandl", CODE)
        uow.commit()
    with suppress(StoreUnavailable), store.writing() as uow:
        victim = uow.transaction.execute_raw(b"SELECT pg_backend_pid()")[0][0]
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": victim})
        with pytest.raises(StoreUnavailable):
            uow.series.find("quandl", CODE)

    with store.reading() as uow:
        assert uow.series.find("quandl", CODE)


def test_a_question_survives_the_end_of_all_connections(engine: Engine) -> None:
    """After a restart of the server, nobody's question for a version meets one that it closed, however many were open."""
    store, asking = SqlStore(engine), 3
    with store.writing() as uow:
        # Of one series, they would share a question.
        series = [uow.series.add("quandl", DatasetCode("WIKI", f"S{n}")).id for n in range(asking)]
        uow.commit()
    store.version(series[0])  # SQLAlchemy opens its first connection alone
    ours = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%lanner_version%' AND pid <> pg_backend_pid()"

    def waiting() -> int:
        with engine.connect() as watcher:
            return watcher.execute(text(f"SELECT count(*) {ours} AND wait_event_type = 'Lock'")).scalar_one()

    with ThreadPoolExecutor(asking) as threads, for_writing(engine) as holder, holder.begin():
        holder.execute(text(f"LOCK TABLE {_schema(engine)}.series"))
        asked = [threads.submit(store.version, each) for each in series]
        while waiting() < asking:
            time.sleep(0.01)
        holder.rollback()
        assert [each.result()[0].vintages for each in asked] == [0] * asking
    with engine.begin() as other:
        assert len(other.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {ours}")).all()) == asking

    assert [store.version(each)[0].vintages for each in series] == [0] * asking


def test_missing_tables_are_told_as_a_schema_that_does_not_fit(engine: Engine) -> None:
    """Where somebody has dropped them, that is what is said."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {_schema(engine)}.series CASCADE"))
    with SqlStore(engine).reading() as uow, pytest.raises(SchemaMismatch):
        uow.series.find("quandl", CODE)


def test_what_waits_is_seen_by_the_next_statement_and_by_others_after_the_commit(engine: Engine) -> None:
    """A new series knows its fetch at once, and after the commit everybody does."""
    store = SqlStore(engine)
    with store.writing() as uow:
        series = uow.series.add("quandl", CODE)
        fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="r")
        assert uow.transaction.deferred
        assert uow.series.get(series.id).fetch == fetch
        again = uow.series.add("quandl", DatasetCode("WIKI", "AAPL"))
        fetch, _ = uow.fetches.add(again.id, allow=NOTHING_ALLOWED, request_id="r")
        uow.commit()

    with store.reading() as uow:
        assert uow.series.get(again.id).fetch == fetch


def test_a_transaction_begins_with_the_first_thing_it_reads(engine: Engine) -> None:
    """To ask the time opens none; what is read does, and leaving or committing ends it."""
    store, found = SqlStore(engine), []

    def open_now(uow: SqlUnitOfWork) -> bool:
        driver = uow.transaction.connection.connection.driver_connection
        assert driver
        return bool(driver.info.transaction_status)

    with store.reading() as uow:
        uow.now()
        found.append(open_now(uow))
        uow.series.find("quandl", CODE)
        found.append(open_now(uow))
    with store.writing() as uow:
        found.append(open_now(uow))
        uow.series.add("quandl", CODE)
        found.append(open_now(uow))
        uow.commit()
        found.append(open_now(uow))

    assert found == [False, True, False, True, False]


def test_the_servers_clock_is_carried_on_for_a_second(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads takes the time that was heard last, and asks again once that is old; whoever writes always asks."""
    store, heard = SqlStore(engine), datetime(2001, 2, 3, tzinfo=UTC)
    store.server.note(heard)
    with store.reading() as uow:
        carried = uow.now()
    with store.writing() as uow:
        asked = uow.now()
    store.server.note(heard)
    later = time.monotonic() + 1.5
    monkeypatch.setattr("adapters.sql.transaction.monotonic", lambda: later)
    with store.reading() as uow:
        anew = uow.now()

    assert timedelta() <= carried - heard < timedelta(seconds=1)
    assert asked.year > heard.year
    assert anew >= asked


def test_what_need_not_last_is_seen_by_others_without_waiting_for_the_disk(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a commit says so for itself alone; the next one on its connection waits again."""
    store, said, sent = SqlStore(engine), list[bytes](), Transaction.execute_raw

    def noted(self: Transaction, statement: bytes) -> list[tuple[Any, ...]]:
        said.append(statement)
        return sent(self, statement)

    monkeypatch.setattr(Transaction, "execute_raw", noted)
    for name, lasting in (("FB", False), ("IBM", True)):
        with store.writing() as uow:
            uow.series.add("quandl", DatasetCode("WIKI", name))
            uow.commit(lasting=lasting)
    with store.reading() as uow:
        assert uow.series.find("quandl", CODE)
        assert uow.transaction.execute_raw(b"SHOW synchronous_commit") == [("on",)]

    assert [statement for statement in said if b"COMMIT" in statement] == [b"SET LOCAL synchronous_commit = off;COMMIT", b"COMMIT"]


def _schema(engine: Engine) -> str:
    return str(engine.get_execution_options()["schema_translate_map"][None])
