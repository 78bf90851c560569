"""The whole story by real processes: POST → worker → provider → database → GET, on both stacks."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.quandl_server import FB, QuandlServer, quandl_server
from tests.acceptance.running import Lanner, lanner, running

ROOT = Path(__file__).parents[2]

EMBEDDED = "embedded"
PRODUCTION = pytest.param("production", marks=pytest.mark.server)


@pytest.fixture(scope="module")
def quandl() -> Iterator[QuandlServer]:
    with quandl_server() as server:
        yield server


@pytest.fixture(scope="module", params=[EMBEDDED, PRODUCTION])
def stack(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The settings in which the stacks differ, and nothing else."""
    if request.param == EMBEDDED:
        return {}
    return {
        "LANNER_DATABASE_URL": request.getfixturevalue("postgres_url"),
        "LANNER_DATABASE_SCHEMA": f"story_{uuid4().hex[:8]}",
        "LANNER_BROKER_URL": request.getfixturevalue("broker_url"),
        "LANNER_API_PROCESSES": "1",
        "LANNER_WORKER_PROCESSES": "2",
    }


@pytest.fixture(scope="module")
def service(stack: Mapping[str, str], quandl: QuandlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    folder = tmp_path_factory.mktemp("service")
    settings = {
        **stack,
        "LANNER_PROVIDERS__QUANDL__BASE_URL": quandl.base_url,
        "LANNER_PROVIDERS__QUANDL__API_KEY": "canary-key",
    }
    if not stack:
        with running(folder, settings, "up") as service:
            yield service
        return
    migrated = lanner("migrate", folder=folder, environment=settings)
    assert migrated.returncode == 0, migrated.stderr
    with running(folder, settings, "api", "worker") as service:
        yield service


def bits(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows with every number as its bit pattern."""
    return [[row[0], *(None if cell is None else struct.pack("<d", cell) for cell in row[1:])] for row in rows]


def test_the_articles_own_calls(service: Lanner) -> None:
    """POST at the root answers pending at once; GET by id gives the provider's own numbers, bit for bit."""
    response = service.post("/", {"database_code": "WIKI", "dataset_code": "FB"})
    asked = response.json()
    answer = service.polled(asked["id"])
    dataset = answer.json()["dataset_data"]

    assert (response.status_code, asked["status"]) == (201, "pending")
    assert response.headers["Location"] == f"/timeseries/{asked['id']}"
    assert answer.status_code == 200
    assert dataset["column_names"] == FB["dataset"]["column_names"]
    assert bits(dataset["data"]) == bits(FB["dataset"]["data"])
    assert (dataset["frequency"], dataset["start_date"], dataset["end_date"]) == ("daily", "2012-05-18", "2018-03-27")


def test_what_is_known_of_the_series(service: Lanner) -> None:
    """The series is listed, described with its metadata, and read in ascending order with its vintage."""
    series_id = service.request("WIKI", "FB")["id"]
    service.polled(series_id)
    listed = service.get("/timeseries", params={"query": "facebook"}).json()["items"]
    described = service.get(f"/timeseries/{series_id}").json()
    read = service.get(f"/timeseries/{series_id}/data.json", params={"columns": "Open", "limit": 2}).json()

    assert [item["id"] for item in listed] == [series_id]
    assert (described["status"], described["rows"], described["metadata"]["date_column"]) == ("success", 4, "Date")
    assert (read["columns"], read["data"]) == (["date", "Open"], [["2018-03-26", 160.82], ["2018-03-27", 156.31]])
    assert (read["vintage"]["number"], read["stale"]) == (1, False)


def test_asking_again(service: Lanner) -> None:
    """A fresh series answers as it is; a refresh that brings nothing new is unchanged."""
    known = service.request("WIKI", "GZIP")
    service.polled(known["id"])
    again = service.post("/timeseries", {"code": "quandl:WIKI/GZIP"})
    fetch = service.request("WIKI", "GZIP", refresh=True)["fetch"]
    end = time.monotonic() + 10
    while (ended := service.get(f"/fetches/{fetch['id']}").json())["status"] in ("pending", "running"):
        assert time.monotonic() < end
        time.sleep(0.02)

    assert (again.status_code, again.json()["status"], again.json()["id"]) == (200, "success", known["id"])
    assert (ended["status"], ended["unchanged"], ended["vintages_added"]) == ("success", True, 0)


@pytest.mark.parametrize(
    ("dataset", "status", "code"),
    [("NOSUCH", 404, "not_found"), ("GONE", 404, "gone"), ("BLOCKED", 502, "forbidden")],
)
def test_a_permanent_error_is_shown(service: Lanner, dataset: str, status: int, code: str) -> None:
    """The fetch ends with its named error, which GET shows with a hint; nothing is stored."""
    series_id = service.request("WIKI", dataset)["id"]
    answer = service.polled(series_id)
    problem = answer.json()

    assert (answer.status_code, problem["code"], problem["retryable"]) == (status, code, False)
    assert problem["hint"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert service.get(f"/timeseries/{series_id}").json()["vintage"] is None


@pytest.mark.parametrize(
    ("dataset", "code"),
    [
        ("BROKEN", "unavailable"),
        ("CUT", "truncated"),
        ("CUTGZIP", "truncated"),
        ("WRONGTYPE", "not_understood"),
        ("HTML", "not_understood"),
        ("EMPTY", "truncated|not_understood"),
        ("ARRAY", "not_understood"),
    ],
)
def test_an_error_that_waits_is_shown(service: Lanner, dataset: str, code: str) -> None:
    """While a fetch waits for its next attempt, or once it has ended, its named error is shown and nothing is stored."""
    series_id = service.request("WIKI", dataset)["id"]
    answer = service.polled(series_id)
    body = answer.json()
    error = body["last_error"] if answer.status_code == 202 else body

    assert answer.status_code in (202, 502), body
    assert re.fullmatch(code, error["code"])
    assert service.get(f"/timeseries/{series_id}/data.json").status_code in (502, 503)


def test_then_and_now(service: Lanner) -> None:
    """US GDP reads as it was known on 2009-01-30, when 2008 Q4 fell by 4.1 % a year; now it is 7.6 %."""
    series_id = service.request("SAMPLE", "GDP")["id"]
    assert service.polled(series_id).status_code == 200

    def growth(**moment: str) -> float:
        window = {"start_date": "2008-07-01", "end_date": "2008-10-01", **moment}
        (_, third), (_, fourth) = service.get(f"/timeseries/{series_id}/data.json", params=window).json()["data"]
        return float(round(((fourth / third) ** 4 - 1) * 100, 1))

    assert (growth(as_of="2009-01-30"), growth()) == (-4.1, -7.6)
    early = service.get(f"/timeseries/{series_id}/data.json", params={"as_of": "1990-01-01"})
    assert (early.status_code, early.json()["code"]) == (404, "not_known_yet")


def test_a_request_id_reaches_the_workers_lines(service: Lanner, quandl: QuandlServer) -> None:
    """The id that a client sends is in its answer and in the lines of the worker that fetches; no key is in any line."""
    request_id = f"story-{uuid4().hex}"
    response = service.post("/timeseries", {"code": "SAMPLE/NILE"}, headers={"X-Request-ID": request_id})
    service.polled(response.json()["id"])
    end = time.monotonic() + 10
    while True:
        lines = [json.loads(line) for line in service.log().splitlines() if request_id in line and line.startswith("{")]
        if {"request", "fetch ended"} <= {line["event"] for line in lines} or time.monotonic() > end:
            break
        time.sleep(0.05)

    assert response.headers["X-Request-ID"] == request_id
    assert {"request", "fetch ended"} <= {line["event"] for line in lines}
    assert "canary-key" not in service.log()


def test_the_key_goes_in_the_header(service: Lanner, quandl: QuandlServer) -> None:
    """Quandl is asked with its key in X-Api-Token, never in the URL."""
    service.polled(service.request("WIKI", "FB")["id"])
    asked = [(path, headers) for path, headers in quandl.requests if path.endswith("/WIKI/FB.json")]

    assert asked
    assert all(headers["X-Api-Token"] == "canary-key" for _, headers in asked)
    assert not [path for path, _ in quandl.requests if "canary-key" in path]


def test_bad_input_leaves_the_service_alive(service: Lanner) -> None:
    """Whatever is sent to it, the service answers with a problem that names the fault, and goes on."""
    bodies: list[tuple[bytes, str]] = [
        (b"{", "JSON"),
        (b'"text"', "object"),
        (b'{"database_code": 1, "dataset_code": "FB"}', "database_code"),
        (b'{"database_code": "WIKI", "dataset_code": "FB", "colour": 1}', "colour"),
        (b'{"database_code": "WIKI"}', "dataset_code"),
        (b'{"database_code": "WIKI", "dataset_code": "../../admin"}', "dataset_code"),
        (b'{"database_code": "WIKI?x=1#", "dataset_code": "FB"}', "database_code"),
        (b'{"database_code": "WIKI", "dataset_code": "' + b"x" * 10_000 + b'"}', "dataset_code"),
        (b'{"code": ' + b"[" * 100_000, "deep"),
        (b'{"code": "' + b"x" * 10_000_000 + b'"}', "larger"),
    ]
    for body, words in bodies:
        response = service.post("/timeseries", None, data=body, headers={"Content-Type": "application/json"})
        assert 400 <= response.status_code < 500
        assert words in response.text
        assert service.get("/healthz").status_code == 200


def test_routes_alone_swap_the_provider(tmp_path: Path) -> None:
    """With nothing but LANNER_ROUTES, the same calls are answered from memory instead of Quandl."""
    settings = {"LANNER_ROUTES": '{"WIKI": "memory"}', "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'plugins'}"}
    with running(tmp_path, settings, "up") as service:
        asked = service.request("WIKI", "FB")
        answer = service.polled(asked["id"])

    assert (asked["provider"], answer.status_code) == ("memory", 200)
    assert answer.json()["dataset_data"]["data"]


def test_without_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    """An unreachable provider leaves the request pending, with an error that names the way out."""
    with running(tmp_path, {"LANNER_PROVIDERS__QUANDL__BASE_URL": "http://127.0.0.1:1/api/v3"}, "up") as service:
        response = service.post("/timeseries", {"database_code": "WIKI", "dataset_code": "FB"})
        answer = service.polled(response.json()["id"])

    assert (response.status_code, response.json()["status"]) == (201, "pending")
    assert (answer.status_code, answer.json()["last_error"]["code"]) == (202, "unavailable")
    assert "LANNER_PROVIDERS__QUANDL__BASE_URL" in answer.json()["last_error"]["hint"]


def test_a_limit_is_waited_for(service: Lanner) -> None:
    """Last, for it silences the provider: a fetch that was told 429 says when it goes on, and so does the provider."""
    answer = service.polled(service.request("WIKI", "LIMITED")["id"])
    blocked = {item["name"]: item["blocked_until"] for item in service.get("/providers").json()["items"]}

    assert (answer.status_code, answer.json()["last_error"]["code"]) == (202, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 100
    assert blocked["quandl"]
