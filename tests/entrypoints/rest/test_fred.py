"""FRED's API but for observations: series, vintage dates, searches, releases, empty lists, keys and errors."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from falcon.testing import TestClient

from domain.errors import DamagedVintage, DatasetNotFound, FetchError, RateLimited, SourceUnavailable
from domain.frequency import Frequency
from domain.series import Metadata
from domain.use_cases.read_series import Reading, ReadSeries, Selection
from entrypoints.rest.app import create_app
from entrypoints.rest.fred.documents import short_units
from entrypoints.rest.fred.nothing import _LISTS
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.fred import FredClient, Publishing
from tests.fakes import CannedSource

DESCRIBED = {
    "id": "JOBS",
    "realtime_start": "2024-03-01",
    "realtime_end": "2024-03-01",
    "title": 'Jobs & "Wages"',
    "observation_start": "2023-10-01",
    "observation_end": "2024-01-01",
    "frequency": "Monthly",
    "frequency_short": "M",
    "units": "Thousands of Persons",
    "units_short": "Thous. of Persons",
    "seasonal_adjustment": "Not Seasonally Adjusted",
    "seasonal_adjustment_short": "NSA",
    "last_updated": "2024-02-15 23:59:59+00",
    "popularity": 0,
    "notes": "What they are.\nAnd more.",
}


def three() -> FredClient:
    """A client of three series, one of them of another provider."""
    fred = FredClient(others={"canned": CannedSource(metadata=Metadata(name="Prices of Jobs", frequency=Frequency.DAILY))})
    for name in ("JOBS", "UNITS", "CANNED/FB"):
        fred.json("series", series_id=name)
    return fred


@pytest.fixture(scope="module")
def fred() -> FredClient:
    return three()


def test_a_series(fred: FredClient) -> None:
    """All that FRED says, as JSON and XML; what only a provider knows is left as it is."""
    [described] = fred.json("series", series_id="JOBS")["seriess"]
    [element] = fred.xml("series", series_id="JOBS")

    assert list(described.items()) == list(DESCRIBED.items())
    assert element.attrib == {name: str(value) for name, value in DESCRIBED.items()}
    again = fred.get("/fred/series", series_id="JOBS")
    assert fred.get("/fred/series", series_id="JOBS", headers={"If-None-Match": again.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    ("units", "short"),
    [
        ("Billions of Dollars", "Bil. of $"),
        ("Billions of dollars", "Bil. of $"),
        ("Percent", "%"),
        ("Index 1966:Q1=100", "Index 1966:Q1=100"),
        ("Millions of Chained 2017 Dollars", "Mil. of Chn. 2017 $"),
    ],
)
def test_units_in_short(units: str, short: str) -> None:
    """As FRED abbreviates them."""
    assert short_units(units) == short


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (Metadata(frequency=Frequency.WEEKLY, extra={"dates": "last day of the week, a Friday"}), ("Weekly, Ending Friday", "W")),
        (Metadata(frequency=Frequency.ANNUAL), ("Annual", "A")),
        (Metadata(), ("Not Applicable", "NA")),
    ],
)
def test_frequencies(metadata: Metadata, expected: tuple[str, str]) -> None:
    """A week says its last day; two dates alone say nothing."""
    source = Publishing(states={date(2024, 1, 1): [1.0, 2.0]}, metadata=metadata)
    [described] = FredClient(source=source).json("series", series_id="X")["seriess"]

    assert (described["frequency"], described["frequency_short"]) == expected


def test_hostile_texts_are_xml() -> None:
    """Quotes, lines and signs that no XML can hold."""
    text = 'a "b" <c> & \x01\ufffe \n d'
    found = FredClient(source=Publishing(metadata=Metadata(name=text, description=text))).xml("series", series_id="X")

    assert found[0].attrib["title"] == 'a "b" <c> &  \n d'


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({}, ["2023-12-15", "2024-01-15", "2024-02-15"]),
        ({"sort_order": "desc", "limit": "2"}, ["2024-02-15", "2024-01-15"]),
        ({"offset": "1", "limit": "1"}, ["2024-01-15"]),
        ({"realtime_start": "2024-01-01"}, ["2024-01-15", "2024-02-15"]),
        ({"realtime_end": "2023-12-15"}, ["2023-12-15"]),
    ],
    ids=str,
)
def test_vintage_dates(fred: FredClient, query: dict[str, str], days: list[str]) -> None:
    """All by default, however many they are."""
    found = fred.json("series/vintagedates", series_id="JOBS", **query)

    assert found["vintage_dates"] == days == [each.text for each in fred.xml("series/vintagedates", series_id="JOBS", **query)]
    assert found["order_by"] == "vintage_date"


@pytest.mark.parametrize(
    ("query", "ids", "count"),
    [
        ({"search_text": "jobs"}, ["JOBS", "UNITS", "CANNED/FB"], 3),
        ({"search_text": "jobs+prices"}, ["CANNED/FB"], 1),
        ({"search_text": "nothing at all"}, [], 0),
        ({"search_text": "jobs", "limit": "1", "offset": "1"}, ["UNITS"], 3),
        ({"search_text": "jobs", "order_by": "title", "sort_order": "desc"}, ["CANNED/FB", "UNITS", "JOBS"], 3),
        ({"search_text": "jobs", "order_by": "series_id"}, ["CANNED/FB", "JOBS", "UNITS"], 3),
        ({"search_text": "jobs", "order_by": "popularity", "limit": "1"}, ["CANNED/FB"], 3),
        ({"search_text": "jobs", "filter_variable": "frequency", "filter_value": "Daily"}, ["CANNED/FB"], 1),
        ({"search_text": "jobs", "tag_names": "usa"}, [], 0),
        ({"search_text": "u*s", "search_type": "series_id"}, ["UNITS"], 1),
        ({"search_text": "ob", "search_type": "series_id"}, ["JOBS"], 1),
        ({"search_text": "-"}, [], 0),
    ],
    ids=str,
)
def test_searches(fred: FredClient, query: dict[str, str], ids: list[str], count: int) -> None:
    """Of what is stored, by words or by ids."""
    found = fred.json("series/search", **query)

    assert ([each["id"] for each in found["seriess"]], found["count"]) == (ids, count)
    assert [each.attrib["id"] for each in fred.xml("series/search", **query)] == ids


class Damaged(ReadSeries):
    """Finds every series damaged."""

    def __call__(self, series_id: UUID, selection: Selection) -> Reading:
        raise DamagedVintage(f"{series_id} {selection}")


def test_a_damaged_series_hides_no_other(fred: FredClient) -> None:
    """A list names it, without the span of its dates."""
    read = fred.use_cases.read_series
    use_cases = replace(fred.use_cases, read_series=Damaged(store=read.store, freshness=read.freshness))
    client = TestClient(create_app(use_cases, allowed_hosts=()), headers=LOCAL)
    found = client.simulate_get("/fred/series/search", params={"search_text": "jobs", "file_type": "json"}).json["seriess"]

    assert [(each["id"], each["observation_start"]) for each in found] == [("JOBS", ""), ("UNITS", ""), ("CANNED/FB", "")]


def test_releases_are_databases(fred: FredClient) -> None:
    """With their series; the ids are such that every client can hold them."""
    releases = fred.json("releases")["releases"]
    of_jobs = fred.json("series/release", series_id="JOBS")["releases"]
    wanted = str(of_jobs[0]["id"])
    listed = fred.json("release/series", release_id=wanted, order_by="series_id", sort_order="desc", search_type="release")

    assert {each["name"] for each in releases} == {"CANNED: canned", "FRED: fred"}
    assert of_jobs == [each for each in releases if each["name"] == "FRED: fred"] == fred.json("release", release_id=wanted)["releases"]
    assert all(0 <= each["id"] < 2**31 for each in releases)
    assert [each["id"] for each in listed["seriess"]] == ["UNITS", "JOBS"]
    assert fred.xml("series/release", series_id="JOBS")[0].attrib["name"] == "FRED: fred"


def test_dates_of_releases_are_those_of_followed_series() -> None:
    """Those that came; with those to come if they are asked for."""
    fred = three()
    followed = {"selector": "fred:FRED/JOBS", "kind": "interval", "spec": "6h"}
    assert fred.client.simulate_post("/schedules", json=followed).status_code == 201
    wanted = str(fred.json("series/release", series_id="JOBS")["releases"][0]["id"])
    came = fred.json("release/dates", release_id=wanted)["release_dates"]
    every = fred.json("releases/dates", include_release_dates_with_no_data="true")

    assert came == [{"release_id": int(wanted), "release_name": "FRED", "date": day} for day in ("2024-01-15", "2024-02-15")]
    assert [each["date"] for each in every["release_dates"]][-2:] == ["2024-02-15", "2024-01-15"]
    assert [(each.text, each.attrib["release_id"]) for each in fred.xml("release/dates", release_id=wanted, limit="1")] == [
        ("2024-01-15", wanted)
    ]


@pytest.mark.parametrize(("name", "place"), [(name, place) for (name, _), places in _LISTS.items() for place in places])
def test_categories_tags_and_sources_are_empty(fred: FredClient, name: str, place: str) -> None:
    """As for a series without any."""
    assert fred.json(place, series_id="JOBS", category_id="125")[name] == []
    assert fred.xml(place).tag == name


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("series", {}, "Variable series_id is not set."),
        ("series", {"series_id": "a b"}, "The series does not exist."),
        ("series", {"series_id": "/"}, "The series does not exist."),
        ("series/search", {}, "Variable search_text is not set."),
        ("series/search", {"search_text": "a", "limit": "1001"}, "Variable limit is not between 1 and 1000."),
        ("series/vintagedates", {"series_id": "JOBS", "limit": "10001"}, "Variable limit is not between 1 and 10000."),
        ("series/vintagedates", {"series_id": "JOBS", "file_type": "csv"}, "Variable file_type is not one of 'xml', 'json'."),
        (
            "release",
            {"release_id": "1"},
            "The release does not exist. Those of the databases that are stored are in /fred/releases.",
        ),
        ("release/series", {"release_id": "x"}, "Variable release_id is not between 0 and 2147483647."),
    ],
    ids=str,
)
def test_refusals(fred: FredClient, path: str, query: dict[str, str], message: str) -> None:
    """400, in the format that was asked for, XML by default."""
    refused = fred.get(f"/fred/{path}", **query)
    found = re.search('message="([^"]*)"', refused.text)

    assert (refused.status_code, refused.headers["content-type"]) == (400, "text/xml; charset=UTF-8")
    assert found
    assert found[1] == f"Bad Request.  {message}"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (DatasetNotFound("No."), 400, "The series does not exist."),
        (SourceUnavailable("It is down."), 503, "has no observations yet"),
        (RateLimited("Too many.", retry_after=600), 503, "has no observations yet"),
    ],
)
def test_how_a_provider_refuses(error: FetchError, status: int, words: str) -> None:
    """An unknown name is FRED's 400; what may be had later says when."""
    refused = FredClient(source=Publishing(error=error)).get("/fred/series/observations", series_id="X", file_type="json")

    assert (refused.status_code, refused.json["error_code"]) == (status, status)
    assert words in refused.json["error_message"]
    assert ("retry-after" in refused.headers) == (status == 503)


def test_a_path_that_is_none(fred: FredClient) -> None:
    """It has FRED's form too."""
    assert fred.get("/fred/nothing", file_type="json").json["error_code"] == 404
