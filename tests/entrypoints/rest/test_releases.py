"""Releases, revision triangles, the history of one date and the statistics of revisions over REST."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import TestClient

from adapters.providers.sample.provider import PROVIDER
from domain.observations import Observations
from domain.use_cases import UseCases
from tests.builders import memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource

ClientOn = Callable[[UseCases], TestClient]


@pytest.fixture(scope="module")
def gdp_client() -> tuple[TestClient, str]:
    client = client_of(memory_use_cases({"sample": PROVIDER.open(PROVIDER.options(), None)}, default="sample"))  # type: ignore[arg-type]
    return client, client.simulate_post("/timeseries", json={"code": "SAMPLE/GDP"}).json["id"]


@pytest.fixture
def gdp(gdp_client: tuple[TestClient, str]) -> Callable[[str], Any]:
    client, key = gdp_client
    return lambda path: client.simulate_get(f"/timeseries/{key}/{path}")


def test_a_triangle(gdp: Callable[[str], Any]) -> None:
    """Each date has its first releases, how many there are, and the latest; the growth is of each vintage's own values."""
    found = gdp("triangle?transform=annualized&count=change&start_date=2008-10-01&end_date=2008-12-31&releases=2").json
    [row] = found["dates"]

    assert {name: found[name] for name in ("column", "transform", "count")} == {
        "column": "Value",
        "transform": "annualized",
        "count": "change",
    }
    assert (row["date"], row["censored"], row["count"] > 2, len(row["releases"])) == ("2008-10-01", False, True, 2)
    assert [round(each["value"] * 100, 1) for each in (*row["releases"], row["latest"])] == [-4.1, -5.8, -7.6]
    assert row["releases"][0] | {"value": 0} == {"value": 0, "vintage": 207, "known_at": "2009-01-30T23:59:59Z", "published": "2009-01-30"}
    assert len(gdp("triangle?limit=3").json["dates"]) == 3


def test_the_history_of_a_date(gdp: Callable[[str], Any]) -> None:
    """Each value with the vintage that brought it."""
    found = gdp("observations/2008-10-01/history").json

    assert (found["date"], found["series"]["code"]) == ("2008-10-01", "SAMPLE/GDP")
    assert [(each["value"], each["published"], each["cause"]) for each in found["values"][:2]] == [
        (14264.6, "2009-01-30", "publication"),
        (14200.3, "2009-02-27", "publication"),
    ]


def test_first_releases(gdp: Callable[[str], Any]) -> None:
    """Each quarter with its first value and the vintage that brought it; those of before the first vintage only if they are asked for."""
    found = gdp("releases").json
    with_censored = gdp("releases?censored=true&count=change&n=1&limit=200").json

    assert {name: found[name] for name in ("column", "transform", "n", "count")} == {
        "column": "Value",
        "transform": None,
        "n": 0,
        "count": "release",
    }
    assert len(found["releases"]) == 132
    assert found["releases"][0] == {
        "date": "1991-10-01",
        "value": 5736.6,
        "vintage": 3,
        "known_at": "1992-01-29T23:59:59Z",
        "published": "1992-01-29",
        "censored": False,
    }
    assert (with_censored["n"], with_censored["count"]) == (1, "change")
    assert {each["censored"] for each in with_censored["releases"]} == {True, False}


def test_releases_as_csv_and_files(gdp: Callable[[str], Any]) -> None:
    """The same rows in each format, by suffix; files keep types, and say of which series they are."""
    csv, answer = gdp("releases.csv?limit=2"), gdp("releases.parquet?limit=2")
    arrow = gdp("releases.arrow?limit=2").content
    kept = pq.read_table(io.BytesIO(answer.content))

    assert csv.text.splitlines() == [
        "date,value,vintage,known_at,published,censored",
        "2024-04-01,28629.153,390,2024-07-25T23:59:59Z,2024-07-25,false",
        "2024-07-01,29349.924,393,2024-10-30T23:59:59Z,2024-10-30,false",
    ]
    assert kept.to_pylist()[1] == {
        "date": date(2024, 7, 1),
        "value": 29349.924,
        "vintage": 393,
        "known_at": datetime(2024, 10, 30, 23, 59, 59, tzinfo=UTC),
        "published": "2024-10-30",
        "censored": False,
    }
    assert kept.schema.metadata == {b"code": b"sample:SAMPLE/GDP", b"column": b"Value"}
    assert pa.ipc.open_file(io.BytesIO(arrow)).read_all().equals(kept)
    assert gdp("releases.csv?start_date=2030-01-01").text.splitlines() == ["date,value,vintage,known_at,published,censored"]


def test_triangles_as_csv(gdp: Callable[[str], Any]) -> None:
    """By lag with empty cells where there are fewer releases; by vintage with a column for each, named by its label."""
    by_lag = gdp("triangle.csv?limit=2&releases=3").text.splitlines()
    by_vintage = gdp("triangle.csv?limit=2&by=vintage&from=2024-08-01").text.splitlines()

    assert by_lag == [
        "date,censored,count,0,1,2,latest",
        "2024-04-01,false,4,28629.153,28652.337,29016.714,29016.714",
        "2024-07-01,false,1,29349.924,,,29349.924",
    ]
    assert by_vintage == [
        "date,2024-07-25,2024-08-29,2024-09-26,2024-10-30",
        "2024-04-01,28629.153,28652.337,29016.714,29016.714",
        "2024-07-01,,,,29349.924",
    ]


def test_a_triangle_by_vintage(gdp: Callable[[str], Any]) -> None:
    """Columns are the vintages' numbers, and each vintage says since when it is known; a file has the numbers in its metadata."""
    found = gdp("triangle?limit=1&by=vintage&from=392&to=2024-10-30&transform=diff").json
    schema = pq.read_schema(io.BytesIO(gdp("triangle.parquet?limit=1&by=vintage&from=392").content))

    assert found["columns"] == ["date", "392", "393"]
    assert found["vintages"][1] == {"vintage": 393, "known_at": "2024-10-30T23:59:59Z", "published": "2024-10-30"}
    assert found["data"] == [["2024-07-01", None, pytest.approx(29349.924 - 29016.714)]]
    assert (schema.names, schema.metadata[b"vintages"]) == (["date", "2024-09-26", "2024-10-30"], b"392,393")


def test_hours_are_called_time(client_on: ClientOn) -> None:
    """Releases of dates with a time of day have instants in UTC, in each format."""
    source = CannedSource(observations=Observations.of(["2024-01-01T10:00:00"], ["a"], [[1.0]], unit="s"))
    client = client_on(memory_use_cases({"canned": source}, default="canned"))
    key = client.simulate_post("/timeseries", json={"code": "X/Y"}).json["id"]
    line = client.simulate_get(f"/timeseries/{key}/triangle.csv").text.splitlines()
    kept = pq.read_table(io.BytesIO(client.simulate_get(f"/timeseries/{key}/releases.parquet?censored=true").content))

    assert line == ["time,censored,count,0,latest", "2024-01-01T10:00:00Z,true,1,1.0,1.0"]
    assert kept["time"].to_pylist() == [datetime(2024, 1, 1, 10, tzinfo=UTC)]


def test_a_known_table_is_not_sent_again(gdp_client: tuple[TestClient, str]) -> None:
    """Its entity tag stands for the vintages and the query; another query has another one."""
    client, key = gdp_client
    path = f"/timeseries/{key}/triangle"
    first = client.simulate_get(path)
    again = client.simulate_get(path, headers={"If-None-Match": first.headers["ETag"]})
    other = client.simulate_get(f"{path}?limit=1", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)


def test_statistics(gdp: Callable[[str], Any]) -> None:
    """Growth by default, from the first release to the latest; each figure has its name."""
    found = gdp("revisions/statistics").json

    assert {name: found[name] for name in ("column", "transform", "first", "final", "start", "end", "n", "lags", "gaps")} == {
        "column": "Value",
        "transform": "rdiff",
        "first": 0,
        "final": "latest",
        "start": "1991-10-01",
        "end": "2024-04-01",
        "n": 131,
        "lags": 4,
        "gaps": 0,
    }
    assert found["left_out"]["same_vintage"] == 1
    assert [round(found["mean"][name], 6) for name in ("value", "standard_error", "t")] == [0.000908, 0.000383, 2.374838]
    assert list(found["quantiles"]) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert found["on_initial"]["joint"]["degrees_of_freedom"] == [2, 129]
    assert [each["release"] for each in found["by_horizon"]] == list(range(12))
    assert (found["efficiency"]["n"], found["efficiency"]["first_efficient"]) == (128, None)
    assert [(each["published"], round(each["ratio"], 3)) for each in found["level_shifts"]] == [
        ("1996-01-19", 1.027),
        ("2013-07-31", 1.032),
    ]


def test_statistics_with_every_parameter(gdp: Callable[[str], Any]) -> None:
    """Levels three years after the first release, without what level shifts separate."""
    query = (
        "transform=none&first=1&final=P3Y&start_date=1996-01-01&end_date=2019-12-31&hac_lags=2&exclude_shifts=true&releases=3&column=Value"
    )
    found = gdp(f"revisions/statistics?{query}").json

    assert [found[name] for name in ("transform", "first", "final", "lags")] == [None, 1, "P3Y", 2]
    assert (found["start"], found["end"]) == ("1996-01-01", "2019-10-01")
    assert (found["left_out"]["level_shift"], found["n"] + found["left_out"]["level_shift"]) == (11, 96)
    assert [each["release"] for each in found["by_horizon"]] == [1, 2, 3]
    assert found["efficiency"]["first_efficient"] == {"release": 1, "exact": False}
    assert gdp("revisions/statistics?final=P3Y").json["efficiency"]["first_efficient"] == {"release": 0, "exact": False}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("triangle?by=date", "by"),
        ("triangle?from=1", "from"),
        ("triangle?by=lag&to=1", "to"),
        ("triangle?by=vintage&count=change", "count"),
        ("triangle?by=vintage&releases=3", "releases"),
        ("triangle?by=vintage&from=0", "from"),
        ("triangle?by=vintage&to=1950-01-01", "to"),
        ("releases?n=-1", "n"),
        ("releases?limit=0", "limit"),
        ("releases?censored=yes", "censored"),
        ("releases?column=Nothing", "column"),
        ("revisions/statistics?final=soon", "final"),
        ("revisions/statistics?first=2&final=1", "final"),
        ("revisions/statistics?start_date=2024-01-01", "first"),
        ("revisions/statistics?hac_lags=131", "hac_lags"),
        ("revisions/statistics?transform=cumul", "transform"),
        ("revisions/statistics?column=Nothing", "column"),
        ("revisions/statistics?releases=0", "releases"),
        ("revisions/statistics?as_of=2009-01-30", "as_of"),
        ("triangle?column=Nothing", "column"),
        ("triangle?transform=cumul", "transform"),
        ("triangle?count=all", "count"),
        ("triangle?releases=0", "releases"),
        ("triangle?limit=1001", "limit"),
        ("triangle?as_of=2009-01-30", "as_of"),
        ("observations/2008-13-01/history", "date"),
        ("observations/yesterday/history", "date"),
        ("observations/1900-01-01/history", "date"),
        ("observations/2008-10-01/history?column=Nothing", "column"),
    ],
)
def test_what_is_refused(gdp: Callable[[str], Any], path: str, field: str) -> None:
    """Each fault is a 400 that names the parameter."""
    answer = gdp(path)

    assert (answer.status_code, [each["parameter"] for each in answer.json["errors"]]) == (400, [field])


@pytest.mark.parametrize("path", ["triangle", "releases", "revisions/statistics", "observations/2008-10-01/history"])
def test_without_observations_there_is_nothing(client_on: ClientOn, path: str) -> None:
    """A series whose first fetch has not ended says so."""
    client = client_on(waiting_use_cases())
    key = client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["id"]

    assert client.simulate_get(f"/timeseries/{key}/{path}").status_code == client.simulate_get(f"/timeseries/{key}/revisions").status_code
