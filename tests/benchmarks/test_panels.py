"""What a panel costs: a back-test frame beside a client's loop over ``/data?as_of``, and the memory of a large one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import requests

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.frequency import Frequency
from domain.observations import Observations
from domain.series import Metadata
from domain.vintages import NewState
from tests.benchmarks.load import ROOT
from tests.benchmarks.table import Ratios
from tests.benchmarks.test_serving import started
from tests.builders import an_arrival, append
from tests.servers import free_port

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

SERIES, MONTHS, VINTAGES = 100, 240, 300
FETCHED = datetime(2025, 1, 10, tzinfo=UTC)
#: The loop is measured on so many of the series, since it takes long; each costs the same.
LOOPED, ROUNDS = 3, 3
BODY = {"start": "2004-12-31", "end": "2024-11-30", "every": "month_ends", "at": "16:00", "tz": "America/New_York"}


@dataclass(frozen=True)
class Served:
    """An API over series with many vintages."""

    name: str
    port: int
    ids: Sequence[UUID]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def vintages_of(seed: int) -> list[NewState]:
    """Return monthly vintages, each with one more month and the last three revised."""
    random = np.random.default_rng(seed)
    months = np.arange("1975-01", "2025-01", dtype="datetime64[M]").astype("datetime64[D]")
    values, found = np.round(100 + random.normal(0, 1, len(months)).cumsum(), 2), []
    for number in range(VINTAGES):
        last = len(months) - VINTAGES + number
        values[last - 3 : last] = np.round(values[last - 3 : last] + random.normal(0, 0.1, 3), 2)
        label: date = (months[last] + 13).astype(object)
        known_at = datetime(label.year, label.month, label.day, 23, 59, 59, tzinfo=UTC)
        state = Observations.of(months[:last], ["a"], values[:last, None].copy())
        found.append(an_arrival(FETCHED, state, published=label, known_at=known_at))
    return found


def fill(url: str, schema: str) -> list[UUID]:
    engine = open_engine(url, schema=schema)
    migrate(engine)
    store, ids = SqlStore(engine), []
    states = [vintages_of(seed) for seed in range(5)]
    for number in range(SERIES):
        with store.writing() as uow:
            series = uow.series.add("canned", DatasetCode("BENCH", f"S{number}"))
            append(uow, series.id, states[number % len(states)])
            uow.series.record_fetch(uow.series.get(series.id), Metadata(frequency=Frequency.MONTHLY))
            uow.commit()
        ids.append(series.id)
    engine.dispose()
    return ids


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path / 'lanner.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    schema, port = f"panels_{uuid4().hex[:8]}", free_port()
    ids = fill(url, schema)
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANNER_DATA_DIR": str(tmp_path / "data"),
        "LANNER_PORT": str(port),
        "LANNER_DATABASE_URL": url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_API_PROCESSES": "1",
        "LANNER_BROKER_URL": "amqp://127.0.0.1:1/",
    }
    with ExitStack() as stack:
        stack.enter_context(started([sys.executable, "-m", "entrypoints.cli", "api"], settings, port, tmp_path))
        yield Served(request.param, port, ids)


def test_a_panel_beside_a_loop(served: Served, ratios: Ratios) -> None:
    """A hundred series at 240 month ends with 300 vintages each, as Parquet, by how much faster than a client's loop."""
    body = {**BODY, "series": [{"code": f"BENCH/S{number}"} for number in range(SERIES)]}
    panels, loops = [], []
    with requests.Session() as session:
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            answer = session.post(served.url("/panel.parquet?shape=wide"), json=body, timeout=600)
            panels.append(time.perf_counter() - begun)
            assert answer.status_code == 200, answer.text
            loops.append(looped(session, served))
    ratios.add(f"100 series × 240 months, Parquet, s: the loop's, {served.name}", min(loops), min(panels), 20)


def looped(session: requests.Session, served: Served) -> float:
    """Return the seconds that a loop over all series takes, by those that it takes for some."""
    end, begun = datetime(2024, 12, 31, 21, tzinfo=UTC), time.perf_counter()
    for series in served.ids[:LOOPED]:
        for month in range(MONTHS):
            moment = (end - timedelta(days=30.4 * month)).isoformat().replace("+00:00", "Z")
            answer = session.get(served.url(f"/timeseries/{series}/data.json?as_of={moment}&limit=1"), timeout=60)
            assert answer.status_code == 200
    return (time.perf_counter() - begun) * SERIES / LOOPED


_LARGE = r"""
import re, sys
from pathlib import Path
from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from domain.panels.query import PanelQuery
from domain.providers import Routing
from domain.use_cases.read_panel import ReadPanel
from entrypoints.formats import Format
from entrypoints.panel_files import Shape, encode_panel
from tests.benchmarks.test_panels import BODY, SERIES
from tests.fakes import FakeProviders

read = ReadPanel(SqlStore(open_engine(sys.argv[1], schema="unused")), FakeProviders({"canned": None}), Routing({}, "canned"))
names = [{"code": f"BENCH/S{number % SERIES}", "name": str(number)} for number in range(1000)]
for shape in Shape:
    encode_panel(read(PanelQuery.read({**BODY, "series": names})), shape, Format.PARQUET)
print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1e3)
"""


def test_memory_of_a_large_panel(tmp_path: Path, ratios: Ratios) -> None:
    """A thousand series at 240 month ends, in both shapes, take a process to at most 300 MB in all."""
    url = f"sqlite:///{tmp_path / 'lanner.db'}"
    fill(url, "unused")
    peak = float(subprocess.check_output([sys.executable, "-c", _LARGE, url], cwd=ROOT, text=True))
    ratios.add("300 MB by the peak of 1000 series × 240 months, MB", 300.0, peak, 1)
