"""How many fetches a machine does in a second, all included, against the article's own task; and where a fetch's time goes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from adapters.sql.schema import migrate
from config import bootstrap
from config.container import Container
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import DataSource, Fetched, ParsesResponses, PriorState, RawResponse, Store, UnitOfWork
from domain.providers import Provider
from tests.benchmarks import article
from tests.benchmarks.quandl import LONG, SHORT, answer, quandl
from tests.benchmarks.table import Ratios, Table, least, timed

pytestmark = [pytest.mark.bench, pytest.mark.server, pytest.mark.timeout(900)]

ROUNDS = 7
PROCESSES = 2
AT_ONCE = {SHORT: 400, LONG: 60}
TIMES_FASTER = {SHORT: 3.0, LONG: 4.0}
NAMES = {SHORT: "240-row answers", LONG: "10,000 × 12 answers"}


@dataclass(frozen=True)
class Stack:
    """Both ways of fetching, each with its worker running."""

    container: Container
    schema: str
    database: Any
    tasks: Any

    def by_lanner(self, kind: str, count: int) -> float:
        """Request so many series and wait until the last is kept; return how many a second."""
        request, run = self.container.use_cases().request_fetch, uuid4().hex
        begun = time.perf_counter()
        for n in range(count):
            request(DatasetCode("WIKI", f"{kind}{run}-{n}"), provider="quandl")
        done = f"SELECT count(*) FROM {self.schema}.series WHERE vintage IS NOT NULL AND dataset_code LIKE '%{run}%'"
        self._wait(done, count)
        return count / (time.perf_counter() - begun)

    def by_article(self, kind: str, count: int) -> float:
        """Do the same with the article's task."""
        run = uuid4().hex
        begun = time.perf_counter()
        for n in range(count):
            with Session(self.tasks) as session:
                series = article.TimeSeries(database_code="WIKI", dataset_code=f"{kind}{run}-{n}")
                session.add(series)
                session.commit()
                article.fetch_data_from_quandl.delay(str(series.id))
        self._wait(f"SELECT count(*) FROM article_timeseries WHERE status = 'success' AND dataset_code LIKE '%{run}%'", count)
        return count / (time.perf_counter() - begun)

    def _wait(self, question: str, count: int) -> None:
        while True:
            self.database.execute(question)
            if self.database.fetchone()[0] >= count:
                return
            time.sleep(0.02)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with quandl() as url:
        yield url


@pytest.fixture
def container(provider: str, postgres_url: str, tmp_path: Path) -> Iterator[Container]:
    with opened(provider, postgres_url, "memory://", tmp_path) as (container, _):
        yield container


@pytest.fixture
def stack(provider: str, postgres_url: str, broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    named = {"ARTICLE_BROKER_URL": broker_url, "ARTICLE_DATABASE_URL": alchemical(postgres_url), "ARTICLE_PROVIDER_URL": provider}
    article.app.conf.broker_url = broker_url
    tasks = create_engine(named["ARTICLE_DATABASE_URL"])
    article.Base.metadata.create_all(tasks)
    with opened(provider, postgres_url, broker_url, tmp_path) as (container, environment), ExitStack() as running:
        running.enter_context(worker(["-m", "entrypoints.cli", "worker"], environment, tmp_path / "lanner.log"))
        celery = ["-m", "celery", "-A", "tests.benchmarks.article", "worker", f"--concurrency={PROCESSES}", "--loglevel=error"]
        running.enter_context(worker(celery, named, tmp_path / "article.log"))
        with psycopg2.connect(postgres_url) as connection:
            connection.autocommit = True
            yield Stack(container, environment["LANNER_DATABASE_SCHEMA"], connection.cursor(), tasks)
    tasks.dispose()


@pytest.mark.parametrize("kind", [SHORT, LONG])
def test_throughput(stack: Stack, ratios: Ratios, kind: str) -> None:
    """On the same machine in the same minutes, provider and requests included, lanner fetches several times as much."""
    stack.by_lanner(kind, 4)
    stack.by_article(kind, 4)
    rounds = [(stack.by_lanner(kind, AT_ONCE[kind]), stack.by_article(kind, AT_ONCE[kind])) for _ in range(ROUNDS)]
    # One after the other they meet the same machine, whose speed changes from minute to minute.
    ours, theirs = sorted(rounds, key=lambda paces: paces[0] / paces[1])[ROUNDS // 2]
    ratios.add(f"fetches a second and the article's, {NAMES[kind]}", ours, theirs, TIMES_FASTER[kind])


@pytest.mark.parametrize("kind", [SHORT, LONG])
def test_where_the_time_goes(container: Container, table: Table, kind: str) -> None:
    """A fetch is requested, claimed, asked for, parsed, compared and encoded, and closed."""
    use_cases, watch = container.use_cases(), Watch()
    do = replace(
        use_cases.fetch_dataset,
        store=WatchedStore(container.store(), watch),  # type: ignore[arg-type]
        providers=WatchedProviders(container.data_sources(), watch),  # type: ignore[arg-type]
    )
    for n in range(10):
        with watch.on("request"):
            fetch = use_cases.request_fetch(DatasetCode("WIKI", f"{kind}{n}"), provider="quandl").fetch
        watch.stages = iter(("claim", "compare and encode", "close"))
        do(fetch.id)
    source, body = container.data_sources().source("quandl"), answer(kind)
    assert isinstance(source, ParsesResponses)
    (parsing,) = least(lambda: timed(lambda: source.parse(DatasetCode("WIKI", kind), RawResponse(body=body))), rounds=10)
    spent = {stage: min(times) for stage, times in watch.spent.items()}
    spent["ask and parse"] = spent.pop("ask")
    for stage, took in {**spent, "parse alone": parsing}.items():
        table.add(f"of a fetch, {NAMES[kind]}: {stage}, ms", "Postgres", took)


@dataclass
class Watch:
    """What each stage of some fetches took, in milliseconds."""

    spent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stages: Iterator[str] = field(default_factory=lambda: iter(()))

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.spent[stage].append((time.perf_counter() - begun) * 1e3)


@dataclass
class WatchedStore:
    """Names the units of work of a fetch in their order."""

    store: Store
    watch: Watch

    def reading(self) -> Any:
        return self._watched(self.store.reading)

    def writing(self) -> Any:
        return self._watched(self.store.writing)

    @contextmanager
    def _watched(self, begin: Callable[[], UnitOfWork]) -> Iterator[UnitOfWork]:
        with self.watch.on(next(self.watch.stages)), begin() as uow:
            yield uow


@dataclass
class WatchedProviders:
    """Hands out sources under watch."""

    providers: Any
    watch: Watch

    def get(self, name: str) -> Provider:
        return self.providers.get(name)

    def refusal(self, name: str, code: DatasetCode) -> FetchError | None:
        return self.providers.refusal(name, code)

    def source(self, name: str) -> DataSource:
        return WatchedSource(self.providers.source(name), self.watch)


@dataclass
class WatchedSource:
    source: DataSource
    watch: Watch

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        with self.watch.on("ask"):
            return self.source.fetch(code, known)


@contextmanager
def opened(provider: str, postgres_url: str, broker_url: str, folder: Path) -> Iterator[tuple[Container, dict[str, str]]]:
    schema = f"bench_{uuid4().hex}"
    environment = {
        "LANNER_DATABASE_URL": postgres_url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_BROKER_URL": broker_url,
        "LANNER_DATA_DIR": str(folder / "data"),
        "LANNER_PROVIDERS__QUANDL__BASE_URL": provider,
        "LANNER_LOG_LEVEL": "warning",
        "LANNER_WORKER_PROCESSES": "1" if broker_url.startswith("memory:") else str(PROCESSES),
    }
    container = bootstrap(environment)
    migrate(container.engine())
    yield container, environment
    container.engine().dispose()
    with psycopg2.connect(postgres_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {schema} CASCADE")


@contextmanager
def worker(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, **environment}, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def alchemical(url: str) -> str:
    """Spell a URL as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg2://").replace("postgres://", "postgresql+psycopg2://")
