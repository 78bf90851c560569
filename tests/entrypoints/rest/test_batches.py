"""Requests for many series at once over REST."""

from __future__ import annotations

from typing import Any

import pytest
from falcon.testing import TestClient

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.providers import Limit
from domain.quotas import Requester
from domain.use_cases.request_batch import MOST
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource, StoppedClock


@pytest.fixture
def dispatcher() -> RecordingDispatcher:
    return RecordingDispatcher()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(StoppedClock())


@pytest.fixture
def api(store: MemoryStore, dispatcher: RecordingDispatcher) -> TestClient:
    sources = {"canned": CannedSource(), "other": CannedSource(), "keyless": None}
    return client_of(memory_use_cases(sources, store=store, dispatcher=dispatcher))


def post(api: TestClient, **body: Any) -> Any:
    answer = api.simulate_post("/fetches", json=body)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_each_code_has_its_state_or_its_error(api: TestClient, dispatcher: RecordingDispatcher) -> None:
    """What is wrong with one keeps none of the others back; the new fetches are listed by their batch."""
    known = api.simulate_post("/timeseries", json={"code": "X/B"}).json
    answer = post(api, codes=["X/A", "other:X/A", "X/B", "X", "keyless:X/A", "nobody:X/A", "Y/*", "X/*"])
    items = answer["items"]
    shown = [
        (item["code"], item["error"] and item["error"]["code"], item["timeseries"] and item["timeseries"]["provider"]) for item in items
    ]

    assert shown == [
        ("X/A", None, "canned"),
        ("other:X/A", None, "other"),
        ("X/B", None, "canned"),
        ("X", "invalid_input", None),
        ("keyless:X/A", "provider_not_configured", None),
        ("nobody:X/A", "unknown_provider", None),
        ("Y/*", "series_not_found", None),
        ("X/*", None, "canned"),
    ]
    assert [item["created"] for item in items] == [True, True, False, False, False, False, False, False]
    assert items[2]["timeseries"]["fetch"] == known["fetch"]
    listed = api.simulate_get("/fetches", params={"batch": answer["batch"]}).json["items"]
    added = {items[0]["timeseries"]["fetch"]["id"], items[1]["timeseries"]["fetch"]["id"]}
    assert {fetch["id"] for fetch in listed} == added
    assert answer["links"]["fetches"] == f"/fetches?batch={answer['batch']}"
    assert {str(each) for each in dispatcher.notified} == {*added, known["fetch"]["id"]}


def test_masks_mean_what_is_stored(api: TestClient) -> None:
    """Each of the series that one means is an item; a series that is meant twice has one fetch."""
    for code in ("X/A1", "X/A2", "X/B1"):
        post(api, codes=[code])
    items = post(api, codes=["X/A*", "X/A1"], provider="canned", refresh=True)["items"]

    assert [(item["code"], item["timeseries"]["dataset_code"]) for item in items] == [("X/A*", "A1"), ("X/A*", "A2"), ("X/A1", "A1")]
    assert items[0]["timeseries"] == items[2]["timeseries"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/codes"),
        ({"codes": []}, "/codes"),
        ({"codes": "X/A"}, "/codes"),
        ({"codes": [7]}, "/codes/0"),
        ({"codes": ["X/A", ""]}, "/codes/1"),
        ({"codes": [f"X/{n}" for n in range(MOST + 1)]}, "/codes"),
        ({"codes": ["X/A"], "allow": ["all"]}, "/allow/0"),
        ({"codes": ["X/A"], "allow": "values"}, "/allow"),
        ({"codes": ["X/A"], "allow_shrink": True}, "/allow_shrink"),
    ],
)
def test_what_is_wrong_with_the_request_is_named(api: TestClient, body: Any, pointer: str) -> None:
    """And nothing is requested."""
    answer = api.simulate_post("/fetches", json=body)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, pointer)
    assert api.simulate_get("/timeseries").json["items"] == []


def test_a_quota_that_does_not_suffice_requests_nothing(store: MemoryStore) -> None:
    """The whole request is refused."""
    use_cases = memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=RecordingDispatcher())
    requester = Requester("someone", (Limit(2, 60),))
    with pytest.raises(Exception, match="Too many fetches"):
        use_cases.request_batch(["X/A", "X/B", "X/C"], requester=requester)

    assert (store.state.series, store.state.quotas) == ({}, {})
    assert len(use_cases.request_batch(["X/A", "X/B"], requester=requester).items) == 2


def test_codes_that_mean_too_much_are_refused(api: TestClient, store: MemoryStore) -> None:
    """No more than a thousand series are requested at once."""
    for begin in (0, 600):
        post(api, codes=[f"X/{n}" for n in range(begin, begin + 600)])
    answer = api.simulate_post("/fetches", json={"codes": ["X/*"]})

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "/codes")
