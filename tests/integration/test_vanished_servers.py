"""A Postgres that is there no more without a word, whatever stands in between, holds nobody up for long."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, make_url, select, text

from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.engine import for_reading, open_engine
from adapters.sql.postgres import connections, watch
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import series
from domain.codes import DatasetCode
from domain.errors import SeriesNotFound, StoreUnavailable
from tests.faults.processes import comes_true
from tests.faults.proxy import proxy_to
from tests.integration.test_database_errors import GRANTS
from tests.namespaces import postgres_apart
from tests.pgbouncer import pgbouncer
from tests.servers import free_port, run_sql

pytestmark = [pytest.mark.server, pytest.mark.slow]
NOTICED_SECONDS = 30
#: Of the API, of workers and of what takes the time it needs.
STATEMENT_SECONDS = (5.0, 60.0, None)
ROWS = 3000


@dataclass(frozen=True)
class Vanishing:
    """
    A database on a server that can vanish.

    Attributes:
        vanish: makes it.
        aside: a URL by which it can be reached even then.
        loses_packets: whether the server notices, too.

    """

    url: str
    vanish: Callable[[], object]
    aside: str
    loses_packets: bool
    schema: str = field(default_factory=lambda: f"vanishing_{uuid4().hex}")


@pytest.fixture(params=["lost packets", "silent proxy", "lost packets behind a pooler"])
def vanishing(request: pytest.FixtureRequest) -> Iterator[Vanishing]:
    if request.param == "lost packets":
        with postgres_apart() as host:
            yield Vanishing(host.url, host.vanish, host.aside, loses_packets=True)
        return
    if request.param == "lost packets behind a pooler":
        with postgres_apart() as host, ExitStack() as stack:
            # Behind a pooler lanner sets nothing that would outlive a transaction: it is the role's.
            for statement in re.findall(r"^ALTER ROLE .*;$", GRANTS.read_text(), re.MULTILINE):
                run_sql(host.aside, statement.replace("ROLE lanner ", "ROLE postgres "))
            url = stack.enter_context(pgbouncer(host.url, "transaction", default_pool_size=40))
            yield Vanishing(url, host.vanish, host.aside, loses_packets=True)
        return
    aside = request.getfixturevalue("postgres_url")
    url = make_url(aside)
    with proxy_to(url.port or 5432) as proxy:
        proxied = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        yield (given := Vanishing(proxied, proxy.silent.set, aside, loses_packets=False))
    run_sql(aside, f"DROP SCHEMA IF EXISTS {given.schema} CASCADE")


def reads(engine: Engine) -> Iterator[None]:
    """A statement within a transaction."""
    with SqlStore(engine).reading() as uow:
        uow.series.find("quandl", DatasetCode("X", "Y"))
        yield
        uow.series.find("quandl", DatasetCode("X", "Y"))


def commits(engine: Engine) -> Iterator[None]:
    with SqlStore(engine).writing() as uow:
        uow.series.add("quandl", DatasetCode("X", uuid4().hex.upper()))
        yield
        uow.commit()


def looks(engine: Engine) -> Iterator[None]:
    """What precedes every answer, on connections of its own."""
    store = SqlStore(engine)
    with suppress(SeriesNotFound):
        store.version(UUID(int=1))
    yield
    store.version(UUID(int=1))


def copies(engine: Engine) -> Iterator[None]:
    with SqlStore(engine).reading() as uow:
        uow.series.find("quandl", DatasetCode("X", "Y"))
        yield
        uow.transaction.copy_out("SELECT 1")


def begins(engine: Engine) -> Iterator[None]:
    """With a connection that was idle in the pool."""
    store = SqlStore(engine)
    store.check()
    time.sleep(1.1)
    yield
    store.check()


def streams(engine: Engine) -> Iterator[None]:
    """Batch by batch, as a backup does."""
    with wrap_driver_errors(engine), for_reading(engine) as connection:
        rows = connection.execute(select(series), execution_options={"stream_results": True}).mappings().partitions(100)
        next(rows)
        yield
        list(rows)


def connects(engine: Engine) -> Iterator[None]:
    yield
    migrate(engine)


def test_every_wait_ends(vanishing: Vanishing) -> None:
    """
    Within 30 seconds each is told that its store is away, and who comes next is told within seconds.

    Where the server's own packets are lost, too, it gives back what the transactions of vanished clients held.
    """
    with ExitStack() as stack:
        engines = [open_engine(vanishing.url, schema=vanishing.schema, statement_seconds=seconds) for seconds in STATEMENT_SECONDS]
        migrate(engines[0])
        fill(engines[0], vanishing.schema)
        waits = {}
        for engine, seconds in zip(engines, STATEMENT_SECONDS, strict=True):
            stack.callback(engine.dispose)
            for path in (reads, commits, looks, copies, begins, streams, connects):
                waits[path.__name__, seconds] = path(engine)
        for wait in waits.values():
            stack.enter_context(closing(wait))
            next(wait)
        vanishing.vanish()
        threads = stack.enter_context(ThreadPoolExecutor(len(waits)))
        taken = dict(zip(waits, threads.map(told_after, waits.values()), strict=True))
        later = told_after(commits(engines[0]))

    assert {wait: seconds for wait, seconds in taken.items() if seconds > NOTICED_SECONDS} == {}
    assert later < NOTICED_SECONDS / 3
    if vanishing.loses_packets:
        held = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        assert comes_true(lambda: run_sql(vanishing.aside, held) == 0, NOTICED_SECONDS)


def told_after(wait: Iterator[None]) -> float:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        list(wait)
    return time.monotonic() - began


def fill(engine: Engine, schema: str) -> None:
    columns = "id, provider, database_code, dataset_code, alias, status, words, created_at, status_at_source, status_since"
    with engine.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO {schema}.series ({columns}) SELECT gen_random_uuid(), 'p', 'D', n::text, n::text, 'pending', '', now(), "
                f"'active', now() FROM generate_series(1, {ROWS}) AS n"
            )
        )


def test_a_server_that_works_is_waited_for(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement without a deadline takes the time it needs, however often somebody looks whether the server still works on it."""
    for module, name in ((watch, "LOOK_SECONDS"), (watch, "_TICK_SECONDS"), (watch, "ANSWER_SECONDS")):
        monkeypatch.setattr(module, name, 0.3)
    looked: list[bool] = []
    works = watch.Watch._works_on
    monkeypatch.setattr(watch.Watch, "_works_on", lambda self, wait: looked.append(works(self, wait)) or looked[-1])
    engine = open_engine(postgres_url, schema="unused")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1 FROM pg_sleep(3)")).scalar() == 1
    engine.dispose()

    assert len(looked) > 2
    assert all(looked)


def test_an_answer_that_was_lost_is_not_waited_for(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is there, but has answered or knows nothing of the question: only the way of this connection is broken."""
    for name in ("LOOK_SECONDS", "_TICK_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(watch, name, 0.3)
    engine = open_engine(postgres_url, schema="unused")
    url = make_url(postgres_url)
    with proxy_to(url.port or 5432) as proxy:
        broken = open_engine(url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), schema="unused")
        with broken.connect() as connection:
            connection.execute(text("SELECT 1"))
            proxy.silent.set()
            monkeypatch.setattr(watch.Watch, "_works_on", _asks_through(engine))
            began = time.monotonic()
            with pytest.raises(StoreUnavailable, match="did not answer"), wrap_driver_errors(broken):
                connection.execute(text("SELECT 1"))
        broken.dispose()
    engine.dispose()

    assert time.monotonic() - began < NOTICED_SECONDS / 3


def _asks_through(engine: Engine) -> Callable[[watch.Watch, watch.Wait], bool]:
    connector = engine.get_execution_options()["lanner_connector"]
    works = watch.Watch._works_on
    return lambda _, wait: works(connector._watch, wait)


def test_who_cannot_connect_keeps_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one tries a server that was slow to refuse, all others are told its last error at once."""
    port, tries = free_port(), []

    def slow(**_: object) -> None:
        tries.append(time.monotonic())
        time.sleep(0.5)
        raise connections.psycopg2.OperationalError("timeout expired")

    monkeypatch.setattr(connections, "_SLOW_SECONDS", 0.3)
    monkeypatch.setattr(connections.psycopg2, "connect", slow)
    store = SqlStore(open_engine(f"postgresql://127.0.0.1:{port}/x", schema="unused"))
    first = told_after(iter(store.check, 0))
    with ThreadPoolExecutor(6) as threads:
        taken = sorted(threads.map(lambda _: told_after(iter(store.check, 0)), range(6)))
    monkeypatch.undo()

    assert first >= 0.5
    assert [seconds > 0.4 for seconds in taken] == [False] * 5 + [True]
    assert len(tries) == 2
