"""Schedules over REST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL, client_of
from tests.fakes import CannedSource, StoppedClock

HOURLY = {"selector": "X/A", "kind": "interval", "spec": "1h"}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def use_cases(clock: StoppedClock) -> UseCases:
    sources = {"canned": CannedSource(), "keyless": None}
    return memory_use_cases(sources, store=MemoryStore(clock), dispatcher=RecordingDispatcher())


@pytest.fixture
def api(use_cases: UseCases) -> TestClient:
    return client_of(use_cases)


def work(use_cases: UseCases) -> None:
    """Do what is due, as a worker does."""
    use_cases.ask_due_series()
    for fetch_id in use_cases.reap_fetches(100):
        use_cases.fetch_dataset(fetch_id)


def moment(time: StoppedClock, **later: float) -> str:
    return (time() + timedelta(**later)).isoformat().replace("+00:00", "Z")


def test_a_series_is_followed(api: TestClient, use_cases: UseCases, clock: StoppedClock) -> None:
    """It is added, fetched by itself, and says when it is looked at next, and why then."""
    made = api.simulate_post("/schedules", json=HOURLY)
    document = made.json
    assert (made.status_code, made.headers["location"]) == (201, f"/schedules/{document['id']}")
    assert document == {
        "id": document["id"],
        "selector": "canned:X/A",
        "kind": "interval",
        "spec": "1h",
        "tz": None,
        "window": None,
        "overlap": "skip",
        "catch_up": "15m",
        "jitter": "0s",
        "budget": 4,
        "paused": False,
        "created_at": moment(clock),
        "series": 1,
        "next_at": moment(clock),
        "reason": "It has not been fetched yet.",
        "last_success_at": None,
        "overdue_since": None,
        "links": {"self": f"/schedules/{document['id']}", "preview": f"/schedules/{document['id']}/preview"},
    }
    work(use_cases)
    state = api.simulate_get(f"/schedules/{document['id']}").json
    assert (state["next_at"], state["last_success_at"], state["reason"]) == (
        moment(clock, hours=1),
        moment(clock),
        "It is looked at every 1h.",
    )
    (series,) = api.simulate_get("/timeseries").json["items"]
    found = api.simulate_get(f"/timeseries/{series['id']}").json
    assert found["next_look"] == {
        "at": moment(clock, hours=1),
        "reason": "It is looked at every 1h.",
        "expected_at": None,
        "last_success_at": moment(clock),
        "overdue_since": None,
        "schedule_id": document["id"],
    }
    assert api.simulate_get("/schedules", params={"timeseries_id": series["id"]}).json["items"] == [state]


def test_a_series_that_is_not_followed_says_so(api: TestClient, use_cases: UseCases) -> None:
    """Its next look is null."""
    series = api.simulate_post("/timeseries", json={"code": "X/A"}).json["id"]

    assert api.simulate_get(f"/timeseries/{series}").json["next_look"] is None


def test_a_schedule_is_changed(api: TestClient, clock: StoppedClock) -> None:
    """Field by field; a new kind needs its own specification."""
    path = f"/schedules/{api.simulate_post('/schedules', json=HOURLY).json['id']}"
    changes = {"window": "mon-fri 08:00-18:00", "tz": "Europe/Berlin", "catch_up": "1h", "jitter": "90s", "budget": 7}
    changed = api.simulate_patch(path, json=changes)
    assert changed.status_code == 200
    assert {name: changed.json[name] for name in changes} == {**changes, "jitter": "1m30s"}
    assert (changed.json["kind"], changed.json["spec"]) == ("interval", "1h")
    assert api.simulate_patch(path, json={"window": None}).json["window"] is None
    assert api.simulate_patch(path, json={"kind": "learned"}).json["spec"] == ""
    refused = api.simulate_patch(path, json={"kind": "cron"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (400, "/spec")
    assert api.simulate_patch(path, json={"selector": "X/B"}).status_code == 400


def test_a_schedule_is_paused_triggered_and_removed(api: TestClient, use_cases: UseCases, clock: StoppedClock) -> None:
    """Paused, it cannot be triggered; removed, it is not found, and its series stays."""
    path = f"/schedules/{api.simulate_post('/schedules', json=HOURLY).json['id']}"
    work(use_cases)
    paused = api.simulate_post(f"{path}/pause", json={}).json
    assert (paused["paused"], paused["next_at"]) == (True, None)
    refused = api.simulate_post(f"{path}/trigger", json={})
    assert (refused.status_code, refused.json["code"]) == (409, "schedule_paused")
    resumed = api.simulate_post(f"{path}/resume", json={}).json
    assert (resumed["paused"], resumed["next_at"]) == (False, moment(clock, hours=1))
    clock.forward(minutes=1)
    assert api.simulate_post(f"{path}/trigger", json={}).json["next_at"] == moment(clock)
    removed = api.simulate_delete(path)
    assert (removed.status_code, removed.content) == (204, b"")
    assert [api.simulate_get(path).json["code"], api.simulate_delete(path).status_code] == ["schedule_not_found", 404]
    assert len(api.simulate_get("/timeseries").json["items"]) == 1


def test_looks_are_previewed(api: TestClient, use_cases: UseCases, clock: StoppedClock) -> None:
    """By the rule, ten unless another number is asked for; of a learned schedule those that are planned."""
    hourly = api.simulate_post("/schedules", json=HOURLY).json["links"]["preview"]
    looks = api.simulate_get(hourly, params={"n": "2"}).json["items"]
    assert looks == [{"at": moment(clock, hours=hours), "reason": "It is looked at every 1h.", "timeseries_id": None} for hours in (1, 2)]
    assert len(api.simulate_get(hourly).json["items"]) == 10
    learned = api.simulate_post("/schedules", json={"selector": "X/*"}).json["links"]["preview"]
    work(use_cases)
    (look,) = api.simulate_get(learned).json["items"]
    (series,) = api.simulate_get("/timeseries").json["items"]
    assert look == {"at": moment(clock, hours=6), "reason": "It is looked at six hours later.", "timeseries_id": series["id"]}


def test_schedules_are_listed_in_pages(api: TestClient, clock: StoppedClock) -> None:
    """Oldest first; by exactly their selector, too."""
    made = []
    for selector in ("X/A", "X/*", "canned:*"):
        made.append(api.simulate_post("/schedules", json={"selector": selector}).json["id"])
        clock.forward(1)
    first = api.simulate_get("/schedules", params={"limit": "2"}).json
    second = api.simulate_get("/schedules", params={"limit": "2", "cursor": first["next"]}).json

    assert [each["id"] for each in first["items"] + second["items"]] == made
    assert second["next"] is None
    assert [each["id"] for each in api.simulate_get("/schedules", params={"selector": "X/*"}).json["items"]] == made[1:2]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/selector"),
        ({"selector": "GDP"}, "/selector"),
        ({"selector": 7}, "/selector"),
        ({"selector": "nobody:X/A"}, "/provider"),
        ({**HOURLY, "spec": "soon"}, "/spec"),
        ({**HOURLY, "spec": None}, "/spec"),
        ({**HOURLY, "kind": "hourly"}, "/kind"),
        ({"selector": "X/A", "kind": "cron", "spec": "0 25 * * *"}, "/spec"),
        ({"selector": "X/A", "spec": "6h"}, "/spec"),
        ({**HOURLY, "tz": "Berlin"}, "/tz"),
        ({**HOURLY, "window": "always"}, "/window"),
        ({**HOURLY, "catch_up": "2d"}, "/catch_up"),
        ({**HOURLY, "jitter": "2h"}, "/jitter"),
        ({**HOURLY, "budget": 0}, "/budget"),
        ({**HOURLY, "budget": "4"}, "/budget"),
        ({**HOURLY, "overlap": "run"}, "/overlap"),
        ({**HOURLY, "paused": "no"}, "/paused"),
        ({**HOURLY, "every": "6h"}, "/every"),
    ],
)
def test_what_is_wrong_is_named(api: TestClient, body: Any, pointer: str) -> None:
    """By a JSON pointer; nothing is written."""
    answer = api.simulate_post("/schedules", json=body)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, pointer), answer.json
    assert api.simulate_get("/schedules").json["items"] == api.simulate_get("/timeseries").json["items"] == []


def test_a_provider_without_its_key_is_not_followed(api: TestClient) -> None:
    """It could not be fetched."""
    answer = api.simulate_post("/schedules", json={"selector": "keyless:X/A"})

    assert answer.json["code"] == "provider_not_configured"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/schedules", Scope.READ),
        ("GET", "/schedules/{}", Scope.READ),
        ("GET", "/schedules/{}/preview", Scope.READ),
        ("POST", "/schedules", Scope.FETCH),
        ("PATCH", "/schedules/{}", Scope.FETCH),
        ("DELETE", "/schedules/{}", Scope.FETCH),
        ("POST", "/schedules/{}/trigger", Scope.FETCH),
        ("POST", "/schedules/{}/pause", Scope.FETCH),
        ("POST", "/schedules/{}/resume", Scope.FETCH),
    ],
)
def test_scopes_are_needed(use_cases: UseCases, method: str, path: str, scope: Scope) -> None:
    """Reading is for readers, everything else for those who may fetch."""
    client = TestClient(create_app(use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)

    def send(*scopes: Scope) -> Result:
        token = use_cases.manage_keys.create("test", scopes)[1]
        headers = {"Authorization": f"Bearer {token}"}
        body: Callable[[], dict[str, Any]] = lambda: {} if method in ("GET", "DELETE") else {"json": {}}  # noqa: E731
        return client.simulate_request(method, path.format(uuid4()), headers=headers, **body())

    other = Scope.FETCH if scope is Scope.READ else Scope.READ
    assert send(other).status_code == 403
    assert send(scope).status_code in (200, 400, 404)
