"""The revision triangle and the history of one date over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import TestClient

from adapters.providers.sample.provider import PROVIDER
from domain.use_cases import UseCases
from tests.builders import memory_use_cases, waiting_use_cases

ClientOn = Callable[[UseCases], TestClient]


@pytest.fixture
def gdp(client_on: ClientOn) -> Callable[[str], Any]:
    client = client_on(memory_use_cases({"sample": PROVIDER.open(PROVIDER.options(), None)}, default="sample"))  # type: ignore[arg-type]
    key = client.simulate_post("/timeseries", json={"code": "SAMPLE/GDP"}).json["id"]
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


@pytest.mark.parametrize(
    ("path", "field"),
    [
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


@pytest.mark.parametrize("path", ["triangle", "observations/2008-10-01/history"])
def test_without_observations_there_is_nothing(client_on: ClientOn, path: str) -> None:
    """A series whose first fetch has not ended says so."""
    client = client_on(waiting_use_cases())
    key = client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["id"]

    assert client.simulate_get(f"/timeseries/{key}/{path}").status_code == client.simulate_get(f"/timeseries/{key}/revisions").status_code
