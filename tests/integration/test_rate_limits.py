"""Many worker processes at a dead and at a hanging provider."""

from __future__ import annotations

import logging
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from dependency_injector.providers import Singleton
from sqlalchemy import text

from adapters.sql import tables
from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from config import bootstrap
from domain.budgets import Breaker
from domain.codes import DatasetCode
from domain.fetches import Fetch, FetchStatus
from domain.fetching.provider_throttle import ProviderThrottle
from domain.use_cases import UseCases
from tests.builders import a_server, an_answer

pytestmark = [pytest.mark.server, pytest.mark.timeout(150)]

BODY = b'{"dataset":{"name":"x","column_names":["Date","Value"],"frequency":"daily","data":[["2024-01-02",1.5]]}}'
BREAKER = Breaker(failures=5, seconds=1.0, most_seconds=2.0, probe_seconds=2.0)
WORKERS, HANDS = 4, 3


@dataclass
class Provider:
    """Answers or does not, and writes down when it did not by its own clock."""

    answers: bool = True
    failed: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, _target: str, _headers: Mapping[str, str]) -> Iterator[bytes]:
        with self.lock:
            now = time.monotonic()
            if not self.answers:
                self.failed.append(now)
                yield an_answer(b"", status=503)
            else:
                yield an_answer(BODY)


@dataclass
class Harness:
    """A database with its settings, and the use cases that requests are made with."""

    environment: dict[str, str]
    use_cases: UseCases

    def request(self, *names: str, provider: str = "quandl") -> list[UUID]:
        return [self.use_cases.request_fetch(DatasetCode("X", name), provider=provider).fetch.id for name in names]

    def fetches(self, ids: Sequence[UUID]) -> list[Fetch]:
        return [self.use_cases.follow_fetches(fetch_id) for fetch_id in ids]

    def ended(self, ids: Sequence[UUID], *, seconds: float) -> list[Fetch]:
        """Follow fetches until all have ended or so many seconds are over."""
        end = time.monotonic() + seconds
        found = self.fetches(ids)
        while not all(fetch.ended for fetch in found) and time.monotonic() < end:
            time.sleep(0.2)
            found = self.fetches(ids)
        return found


Opened = Callable[..., Harness]


@pytest.fixture
def opened(postgres_url: str, tmp_path: Path) -> Iterator[Opened]:
    """Open a house in a schema of its own, with options for the provider."""
    schema = f"limits_{uuid4().hex}"
    engine = open_engine(postgres_url, schema=schema)
    migrate(engine)

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def opening(**options: str) -> Harness:
        environment = {
            "LANNER_DATABASE_URL": postgres_url,
            "LANNER_DATABASE_SCHEMA": schema,
            "LANNER_DATA_DIR": str(tmp_path),
            "LANNER_LEASE_SECONDS": "5",
            "LANNER_LOG_LEVEL": "error",
            **{f"LANNER_PROVIDERS__{name.upper()}": value for name, value in options.items()},
        }
        use_cases = bootstrap(environment).use_cases()
        root.handlers[:], root.level = handlers, level
        return Harness(environment, use_cases)

    yield opening
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@contextmanager
def labourers(house: Harness) -> Iterator[None]:
    """Run processes that sweep and fetch with a breaker of short times."""
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    processes = [spawn.Process(target=labour, args=(house.environment, stop)) for _ in range(WORKERS)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in processes:
            process.join(40)
    assert [process.exitcode for process in processes] == [0] * WORKERS


def labour(environment: Mapping[str, str], stop: Event) -> None:
    container = bootstrap(environment)
    container.calls.override(Singleton(ProviderThrottle, store=container.store, concurrency=WORKERS * HANDS - 1, breaker=BREAKER))
    use_cases = container.use_cases()

    def work() -> None:
        while not stop.is_set():
            due = list(use_cases.reap_fetches(50))
            random.shuffle(due)
            for fetch_id in due:
                use_cases.fetch_dataset(fetch_id)
            stop.wait(0.05)

    threads = [threading.Thread(target=work) for _ in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    container.engine().dispose()


def fullest(starts: Sequence[float], seconds: float) -> int:
    """Count the calls in the fullest window of so many seconds."""
    return max(sum(start <= at < start + seconds for at in starts) for start in starts)


def logged(house: Harness) -> dict[int, float]:
    """Give the moments for which the last permits were given, by the store's clock and the permits' numbers."""
    engine = open_engine(house.environment["LANNER_DATABASE_URL"], schema=house.environment["LANNER_DATABASE_SCHEMA"])
    with engine.connect() as connection:
        found = {row.number: row.at.timestamp() for row in connection.execute(tables.calls.select())}
    engine.dispose()
    return found


@pytest.mark.faults(long=True)
def test_a_dead_provider_is_probed_and_then_used_again(opened: Opened) -> None:
    """While it is down at most one call an opening is made after the first failures; afterwards all ends well, within the limit."""
    provider = Provider(answers=False)
    with a_server(provider.respond) as address:
        house = opened(quandl__base_url=address, quandl__limits="20/1")
        ids = house.request(*(f"D{n}" for n in range(40)))
        with labourers(house):
            while len(probes := _probes(provider)) < 3:
                time.sleep(0.05)
            waiting = house.fetches(ids)
            provider.answers = True
            found = house.ended(ids, seconds=60)
    gaps = [later - earlier for earlier, later in pairwise(probes)]

    assert not any(fetch.ended for fetch in waiting)
    assert "circuit" in {fetch.waiting_for for fetch in waiting}
    assert min(gaps) >= BREAKER.seconds
    assert {fetch.status for fetch in found} == {FetchStatus.SUCCESS}
    assert fullest(list(logged(house).values()), 1) <= 20


def _probes(provider: Provider) -> list[float]:
    """Give the calls that came after the first failures, and after what was under way then."""
    failures = sorted(provider.failed)
    return [at for at in failures if at > failures[BREAKER.failures - 1] + 3] if len(failures) > BREAKER.failures else []


@pytest.mark.faults(long=True)
def test_a_hanging_provider_holds_not_every_place(opened: Opened) -> None:
    """While one provider answers nothing, fetches of others are done by what is left of the same workers."""
    over = threading.Event()

    def hang(_target: str, _headers: Mapping[str, str]) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while not over.wait(1):
            yield b"X-Patience: please\r\n"

    with a_server(hang) as address:
        house = opened(quandl__base_url=address)
        stuck = house.request(*(f"D{n}" for n in range(40)))
        with labourers(house):
            while sum(fetch.status is FetchStatus.RUNNING for fetch in house.fetches(stuck)) < WORKERS * HANDS - 1:
                time.sleep(0.05)
            others = house.ended(house.request(*(f"M{n}" for n in range(10)), provider="memory"), seconds=60)
            running = sum(fetch.status is FetchStatus.RUNNING for fetch in house.fetches(stuck))
            over.set()

    assert {fetch.status for fetch in others} == {FetchStatus.SUCCESS}
    assert running == WORKERS * HANDS - 1
