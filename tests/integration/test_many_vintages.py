"""FRED's API of a series with 12,000 vintages, six times as many as FRED itself answers at once."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from falcon.testing import TestClient
from sqlalchemy import event

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.observations import Observations
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from tests.builders import an_arrival, append, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.fakes import CannedSource

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

VINTAGES, ROWS = 12_000, 60
EVER = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31"}
#: The answer alone has some 2.2 MB; all states as they are would be 12 MB, and a table of them by date 1.2 GB.
MEGABYTES = 60


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqlStore, TestClient]]:
    """A daily series of which each day's vintage brings a value and revises the one before; it has the last 60 days."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('many') / 'lanner.db'}", schema="many")
    migrate(engine)
    store, now = SqlStore(engine), datetime.now(UTC)
    days = np.arange(VINTAGES + ROWS) + (np.datetime64(now.date()) - VINTAGES - ROWS - 1)
    values = np.arange(VINTAGES + ROWS, dtype=float)
    with store.writing() as uow:
        series = uow.series.add("canned", DatasetCode("CANNED", "DAILY"))
        arrivals = []
        for number in range(VINTAGES):
            part = slice(number, number + ROWS)
            state = values[part].copy()
            state[-1] += 0.5
            day = days[number + ROWS].astype(object)
            known = datetime.combine(day, time(23, 59, 59), UTC)
            observations = Observations.from_trusted(days[part], ("Value",), state[:, None])
            arrivals.append(an_arrival(now + timedelta(seconds=number), observations, published=day, known_at=known))
        append(uow, series.id, arrivals)
        uow.series.record_fetch(uow.series.get(series.id), CannedSource().metadata)
        uow.commit()
    use_cases = memory_use_cases({"canned": CannedSource()}, store=store)  # type: ignore[arg-type]
    sender = ResponseSender(capacity=0)
    yield store, TestClient(create_app(use_cases, allowed_hosts=(), sender=sender), headers=LOCAL)
    engine.dispose()


def test_all_of_them_in_one_answer(service: tuple[SqlStore, TestClient]) -> None:
    """Two rows for each day, in memory that does not grow with states times dates, by a handful of statements."""
    store, client = service
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    tracemalloc.start()
    answer = client.simulate_get("/fred/series/observations", params={"series_id": "CANNED/DAILY", "file_type": "json", **EVER})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = answer.json["observations"]

    assert (answer.status_code, answer.json["count"], len(rows)) == (200, 2 * VINTAGES + ROWS - 2, 2 * VINTAGES + ROWS - 2)
    assert len({row["realtime_start"] for row in rows}) == VINTAGES
    assert len(statements) < 30
    assert peak < MEGABYTES * 2**20


def test_their_days(service: tuple[SqlStore, TestClient]) -> None:
    """More than the 10,000 that FRED lists at once."""
    _, client = service
    found = client.simulate_get("/fred/series/vintagedates", params={"series_id": "CANNED/DAILY", "file_type": "json"}).json

    assert (found["count"], len(found["vintage_dates"]), found["limit"]) == (VINTAGES, VINTAGES, VINTAGES)
