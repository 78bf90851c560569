"""Panels over HTTP: shapes, formats, permanent addresses, and what is refused."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlsplit

import falcon
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import Result, TestClient

from entrypoints.panel_files import LONG
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import client_of

MOMENTS = {"dates": "2000-01-01,2100-01-01", "at": "16:00", "tz": "America/New_York"}
FB = {"series": "CANNED/FB", **MOMENTS}


@pytest.fixture
def stored() -> TestClient:
    """Two series of one database."""
    client = client_of(memory_use_cases({"canned": CannedSource()}))
    for code in ("CANNED/FB", "CANNED/IBM"):
        assert client.simulate_post("/timeseries", json={"code": code}).status_code == 201
    return client


def follow(client: TestClient, address: str) -> Result:
    parts = urlsplit(address)
    return client.simulate_get(parts.path, query_string=parts.query)


def test_long(stored: TestClient) -> None:
    """A row for each cell says what is known of its value; before the store there is none."""
    answer = stored.simulate_get("/panel", params=FB)
    early, late = (dict(zip(answer.json["columns"], row, strict=True)) for row in answer.json["data"])

    assert answer.json["columns"] == list(LONG)
    assert [early["decision_at"], early["status"], early["value"], early["vintage"]] == ["2000-01-01T21:00:00Z", "before_store", None, None]
    assert [late["code"], late["status"], late["vintage"]] == ["canned:CANNED/FB", "unchecked", 1]
    assert (late["value"], late["known_at"]) != (None, None)


def test_wide_in_every_format(stored: TestClient) -> None:
    """A column for each series under its name, with the pinned query and the long twin's address beside."""
    params = {**MOMENTS, "series": ["CANNED/FB;name=fb", "CANNED/IBM"], "shape": "wide"}
    names = ["decision_at", "fb", "CANNED/IBM"]
    found = {kind: stored.simulate_get(f"/panel.{kind}", params=params) for kind in ("json", "csv", "parquet", "arrow")}
    parquet = pq.read_table(io.BytesIO(found["parquet"].content))
    arrow = pa.ipc.open_file(found["arrow"].content).read_all()
    about = {name.decode(): value.decode() for name, value in parquet.schema.metadata.items()}
    twin = follow(stored, about["long"])

    assert found["json"].json["columns"] == parquet.column_names == arrow.column_names == names
    assert found["csv"].text.splitlines()[:2] == [",".join(names), "2000-01-01T21:00:00Z,,"]
    assert parquet.to_pylist() == arrow.to_pylist()
    assert json.loads(about["query"]) == found["json"].json["query"]
    assert f'<{about["long"]}>; rel="alternate"' in found["parquet"].headers["Link"]
    assert pq.read_table(io.BytesIO(twin.content)).column_names == list(LONG)


def test_the_same_panel_for_ever(stored: TestClient) -> None:
    """Content-Location leads to the same cells whatever comes later, and may be cached for ever."""
    answer = stored.simulate_get("/panel", params=FB)
    stored.simulate_post("/timeseries", json={"code": "CANNED/NEW"})
    stored.simulate_post("/timeseries", json={"code": "CANNED/FB", "refresh": True})
    again = follow(stored, answer.headers["Content-Location"])
    known = follow_if_new(stored, answer.headers["Content-Location"], again.headers["ETag"])

    assert again.json == answer.json
    assert "immutable" in again.headers["Cache-Control"]
    assert again.headers["Content-Location"] == answer.headers["Content-Location"]
    assert known.status_code == 304


def follow_if_new(client: TestClient, address: str, tag: str) -> Result:
    parts = urlsplit(address)
    return client.simulate_get(parts.path, query_string=parts.query, headers={"If-None-Match": tag})


def test_a_body_for_many_series(stored: TestClient) -> None:
    """A mask's series are named in the answer, which is kept; a series says what differs for it."""
    body = {
        "dates": ["2100-01-01T00:00:00Z"],
        "lag": "P1D",
        "series": [{"code": "CANNED/*"}, {"code": "CANNED/FB", "name": "x", "lag": "PT0H"}],
    }
    answer = stored.simulate_post("/panel.csv?shape=wide", json=body)
    stored.simulate_post("/timeseries", json={"code": "CANNED/NEW"})
    kept = follow(stored, answer.headers["Content-Location"])
    as_json = follow(stored, answer.headers["Content-Location"].replace(".csv", ".json"))

    assert (kept.text, kept.headers["Content-Type"]) == (answer.text, "text/csv; charset=utf-8")
    assert [each["code"] for each in as_json.json["query"]["series"]] == ["canned:CANNED/FB", "canned:CANNED/IBM", "canned:CANNED/FB"]
    assert [each.get("lag") for each in as_json.json["query"]["series"]] == ["P1D", "P1D", None]
    assert stored.simulate_post("/panel", json=as_json.json["query"]).json["data"][0][1] == "CANNED/FB"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"series": "CANNED/FB;relese=0"}, "series"),
        ({"series": "CANNED/FB;release=0;release=1"}, "series"),
        ({"series": "CANNED/NO*"}, "series"),
        ({"series": "CANNED/*;name=x"}, "name"),
        ({"series": ["CANNED/FB", "CANNED/FB"], "shape": "wide"}, "name"),
        ({"window": "2", "shape": "wide"}, "window"),
        ({"series": "CANNED/FB;column=none"}, "column"),
        ({"at": ""}, "at"),
        ({"tz": ""}, "tz"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"at": "25:00"}, "at"),
        ({"start": "2024-01-01"}, "dates"),
        ({"dates": ""}, "dates"),
        ({"dates": "", "start": "2024-01-01", "end": "2024-01-01"}, "every"),
        ({"dates": "", "start": "2024-01-01", "end": "2023-01-01", "every": "P1M"}, "end"),
        ({"dates": "", "start": "2024-01-01", "end": "2025-01-01", "every": "P1H"}, "every"),
        ({"dates": "", "start": "1900-01-01", "end": "2025-01-01", "every": "P1D"}, "every"),
        ({"dates": "2024-02-30"}, "dates"),
        ({"lag": "P1M"}, "lag"),
        ({"max_age": "100"}, "max_age"),
        ({"release": "-1"}, "release"),
        ({"release": "0", "change": "0"}, "change"),
        ({"window": "0"}, "window"),
        ({"clock": "wall"}, "clock"),
        ({"fill": "linear"}, "fill"),
        ({"assume": "soon"}, "assume"),
        ({"release_time": "08:30", "clock": "seen"}, "release_time"),
        ({"restated": "true", "clock": "seen"}, "restated"),
        ({"restated": "maybe"}, "restated"),
        ({"position": "999999"}, "position"),
        ({"transform": "log"}, "transform"),
        ({"collapse": "hourly"}, "collapse"),
        ({"interpolate": "true"}, "interpolate"),
    ],
    ids=str,
)
def test_what_is_refused(stored: TestClient, changed: dict[str, Any], field: str) -> None:
    """The problem names the parameter."""
    answer = stored.simulate_get("/panel", params={**FB, **changed})

    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, field)


def test_what_is_not_here(stored: TestClient) -> None:
    """An unknown series and an unknown panel are 404, a digest that is none 400, a body that is wrong names its place."""
    wrong = stored.simulate_post("/panel", json={"dates": ["x"], "series": [{"code": "A/B", "releese": 0}, 7], "zone": 1})

    assert stored.simulate_get("/panel", params={**FB, "series": "CANNED/NONE"}).json["code"] == "series_not_found"
    assert stored.simulate_get(f"/panels/{'0' * 64}").json["code"] == "panel_not_found"
    assert stored.simulate_get("/panels/xyz").status_code == 400
    assert [error["pointer"] for error in wrong.json["errors"]] == ["/series/0/releese", "/series/1", "/zone"]


def test_more_series_than_an_address_holds() -> None:
    """GET refuses them and says what to do, POST answers."""
    client = client_of(memory_use_cases({"canned": CannedSource()}))
    client.simulate_post("/fetches", json={"codes": [f"CANNED/S{number}" for number in range(51)]})
    refused = client.simulate_get("/panel", params={**FB, "series": "CANNED/S*"})
    answer = client.simulate_post("/panel?shape=wide", json={"dates": ["2100-01-01T00:00:00Z"], "series": [{"code": "CANNED/S*"}]})

    assert (refused.status_code, "POST /panel" in refused.json["hint"]) == (400, True)
    assert (answer.status_code, len(answer.json["columns"])) == (200, 52)


def test_a_position_of_data(stored: TestClient) -> None:
    """``position`` pins what /data answers, too; before the first position nothing is known."""
    code = {"code": "CANNED/FB"}
    first = stored.simulate_get("/data", params={**code, "position": 1})

    assert first.status == falcon.HTTP_OK
    assert stored.simulate_get("/data", params={**code, "position": 0}).status_code == 404
