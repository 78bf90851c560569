"""FRED with all vintages, from a server that answers as FRED does with what ALFRED really sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime

import numpy as np
import pytest

from adapters.memory.unit_of_work import MemoryStore
from adapters.provider_kit.child_process import source as child_source
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.providers.fred import source as fred_source
from adapters.providers.fred.releases import release_dates, release_id
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, KeyRejected
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.use_cases.read_series import Selection
from domain.vintages import Vintage
from tests.builders import an_arrival, memory_use_cases
from tests.integration.fred_server import KEY, RECORDED, Fred, gdp, serving

pytestmark = pytest.mark.skipif(not (RECORDED / "alfred").is_dir(), reason="../shared/recorded/alfred is not beside this checkout")
GDP = DatasetCode("FRED", "GDP")
NOTHING = PriorState(newest=None)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def opened(stack: ExitStack, fred: Fred, name: str = "fred", **options: str):
    base_url = stack.enter_context(serving(fred))
    return InstalledProviders({name: {"base_url": base_url, "api_key": KEY, **options}}, deadline_seconds=60).source(name)


def kept(published: date, observations: Observations) -> Vintage:
    return Vintage.of(1, an_arrival(datetime(2024, 10, 31, tzinfo=UTC), published=published, observations=observations), None)


def same(one: Fetched, other: Fetched) -> bool:
    return [day for day, _ in one.vintages] == [day for day, _ in other.vintages] and all(
        a == b for (_, a), (_, b) in zip(one.vintages, other.vintages, strict=True)
    )


def test_gdp_as_it_was_known(stack):
    """One fetch brings the 393 vintages of GDP, and on each day what is known is what ALFRED's own as-of answer says."""
    use_cases = memory_use_cases({"fred": opened(stack, gdp())}, store=MemoryStore(), default="fred")
    requested = use_cases.request_fetch(GDP)
    fetch = use_cases.follow_fetches(requested.fetch.id)
    rows = json.loads((RECORDED / "alfred" / "fred_series_asof_date.json").read_text())["observations"]

    assert fetch.vintages_added == 393
    for day in sorted({row["realtime_start"] for row in rows}):
        known = {row["date"]: row["value"] for row in rows if row["realtime_start"] <= day <= row["realtime_end"]}
        state = use_cases.read_series(requested.series.id, Selection(moment=AsOf.parse(day))).observations
        found = {moment.isoformat(): value for moment, (value,) in state.rows()}
        assert found == {when: None if value == "." else float(value) for when, value in known.items()}


def test_chunks_are_no_vintages(stack, monkeypatch):
    """A history asked for in parts is the same as in one: where a window cuts a span nothing was published."""
    whole = opened(stack, gdp()).fetch(GDP, NOTHING)
    monkeypatch.setattr(child_source, "HEAVY_BYTES", 10**9)  # in this process, where the limits are others
    monkeypatch.setattr(fred_source, "_VINTAGES_A_QUERY", 90)
    monkeypatch.setattr(fred_source, "_ROWS_A_PAGE", 250)
    monkeypatch.setattr(fred_source, "_DAYS_A_PAGE", 100)
    fred = gdp()
    fred.longest = 90
    in_parts = opened(stack, fred).fetch(GDP, NOTHING)
    windows = {query["realtime_start"] for path, query in fred.asked if path.endswith("/observations")}

    assert len(windows) == 5
    assert same(whole, in_parts)


def test_only_later_vintages_are_asked_for(stack):
    """Of a series that is kept, the newest vintage is asked for again, and those after it."""
    fred = gdp()
    whole = opened(stack, fred).fetch(GDP, NOTHING)
    published, state = whole.vintages[-4]
    later = opened(stack, fred).fetch(GDP, PriorState(newest=kept(published, state)))

    assert [day for day, _ in later.vintages] == [day for day, _ in whole.vintages[-4:]]
    assert all(a == b for (_, a), (_, b) in zip(later.vintages, whole.vintages[-4:], strict=True))


def test_what_has_not_changed_is_not_read_again(stack):
    """If FRED's date of change is the one that confirmed what is kept, one call tells that nothing is new."""
    fred = gdp()
    source = opened(stack, fred)
    whole = source.fetch(GDP, NOTHING)
    fred.asked.clear()
    again = source.fetch(GDP, PriorState(newest=kept(*whole.vintages[-1]), validators=whole.validators))

    assert again.not_modified
    assert [path for path, _ in fred.asked] == ["/fred/series"]


@pytest.mark.parametrize(
    ("provider", "frequency", "options", "vintages"),
    [
        ("fred", "D", {}, 1),
        ("fred", "W", {}, 393),
        ("fred", "Q", {"history": "new"}, 1),
        ("fred", "D", {"history": "all"}, 393),
        ("alfred", "D", {}, 393),
    ],
)
def test_the_history_wanted(stack, provider, frequency, options, vintages):
    """All vintages come of weekly and coarser series, the newest of daily ones, unless ``history`` says otherwise; ALFRED gives all."""
    fred = gdp()
    fred.facts["frequency_short"] = frequency
    fetched = opened(stack, fred, provider, **options).fetch(GDP, NOTHING)

    assert len(fetched.vintages) == vintages
    assert fetched.vintages[-1][0] == date(2024, 10, 30)


def test_a_series_without_vintages(stack):
    """A series that FRED has and ALFRED has not comes as it is today, without a label."""
    fred = gdp()
    fred.in_alfred = False
    [(published, state)] = opened(stack, fred).fetch(GDP, NOTHING).vintages

    assert published is None
    assert (len(state), int(np.isnan(state.values).sum())) == (315, 4)


def test_refusals_are_named(stack):
    """An unknown series is not found, a wrong key rejected, though FRED says 400 to both; the key is in no message."""
    with pytest.raises(DatasetNotFound):
        opened(stack, gdp()).fetch(DatasetCode("FRED", "NOSUCH"), NOTHING)
    with pytest.raises(KeyRejected) as raised:
        opened(stack, gdp(), api_key="wrong-key").fetch(GDP, NOTHING)

    assert "LANNER_PROVIDERS__FRED__API_KEY" in raised.value.hint
    assert "wrong-key" not in raised.value.message + raised.value.hint


def test_facts_of_the_series(stack):
    """Name, unit, frequency and adjustment are FRED's own, and no address keeps the key."""
    fetched = opened(stack, gdp()).fetch(GDP, NOTHING)

    assert (fetched.metadata.name, fetched.metadata.unit) == ("Gross Domestic Product", "Billions of Dollars")
    assert (fetched.metadata.frequency, fetched.metadata.extra["dates"]) == ("quarterly", "first day of the period")
    assert KEY not in fetched.origin.request


def test_the_release_of_gdp_and_its_days(stack):
    """To which release GDP belongs is as recorded; planned days are asked for, too."""
    fred = gdp()
    base_url = stack.enter_context(serving(fred))
    source = InstalledProviders({"fred": {"base_url": base_url, "api_key": KEY}}, deadline_seconds=60).releases_source("fred")

    assert source.release_of(GDP) == "53"
    assert [event.at for event in source.release_dates("53")] == [date(2024, 11, 27), date(2024, 10, 30), date(2024, 9, 26)]
    assert fred.asked[-1] == (
        "/fred/release/dates",
        {"release_id": "53", "include_release_dates_with_no_data": "true", "sort_order": "desc", "limit": "1000", "file_type": "json"},
    )
    with pytest.raises(DatasetNotFound):
        source.release_of(DatasetCode("FRED", "NOPE"))


def test_dates_of_releases_are_read_as_recorded():
    """All of them, with the names that FRED gives them in its whole calendar."""
    document = json.loads((RECORDED / "fred" / "fred_releases_dates.json").read_text())
    found = release_dates(document)

    assert len(found) == 1000
    assert (found[8].at, found[8].title) == (date(2024, 11, 1), "Employment Situation")
    for bad in ({}, {"release_dates": [1]}, {"release_dates": [{"date": "soon"}]}):
        with pytest.raises(AnswerNotUnderstood):
            release_dates(bad)
    with pytest.raises(AnswerNotUnderstood):
        release_id({"releases": []})
