"""
Measure the fast paths of ``adapters/sql/postgres``, whose README has the figures: ``python -m tests.benchmarks.around_sqlalchemy URL``.

Both halves of a pair do the same work in turn; figures are medians in microseconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import Engine, create_engine, func, insert, select, text

from adapters.sql.repositories.series import _FIND
from adapters.sql.rows.fetch_statements import CLAIMED, claim
from adapters.sql.rows.series import COMPLETE, series_from
from adapters.sql.store import SqlStore, SqlUnitOfWork
from adapters.sql.tables import series, vintages
from adapters.sql.vintage_blocks.reader import _copied, _selected
from domain.codes import DatasetCode
from domain.moments import AsOf
from domain.observations import Observations
from tests.benchmarks.databases import postgres
from tests.builders import an_arrival, append

ROUNDS, THREADS, EACH = 400, 8, 200
NOW = datetime(2024, 1, 1, tzinfo=UTC)
CODE = DatasetCode("WIKI", "FB")


def compare(what: str, ours: Callable[[], object], other: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Print how long both take, measured in turn."""
    took: list[list[float]] = [[], []]
    for _ in range(rounds):
        for action, times in zip((ours, other), took, strict=True):
            began = time.perf_counter()
            action()
            times.append(time.perf_counter() - began)
    mine, its = (1e6 * median(times[rounds // 10 :]) for times in took)
    print(f"{what:<58}{mine:>9.0f}{its:>9.0f}{its / mine:>7.1f}")  # noqa: T201 - what the command is for


def some_state(rows: int) -> Observations:
    """Numbers that cannot be compressed, 48 bytes a row with its date."""
    dates = np.arange(rows).astype("datetime64[D]")
    return Observations.of(dates, ("a", "b", "c", "d", "e"), np.random.default_rng(rows).random((rows, 5)))


@contextmanager
def undone(store: SqlStore) -> Iterator[SqlUnitOfWork]:
    with store.writing() as uow:
        uow.now()
        yield uow


def prepared_statements(store: SqlStore, series_id: UUID) -> None:
    statement = COMPLETE.where(series.c.id == series_id)
    with store.reading() as uow:
        run = uow.transaction.run
        compare("prepared: a series by its id", lambda: uow.series.get(series_id), lambda: series_from(run(statement).mappings().one()))


def deferred_statements(store: SqlStore) -> None:
    with undone(store) as uow:
        lease, transaction = claim(30.0), uow.transaction

        def apart() -> None:
            lease.defer(transaction, wanted=uuid4(), token=uuid4())
            transaction.flush()
            CLAIMED.fetch_one(transaction, wanted=uuid4(), token=uuid4())

        def together() -> None:
            lease.defer(transaction, wanted=uuid4(), token=uuid4())
            CLAIMED.fetch_one(transaction, wanted=uuid4(), token=uuid4())

        compare("deferred: UPDATE with the next SELECT, one message or two", together, apart)


def transactions(store: SqlStore, plain: Engine, series_id: UUID) -> None:
    statement = COMPLETE.where(series.c.id == series_id)

    def ours() -> None:
        with store.reading() as uow:
            uow.series.get(series_id)

    def other() -> None:
        with plain.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
            series_from(connection.execute(statement).mappings().one())

    compare("whole unit of work: a series by its id", ours, other)


def versions(store: SqlStore, plain: Engine, series_id: UUID) -> None:
    count = select(func.max(vintages.c.number)).where(vintages.c.series == series.c.number).scalar_subquery()
    facts = select(series.c.provider, series.c.checked_at, series.c.description, count, func.clock_timestamp())
    statement = facts.where(series.c.id == series_id)

    def other() -> None:
        with plain.connect() as connection:
            connection.execute(statement).one()

    compare("version reader: the version of a series", lambda: store.version(series_id), other)

    def by_threads(read: Callable[[], object]) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(lambda _: read(), range(THREADS * EACH)))

    reader = store._version_reader
    shared, alone = partial(reader.version, series_id), partial(reader._version, series_id.int)
    compare(f"single flight: {THREADS * EACH} versions by {THREADS} threads", lambda: by_threads(shared), lambda: by_threads(alone), 10)


def copies(store: SqlStore, rows: int) -> None:
    state = some_state(rows)
    with store.writing() as uow:
        kept = uow.series.add("quandl", DatasetCode("WIKI", uuid4().hex))
        append(uow, kept.id, [an_arrival(NOW, state)])
        uow.commit()
    with store.reading() as uow:
        read = uow.transaction, kept.id, AsOf()
        size = len(_selected(*read)[0][vintages.c.payload]) // 1024
        compare(f"COPY out: a vintage of {size} kB", lambda: _copied(*read), lambda: _selected(*read), ROUNDS // 4)
    with undone(store) as uow:
        other = uow.series.add("quandl", DatasetCode("WIKI", uuid4().hex))
        (row,) = uow.vintages.prepare(other, [an_arrival(NOW, state)]).rows
        transaction: Any = uow.transaction

        def write(how: Callable[[], object]) -> None:
            transaction.run(text("SAVEPOINT again"))
            how()
            transaction.run(text("ROLLBACK TO again"))

        values = {**row, "position": 10**9}
        copy, add = partial(uow.vintages._copy_in, [row]), partial(transaction.run, insert(vintages), values)
        compare(f"COPY in: a vintage of {size} kB", lambda: write(copy), lambda: write(add), ROUNDS // 4)


def clocks(store: SqlStore) -> None:
    with store.reading() as uow:
        uow.series.find("quandl", CODE)
        uow.transaction.time()
        compare("server clock: the time, extrapolated or read", uow.transaction.recent_time, uow.transaction.time)


def commits(store: SqlStore) -> None:
    def write(*, lasting: bool) -> None:
        with store.writing() as uow:
            uow.metrics.heartbeat("worker")
            uow.commit(lasting=lasting)

    compare("commit of one row: not lasting or lasting", lambda: write(lasting=False), lambda: write(lasting=True))


def plans(store: SqlStore, mode: str) -> None:
    values = {"source": "quandl", "database": "WIKI", "dataset": "FB"}
    with store.reading() as generic, store.reading() as other:
        other.transaction.run(text(f"SET plan_cache_mode = {mode}"))
        find = (partial(_FIND.fetch_one, uow.transaction, **values) for uow in (generic, other))
        compare(f"plans: a series by its code, generic or {mode}", *find)
        other.transaction.run(text("SET plan_cache_mode = force_generic_plan"))


def pings(store: SqlStore, pinging: Engine) -> None:
    def checked_out(engine: Engine) -> None:
        with engine.connect():
            pass

    compare("check-out: pinged after a second idle, or always", lambda: checked_out(store.engine), lambda: checked_out(pinging))


def main(url: str) -> None:
    """Measure everything in a schema of its own, which is dropped in the end."""
    with postgres(url) as database:
        store, options = database.store, database.engine.get_execution_options()
        schema = {"schema_translate_map": options["schema_translate_map"]}
        plain = create_engine(database.engine.url, execution_options=schema)
        pinging = create_engine(database.engine.url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        with store.writing() as uow:
            kept = uow.series.add("quandl", CODE)
            append(uow, kept.id, [an_arrival(NOW, some_state(10))])
            uow.commit()
        print(f"{'':<58}{'here':>9}{'other':>9}{'ratio':>7}")  # noqa: T201 - what the command is for
        prepared_statements(store, kept.id)
        deferred_statements(store)
        transactions(store, plain, kept.id)
        versions(store, plain, kept.id)
        for rows in (200, 800, 3_000, 25_000):
            copies(store, rows)
        clocks(store)
        commits(store)
        plans(store, "auto")
        plans(store, "force_custom_plan")
        pings(store, pinging)
        plain.dispose()
        pinging.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
