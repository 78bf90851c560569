"""Many processes at one series: one vintage each round, whatever else goes on."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, text

from adapters.sql import tables
from adapters.sql.engine import for_writing, open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.errors import SeriesNotFound
from domain.fetches import Suspicion
from domain.moments import AsOf
from domain.observations import Observations
from tests.builders import an_arrival, append
from tests.servers import SETTINGS

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.server)]
ROUNDS = int(SETTINGS.get("LANNER_TEST_ROUNDS", "80"))
CODE = DatasetCode("X", "CONTESTED")
START = datetime(2024, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.timeout(40 + ROUNDS)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """URL and schema of a migrated database."""
    schema = f"test_{uuid4().hex}"
    url = f"sqlite:///{tmp_path / 'lanner.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url, schema=schema)
    migrate(engine)
    yield url, schema
    if request.param == "postgres":
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def added(store: SqlStore) -> UUID:
    with store.writing() as uow:
        series_id = uow.series.add("quandl", CODE).id
        uow.commit()
    return series_id


def keep(store: SqlStore, n: int) -> str:
    """Keep the n-th state as a fetch would: under the lock, and only if it is news."""
    state = Observations.of(range(3), ["a"], [[float(n)], [1.0], [float(n)]])
    with store.writing() as uow:
        found = uow.series.find("quandl", CODE)
        if found is None:
            raise SeriesNotFound
        uow.series.lock(found.id)
        series = uow.series.get(found.id)
        news = series.newest is None or series.newest.digest != state.digest().hex()
        append(uow, series.id, [an_arrival(START + timedelta(minutes=n), state)] if news else [])
        uow.commit()
    return "kept" if news else "unchanged"


def request(store: SqlStore, n: int) -> str:
    with store.writing() as uow:
        series = uow.series.add("quandl", CODE)
        uow.fetches.add(series.id, allow=frozenset({Suspicion.VALUES} if n % 2 else {Suspicion.SHRINK}), request_id=str(n))
        uow.commit()
    return "requested"


def remove(store: SqlStore, _n: int) -> str:
    with for_writing(store.engine) as connection, connection.begin():
        connection.execute(delete(tables.series).where(tables.series.c.dataset_code == CODE.dataset))
    return "removed"


def work(place: tuple[str, str], acts: list[Callable[[SqlStore, int], str]], rounds: int, barrier: Barrier, results: Any) -> None:
    """Do the same acts in each round, all processes beginning it together."""
    store, outcomes = SqlStore(open_engine(place[0], schema=place[1])), Counter[tuple[int, str]]()
    for n in range(rounds):
        barrier.wait(60)
        for act in acts:
            try:
                outcomes[n, act(store, n)] += 1
            except Exception as error:  # noqa: BLE001 - whatever went wrong is part of the outcome
                outcomes[n, f"{type(error).__name__}: {error}"] += 1
    results.put(outcomes)


def together(place: tuple[str, str], rounds: int, *crews: list[Callable[[SqlStore, int], str]]) -> Counter[tuple[int, str]]:
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(len(crews)), spawn.Queue()
    processes = [spawn.Process(target=work, args=(place, acts, rounds, barrier, results)) for acts in crews]
    for process in processes:
        process.start()
    outcomes = Counter[tuple[int, str]]()
    for _ in processes:
        outcomes += results.get(timeout=30 + rounds)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(crews)
    return outcomes


@pytest.mark.parametrize("place", BOTH, indirect=True)
def test_two_writers_leave_one_vintage_a_round(place: tuple[str, str]) -> None:
    """Of two that bring the same state at once, one keeps it and one finds it unchanged, while two others send requests."""
    store = SqlStore(open_engine(place[0], schema=place[1]))
    series_id = added(store)
    outcomes = together(place, ROUNDS, [keep], [keep], [request], [request])
    expected = Counter({(n, what): count for n in range(ROUNDS) for what, count in (("kept", 1), ("unchanged", 1), ("requested", 2))})

    assert outcomes == expected
    with store.reading() as uow:
        assert len(uow.vintages.list(series_id, after=0, limit=2 * ROUNDS)) == ROUNDS
        assert list(uow.vintages.verify(series_id)) == []
        newest = uow.vintages.find(series_id, AsOf())
    assert newest
    assert newest.observations.values[0, 0] == ROUNDS - 1
    store.engine.dispose()


@pytest.mark.parametrize("place", BOTH, indirect=True)
def test_writers_requests_and_removals_never_lock_each_other(place: tuple[str, str]) -> None:
    """With the series removed again and again, each act ends, by success or by finding the series gone."""
    store = SqlStore(open_engine(place[0], schema=place[1]))
    outcomes = together(place, ROUNDS, [request, keep], [keep, request], [request, keep, remove], [remove, request])
    store.engine.dispose()

    assert {what for _, what in outcomes} <= {"kept", "unchanged", "requested", "removed", f"SeriesNotFound: {SeriesNotFound()}"}
    assert sum(outcomes.values()) == ROUNDS * 9
