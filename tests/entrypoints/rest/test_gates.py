"""Quality gates over REST: setting them, and what an answer that does not pass looks like."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from falcon.testing import Result, TestClient

from domain.api_keys import Scope
from domain.gates.settings import Gates
from domain.observations import Observations
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL, client_of
from tests.fakes import CannedSource

STATE = Observations.of(range(30), ["Close"], [[100.0 + each % 3] for each in range(30)])
OFF = Observations.of(range(31), ["Close"], [[100.0 + each % 3] for each in range(30)] + [[5000.0]])
UNSET = {"deviations": None, "scale": None, "frequency": None}


class Gated(CannedSource):
    """Its provider refuses changes of the scale."""

    gates = Gates(scale=True)


@pytest.fixture
def source() -> CannedSource:
    return CannedSource(observations=STATE)


@pytest.fixture
def use_cases(source: CannedSource) -> UseCases:
    return memory_use_cases({"canned": source, "gated": Gated(observations=STATE)})


@pytest.fixture
def client(use_cases: UseCases) -> TestClient:
    return client_of(use_cases)


def added(client: TestClient, code: str = "canned:X/Y") -> str:
    series_id: str = client.simulate_post("/timeseries", json={"code": code}).json["id"]
    return f"/timeseries/{series_id}"


def change(client: TestClient, path: str, **gates: Any) -> Result:
    return client.simulate_patch(path, json={"gates": gates})


def test_gates_of_a_series_are_set_and_shown(client: TestClient) -> None:
    """Null is as the provider has it; what is absent stays. The answer is the series, as GET gives it."""
    path = added(client)
    shown = client.simulate_get(path).json
    assert (shown["gates"], shown["gates_in_force"]) == (UNSET, {"deviations": 0.0, "scale": False, "frequency": False})

    first = change(client, path, deviations=8, frequency=True)
    assert (first.status_code, first.json["gates"]) == (200, {"deviations": 8.0, "scale": None, "frequency": True})
    assert first.json == client.simulate_get(path).json
    assert change(client, path, deviations=None, scale=False).json["gates"] == {"deviations": None, "scale": False, "frequency": True}
    assert change(client, path).json["gates"] == {"deviations": None, "scale": False, "frequency": True}


def test_a_provider_shows_its_gates(client: TestClient) -> None:
    """A series has them in force until it has its own."""
    path = added(client, "gated:X/Y")
    providers = {each["name"]: each["gates"] for each in client.simulate_get("/providers").json["items"]}

    assert providers["gated"] == client.simulate_get(path).json["gates_in_force"] == {"deviations": 0.0, "scale": True, "frequency": False}
    assert providers["canned"]["scale"] is False
    assert change(client, path, scale=False).json["gates_in_force"]["scale"] is False


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({}, "/gates", "gates is missing."),
        ({"gates": None}, "/gates", "gates must be an object."),
        ({"gates": [8]}, "/gates", "gates must be an object."),
        ({"gates": {}, "alias": "X"}, "/alias", "'alias' is not a field of this request."),
        ({"gates": {"scal": True}}, "/gates/scal", "gates.scal is not a gate."),
        ({"gates": {"scale": "yes"}}, "/gates/scale", "gates.scale must be true or false."),
        ({"gates": {"deviations": "8"}}, "/gates/deviations", "gates.deviations must be a number."),
        ({"gates": {"deviations": True}}, "/gates/deviations", "gates.deviations must be a number."),
        ({"gates": {"deviations": 0.5}}, "/gates/deviations", "gates.deviations must be from 1 to 10000, or 0 for none."),
        ({"gates": {"deviations": -1}}, "/gates/deviations", "gates.deviations must be from 1 to 10000, or 0 for none."),
        ({"gates": {"deviations": 1e300}}, "/gates/deviations", "gates.deviations must be from 1 to 10000, or 0 for none."),
    ],
)
def test_what_is_wrong_with_gates_is_named(client: TestClient, body: dict[str, Any], pointer: str, detail: str) -> None:
    """And nothing is changed."""
    path = added(client)
    answer = client.simulate_patch(path, json=body)

    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == pointer
    assert answer.json["errors"][0]["detail"].startswith(detail)
    assert client.simulate_get(path).json["gates"] == UNSET


def test_what_is_never_fetched_has_no_gates(client: TestClient) -> None:
    """A formula is refused as such, and an unknown series is not found."""
    added(client)
    client.simulate_put("/formulas/MY/DOUBLE", json={"expression": "X('Y') * 2"})
    (formula,) = client.simulate_get("/timeseries", params={"database_code": "MY"}).json["items"]
    answer = change(client, f"/timeseries/{formula['id']}", scale=True)

    assert (answer.status_code, answer.json["code"]) == (422, "not_of_formulas")
    assert change(client, f"/timeseries/{uuid4()}", scale=True).status_code == 404


def test_a_refused_answer_names_its_cells(client: TestClient, source: CannedSource) -> None:
    """In the fetch, everywhere it is shown; nothing is stored until the values are allowed."""
    path = added(client)
    change(client, path, deviations=8)
    source.observations = OFF
    refused = client.simulate_post(f"{path}/fetches", json={}).json["id"]
    error = client.simulate_get(f"/fetches/{refused}").json["error"]
    (cell,) = error["cells"]

    assert (error["code"], error["retryable"]) == ("suspicious_values", False)
    assert (cell["gate"], cell["date"], cell["column"], cell["value"], cell["before"]) == (
        "deviations",
        "1970-01-31",
        "Close",
        5000.0,
        None,
    )
    assert 50 < cell["low"] < 102 < cell["high"] < 150
    described = client.simulate_get(path).json
    assert (described["fetch"]["error"], described["rows"], described["failing"]) == (error, 30, "refused")
    assert described["status_at_source"] == "active"
    assert client.simulate_get("/fetches?status=error").json["items"][0]["error"] == error
    assert client.simulate_get("/fetches?status=success").json["items"][0]["error"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("{series}/fetches", {"allow": ["values"]}),
        ("{series}/fetches", {"allow": ["shrink", "values"]}),
        ("{series}/fetches", {"allow": ["values"], "allow_shrink": True}),
        ("/timeseries", {"code": "canned:X/Y", "refresh": True, "allow": ["values"]}),
        ("/fetches", {"codes": ["canned:X/Y"], "refresh": True, "allow": ["values"]}),
        ("/fetches", {"codes": ["canned:X/*"], "refresh": True, "allow": ["shrink", "values"]}),
    ],
)
def test_what_was_refused_is_accepted(client: TestClient, source: CannedSource, path: str, body: dict[str, Any]) -> None:
    """By each request that fetches; a shrink that is allowed allows no values."""
    series = added(client)
    change(client, series, deviations=8)
    source.observations = OFF
    client.simulate_post(f"{series}/fetches", json={})
    client.simulate_post(f"{series}/fetches", json={"allow": ["shrink"]})
    assert client.simulate_get(series).json["rows"] == 30

    assert client.simulate_post(path.format(series=series), json=body).status_code in (200, 201)
    described = client.simulate_get(series).json
    assert (described["rows"], described["failing"], described["fetch"]["error"]) == (31, None, None)


def test_setting_gates_takes_the_scope_to_fetch(use_cases: UseCases) -> None:
    """Whoever may allow values may also set what is refused; readers may not."""
    client = TestClient(create_app(use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)

    def status(*scopes: Scope) -> int:
        token = use_cases.manage_keys.create("test", scopes)[1]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"gates": {"scale": True}})
        return client.simulate_patch(f"/timeseries/{uuid4()}", body=body, headers=headers).status_code

    assert (status(Scope.READ), status(Scope.FETCH)) == (403, 404)
