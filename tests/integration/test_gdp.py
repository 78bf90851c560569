"""US GDP with all its vintages, through the whole of fetching and storing, against ALFRED's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import text

from adapters.memory.dispatcher import NullDispatcher
from adapters.memory.tracer import NullTracer
from adapters.provider_kit.calendars.reader import IcsReader
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.fetches import RetryPolicy
from domain.fetching.freshness import Freshness
from domain.fetching.provider_throttle import ProviderThrottle
from domain.moments import AsOf
from domain.observations import Observations
from domain.providers import Routing
from domain.realtime_periods import RealtimePeriods
from domain.use_cases.fetch_dataset import FetchDataset
from domain.use_cases.plan_next_look import PlanNextLook
from domain.use_cases.read_calendar import ReadCalendar
from domain.use_cases.read_realtime import ReadRealtime, RealtimeQuery
from domain.use_cases.read_releases import ReadReleases, TriangleQuery
from domain.use_cases.read_series import ReadSeries, Selection
from domain.use_cases.request_fetch import RequestFetch
from domain.use_cases.watch_equivalences import WatchEquivalences
from tests.builders import every_six_hours

RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "alfred"
EVER = RealtimeQuery(first=date(1776, 7, 4), last=date(9999, 12, 31))
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="../shared/recorded/alfred is not beside this checkout")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqlStore, Freshness, UUID]]:
    """GDP after one fetch: the store, and the series in it."""
    schema = f"gdp_{uuid4().hex}"
    path = tmp_path_factory.mktemp("gdp") / "lanner.db"
    engine = open_engine(f"sqlite:///{path}" if request.param == "sqlite" else request.getfixturevalue("postgres_url"), schema=schema)
    migrate(engine)
    store, providers = SqlStore(engine), InstalledProviders({}, deadline_seconds=10)
    freshness = Freshness(providers, None)
    ask = RequestFetch(
        store=store,
        providers=providers,
        routing=Routing({}, "quandl"),
        freshness=freshness,
        dispatcher=NullDispatcher(),
        tracer=NullTracer(),
    )
    requested = ask(DatasetCode("SAMPLE", "GDP"))
    calls = ProviderThrottle(store=store)
    calendars = ReadCalendar(store=store, providers=providers, calls=calls, reader=IcsReader(memory_bytes=2**30, seconds=10))
    fetch = FetchDataset(
        store=store,
        providers=providers,
        calls=calls,
        tracer=NullTracer(),
        retry=RetryPolicy(60),
        plan_next_look=PlanNextLook(store=store, providers=providers, learn=every_six_hours, read_calendar=calendars),
        watch_equivalences=WatchEquivalences(store),
        lease_seconds=30,
        deadline_seconds=120,
    )
    ended = fetch(requested.fetch.id)
    assert ended
    assert ended.vintages_added == 393
    yield store, freshness, requested.series.id
    if request.param == "postgres":
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(scope="module")
def gdp(stored: tuple[SqlStore, Freshness, UUID]) -> Callable[[str], Observations]:
    """Read GDP as it was known on a day."""
    store, freshness, series_id = stored
    read = ReadSeries(store=store, freshness=freshness)
    return lambda day: read(series_id, Selection(moment=AsOf.parse(day))).observations


def answer(name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((RECORDED / name).read_text())["observations"]
    return rows


def test_every_state_up_to_2019(gdp: Any) -> None:
    """Each state that follows from the recorded as-of answer is the one read back, missing values and absent dates included."""
    rows = answer("fred_series_asof_date.json")
    days = sorted({row["realtime_start"] for row in rows})
    for day in days:
        known = {row["date"]: row["value"] for row in rows if row["realtime_start"] <= day <= row["realtime_end"]}
        expected = {when: None if value == "." else float(value) for when, value in known.items()}
        found = {label.isoformat(): value for label, (value,) in gdp(day).rows()}
        assert found == expected

    assert len(days) > 300


def test_every_first_value(gdp: Any) -> None:
    """Each quarter's first release, as recorded, is the value known on the day of that release."""
    rows = answer("fred_series_initial_release.json")
    for row in rows:
        found = {label.isoformat(): value for label, (value,) in gdp(row["realtime_start"]).rows()}
        assert found[row["date"]] == float(row["value"])

    assert len(rows) == 132


def test_the_first_releases_are_those_of_alfred(stored: tuple[SqlStore, Freshness, UUID]) -> None:
    """Release 0 is exactly what ALFRED answers with output_type=4: 132 quarters, their values and their days, and no other one."""
    store, _, series_id = stored
    found = ReadReleases(store).nth(series_id, TriangleQuery(limit=None), 0).rows
    recorded = [(row["date"], float(row["value"]), row["realtime_start"]) for row in answer("fred_series_initial_release.json")]

    assert [(str(row.date), row.release.value, str(row.release.vintage.published)) for row in found] == recorded
    assert len(found) == 132


def spans(found: RealtimePeriods, window: tuple[str, str] = ("1776-07-04", "9999-12-31")) -> list[dict[str, str]]:
    """Rows as FRED writes them, which cuts them at the window."""
    texts = [[str(day) for day in days] for days in (found.first_days, found.last_days, found.dates)]
    values = ["." if value != value else str(value) for value in found.values.tolist()]  # noqa: PLR0124 - NaN
    first, last = window
    return [
        {"realtime_start": max(since, first), "realtime_end": min(until, last), "date": when, "value": value}
        for since, until, when, value in zip(*texts, values, strict=True)
    ]


def recorded(name: str) -> list[dict[str, str]]:
    """An answer, with each number written in one way: ALFRED has both 270 and 270.0."""
    return [row | {"value": row["value"] if row["value"] == "." else str(float(row["value"]))} for row in answer(name)]


def test_all_real_time_periods_are_those_of_alfred(stored: tuple[SqlStore, Freshness, UUID]) -> None:
    """Every value with its first and last day, of all 393 vintages, and the days of these."""
    store, _, series_id = stored
    found = ReadRealtime(store)(series_id, EVER).periods
    vintages = json.loads((RECORDED / "fred_series_vintagedates.json").read_text())["vintage_dates"]

    assert spans(found) == recorded("fred_series_all_releases.json")
    assert spans(found.take(found.is_initial)) == recorded("fred_series_initial_release.json")
    assert [str(day) for day in ReadRealtime(store).days(series_id)] == vintages


def test_a_window_chooses_the_rows_that_alfred_chooses(stored: tuple[SqlStore, Freshness, UUID]) -> None:
    """They are the recorded ones, but for the end of what was still valid: that ALFRED cuts, and here it stays as it is."""
    store, _, series_id = stored
    found = ReadRealtime(store)(series_id, replace(EVER, last=date(2019, 1, 1))).periods
    every = {tuple(row.values()) for row in recorded("fred_series_all_releases.json")}

    assert spans(found, ("1776-07-04", "2019-01-01")) == recorded("fred_series_asof_date.json")
    assert {tuple(row.values()) for row in spans(found)} <= every


@pytest.mark.parametrize(("first", "last"), [("1999-10-28", "2003-12-10"), ("2018-07-27", "2018-07-27"), ("2013-07-31", "9999-12-31")])
def test_all_vintages_in_a_window_are_seen_in_its_rows(stored: tuple[SqlStore, Freshness, UUID], first: str, last: str) -> None:
    """Each day on which something was published is where a row begins or follows, as it is not where ALFRED cuts them."""
    store, _, series_id = stored
    window = date.fromisoformat(first), date.fromisoformat(last)
    found = ReadRealtime(store)(series_id, replace(EVER, first=window[0], last=window[1])).periods
    ends = found.last_days[found.last_days < np.datetime64("9999-12-31")]
    seen = {day for day in (*found.first_days.tolist(), *(ends + 1).tolist()) if window[0] <= day <= window[1]}

    assert seen == {day for day in ReadRealtime(store).days(series_id) if window[0] <= day <= window[1]}


def test_a_day_counts_with_its_end(gdp: Any) -> None:
    """An estimate of a day is known at the day's end and not a second earlier."""
    day = date(2009, 1, 30)
    before = datetime.combine(day, time(23, 59, 58)).isoformat() + "Z"

    assert (gdp(before).last, gdp(day.isoformat()).last) == (date(2008, 7, 1), date(2008, 10, 1))
