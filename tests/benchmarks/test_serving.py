"""
What serving costs: requests a second on the WIKI-like dataset, two API processes on Postgres, the load generator included.

Beside each figure stand the article's way (rows by an ORM, written by the standard library's JSON) and the same bytes from
memory, measured in the same minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy.orm import Session

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.frequency import Frequency
from domain.series import Metadata
from tests.benchmarks.article_api import Base, Row, engine_of
from tests.benchmarks.datasets import wiki
from tests.benchmarks.load import ROOT, Load, loaded
from tests.benchmarks.table import Ratios
from tests.builders import an_arrival, append
from tests.servers import free_port, listens

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PROCESSES, THREADS = 2, 8
ROUNDS, FIRSTS = 5, 15
GZIP = {"Accept-Encoding": "gzip"}
START_SECONDS = 30


@dataclass(frozen=True)
class Servers:
    """Where the three listen, and what they serve."""

    lanner: int
    article: int
    raw: int
    series: UUID
    process: int

    @property
    def path(self) -> str:
        return f"/timeseries/{self.series}/data"

    def ask(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.lanner}{path}", headers=headers, timeout=30)


@pytest.fixture(scope="module")
def servers(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder, schema = tmp_path_factory.mktemp("serving"), f"serving_{uuid4().hex[:8]}"
    series = kept(postgres_url, schema)
    lanner, article, raw = free_port(), free_port(), free_port()
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANNER_DATA_DIR": str(folder / "data"),
        "LANNER_PORT": str(lanner),
        "LANNER_DATABASE_URL": postgres_url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_API_PROCESSES": str(PROCESSES),
        "LANNER_BROKER_URL": "amqp://127.0.0.1:1/",
    }
    with started([sys.executable, "-m", "entrypoints.cli", "api"], settings, lanner, folder) as process:
        found = Servers(lanner, article, raw, series, process)
        coded = requests.get(f"http://127.0.0.1:{lanner}{found.path}", headers=GZIP, timeout=30, stream=True)
        (folder / "raw").write_bytes(coded.raw.read())
        other = {**os.environ, "RAW_FILE": str(folder / "raw"), "ARTICLE_DATABASE_URL": postgres_url}
        served = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(PROCESSES), "--blocking-threads", str(THREADS)]
        served += ["--host", "127.0.0.1", "--no-access-log", "--log-level", "error"]
        with (
            started([*served, "--port", str(article), "--factory", "tests.benchmarks.article_api:create_app"], other, article, folder),
            started([*served, "--port", str(raw), "tests.benchmarks.article_api:raw"], other, raw, folder),
        ):
            yield found


def kept(url: str, schema: str) -> UUID:
    """Keep the dataset in both ways, and return the series' id."""
    engine, state = open_engine(url, schema=schema), wiki(dividends=False)
    migrate(engine)
    with SqlStore(engine).writing() as uow:
        series = uow.series.add("quandl", DatasetCode("WIKI", "FB"))
        uow.series.lock(series.id)
        append(uow, series.id, [an_arrival(datetime.now(UTC), state)])
        uow.series.record_fetch(uow.series.get(series.id), Metadata(name="Prices", frequency=Frequency.DAILY))
        uow.commit()
    engine.dispose()
    orm = engine_of(url)
    Base.metadata.drop_all(orm)
    Base.metadata.create_all(orm)
    with Session(orm) as session:
        session.add_all(Row(series=1, date=day, **{f"c{n}": value for n, value in enumerate(row, 1)}) for day, row in state.rows())
        session.commit()
    orm.dispose()
    return series.id


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str], port: int, folder: Path) -> Iterator[int]:
    """Run a server until left."""
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, env=dict(environment), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START_SECONDS
        while not listens(port):
            assert process.poll() is None, (folder / f"{port}.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def rate(load: Load, *statuses: str) -> float:
    """Return the answers in a second; any that is not as it should be makes the measurement void."""
    assert set(load.statuses) <= set(statuses or ("200",)), load.statuses
    return load.rate


def everywhere(servers: Servers, paths: Sequence[str], headers: Mapping[str, str]) -> None:
    """Have every process make every answer: so many ask that each gets some, and what one refuses at first it has by the end."""
    loaded(servers.lanner, paths, headers=headers, connections=32, seconds=2)


def test_requests_a_second(servers: Servers, ratios: Ratios) -> None:
    """Whole answers, what is not sent again, the newest value and other formats, by how much faster than the article's way."""
    tag = servers.ask(servers.path, **GZIP).headers["ETag"]
    asked = {
        "whole, gzip JSON": (servers.path, GZIP, "200", 200),
        "304": (servers.path, GZIP | {"If-None-Match": tag}, "304", 350),
        "limit=1": (f"{servers.path}?limit=1", GZIP, "200", 150),
        "CSV, gzip": (f"{servers.path}.csv", GZIP, "200", 50),
        "Parquet": (f"{servers.path}.parquet", {}, "200", 50),
    }
    rates: dict[str, list[float]] = {name: [] for name in (*asked, "article", "raw")}
    for path, headers, _, _ in asked.values():
        everywhere(servers, [path], headers)
    for _ in range(ROUNDS):
        rates["article"].append(rate(loaded(servers.article, ["/timeseries?id=1"], connections=4, seconds=4)))
        rates["raw"].append(rate(loaded(servers.raw, ["/"])))
        for name, (path, headers, status, _) in asked.items():
            rates[name].append(rate(loaded(servers.lanner, [path], headers=headers), status))
    best = {name: max(found) for name, found in rates.items()}
    for name, (_, _, _, goal) in asked.items():
        ratios.add(f"{name}, requests/s: × the article's", best[name], best["article"], goal)
    # The two of a round are measured one after the other, while the machine's speed is about the same.
    whole, raw = sorted(zip(rates["whole, gzip JSON"], rates["raw"], strict=True), key=lambda both: both[0] / both[1])[ROUNDS // 2]
    ratios.add("whole, gzip JSON, requests/s: × the same bytes from memory", whole, raw, 0.4)


def test_first_answers(servers: Servers, ratios: Ratios) -> None:
    """An answer that nobody asked for before takes at most a third of the article's time."""
    firsts, others = [], []
    for turn in range(FIRSTS):
        begun = time.perf_counter()
        servers.ask(f"{servers.path}?start_date=1900-01-{turn + 1:02}", **GZIP)
        between = time.perf_counter()
        requests.get(f"http://127.0.0.1:{servers.article}/timeseries?id=1", timeout=30)
        firsts.append(between - begun)
        others.append(time.perf_counter() - between)
    ratios.add("first answer, ms: the article's by ours", 1e3 * min(others), 1e3 * min(firsts), 3)


def test_health_beside_large_answers(servers: Servers, ratios: Ratios) -> None:
    """While 16 connections ask for answers that nobody asked for before, a probe waits no longer than most of them."""
    paths = [f"{servers.path}?start_date=1901-01-01&limit={9_000 + n}" for n in range(900)]
    slowest = 0.0
    with ThreadPoolExecutor(1) as meanwhile:
        crowd = meanwhile.submit(loaded, servers.lanner, paths, connections=16, seconds=4)
        while not crowd.done():
            begun = time.perf_counter()
            assert servers.ask("/healthz").status_code == 200
            slowest = max(slowest, time.perf_counter() - begun)
            time.sleep(0.01)
    ratios.add("16 first answers' p99 by the slowest /healthz beside them, ms", crowd.result().p99, 1e3 * slowest, 1)


def test_two_hundred_clients(servers: Servers, ratios: Ratios) -> None:
    """A minute of mixed load from 200 connections: no error, no client far behind the others, no growing memory."""
    kinds = ("", "?limit=1", ".csv", ".csv?limit=10", "?collapse=monthly", "?column_index=1&transform=rdiff", ".parquet?limit=500")
    paths = [servers.path + kind for kind in kinds] + [f"/timeseries/{servers.series}", "/timeseries?limit=1", "/healthz"]
    everywhere(servers, paths, GZIP)
    before = memory(servers.process)
    found = loaded(servers.lanner, paths, headers=GZIP, connections=200, seconds=60)
    after = memory(servers.process)
    rate(found)
    ratios.add("200 clients for 60 s: 50 × p50 by p99", 50 * found.p50, found.p99, 1)
    ratios.add("memory of an API process after it, MB of 250 + cache", 250.0 + 256.0, max(after), 1)
    ratios.add("memory before it by after it", max(before), max(after), 0.8)


def memory(pid: int) -> list[float]:
    """Return the megabytes (PSS) of a process's children that serve."""
    children = [Path(f"/proc/{child}") for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    sizes = []
    for child in children:
        lines = (child / "smaps_rollup").read_text().splitlines()
        sizes.append(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3)
    return sizes
