"""Asking again, listing, cancelling and removing over HTTP, requests with a key, and the figures."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from falcon.testing import Result, TestClient
from ruamel.yaml import YAML

import config
from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import client_of

BODY = {"code": "WIKI/FB"}


def request(client: TestClient, key: str | None = None, body: object = None, path: str = "/timeseries") -> Result:
    return client.simulate_post(path, json=BODY if body is None else body, headers={"Idempotency-Key": key} if key is not None else {})


def test_a_refresh_is_a_new_fetch(client: TestClient) -> None:
    """POST to a series' fetches gives 201 with the fetch and its address; a series that is not there is a 404."""
    series = request(client).json
    answer = request(client, body={}, path=f"/timeseries/{series['id']}/fetches")

    assert (answer.status_code, answer.json["status"]) == (201, "pending")
    assert answer.json["id"] != series["fetch"]["id"]
    assert answer.headers["location"] == f"/fetches/{answer.json['id']}"
    assert client.simulate_get(answer.headers["location"]).json["status"] == "success"
    assert request(client, body={}, path=f"/timeseries/{uuid4()}/fetches").status_code == 404


def test_a_refresh_joins_the_fetch_in_flight(waiting: TestClient) -> None:
    """A pending fetch is given with 200; allow_shrink is added to it; an unknown field is refused."""
    series = request(waiting).json
    path = f"/timeseries/{series['id']}/fetches"
    joined = request(waiting, body={"allow_shrink": True}, path=path)

    assert (joined.status_code, joined.json["id"]) == (200, series["fetch"]["id"])
    assert request(waiting, body={"refresh": True}, path=path).json["errors"][0]["pointer"] == "/refresh"


def test_fetches_are_listed_in_pages(waiting: TestClient) -> None:
    """Newest first, by status and provider, each page with the way to the next."""
    made = [request(waiting, body={"code": f"WIKI/N{n}"}).json["fetch"]["id"] for n in range(3)]
    waiting.simulate_delete(f"/fetches/{made[1]}")
    first = waiting.simulate_get("/fetches", params={"limit": 2})
    rest = waiting.simulate_get("/fetches", params={"limit": 2, "cursor": first.json["next"]})

    assert [item["id"] for item in first.json["items"] + rest.json["items"]] == made[::-1]
    assert (rest.json["next"], 'rel="next"' in first.headers["link"]) == (None, True)
    assert [item["id"] for item in waiting.simulate_get("/fetches", params={"status": "cancelled"}).json["items"]] == [made[1]]
    assert waiting.simulate_get("/fetches", params={"provider": "fred"}).json["items"] == []


@pytest.mark.parametrize("cursor", ["1", "x", "1-2", f"{'9' * 18}-{UUID(int=0)}", f"1-{'-' * 36}"])
def test_a_made_up_cursor_is_refused(waiting: TestClient, cursor: str) -> None:
    """What no page gave is a 400 that names the parameter."""
    answer = waiting.simulate_get("/fetches", params={"cursor": cursor})

    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, "cursor")


def test_cancelling(waiting: TestClient, client: TestClient) -> None:
    """A pending fetch can be cancelled, repeatedly; a successful one is a 409; the series shows that it was cancelled."""
    series = request(waiting).json
    path = f"/fetches/{series['fetch']['id']}"
    first, second = waiting.simulate_delete(path), waiting.simulate_delete(path)
    ended = client.simulate_delete(f"/fetches/{request(client).json['fetch']['id']}")

    assert (first.status_code, first.json["status"], first.json["error"]["code"]) == (200, "cancelled", "cancelled")
    assert second.json == first.json
    assert waiting.simulate_get("/timeseries", params={"id": series["id"]}).json["code"] == "cancelled"
    assert (ended.status_code, ended.json["code"]) == (409, "fetch_already_ended")
    assert waiting.simulate_delete(f"/fetches/{uuid4()}").status_code == 404


def test_cancelling_what_runs_is_accepted() -> None:
    """Cancelling a running fetch is a 202, and the fetch shows when it was requested."""
    store = MemoryStore()
    use = memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=RecordingDispatcher())
    client = client_of(use)
    fetch_id = request(client).json["fetch"]["id"]
    answers: list[Result] = []

    class Cancelling(CannedSource):
        def fetch(self, *arguments: object) -> object:
            answers.append(client.simulate_delete(f"/fetches/{fetch_id}"))
            return super().fetch(*arguments)

    running = memory_use_cases({"canned": Cancelling()}, store=store, dispatcher=RecordingDispatcher())
    running.fetch_dataset(UUID(fetch_id))

    assert (answers[0].status_code, answers[0].json["status"]) == (202, "running")
    assert answers[0].json["cancel_requested_at"]
    assert client.simulate_get(f"/fetches/{fetch_id}").json["status"] == "cancelled"


def test_removing_needs_the_code(client: TestClient) -> None:
    """Without the series' own code a 409 names it; with it 204, and nothing of the series is found any more."""
    series = request(client).json
    path = f"/timeseries/{series['id']}"
    refused = [client.simulate_delete(path), client.simulate_delete(path, params={"confirm": "WIKI/IBM"})]
    removed = client.simulate_delete(path, params={"confirm": "WIKI/FB"})

    assert [(answer.status_code, answer.json["code"]) for answer in refused] == [(409, "removal_not_confirmed")] * 2
    assert "confirm=WIKI/FB" in refused[0].json["hint"]
    assert (removed.status_code, removed.content) == (204, b"")
    assert client.simulate_get(path).status_code == client.simulate_get(f"/fetches/{series['fetch']['id']}").status_code == 404
    assert client.simulate_delete(path, params={"confirm": "WIKI/FB"}).status_code == 404
    assert request(client).status_code == 201


@pytest.mark.parametrize("path", ["/timeseries", "/"])
def test_a_request_with_a_key_can_be_repeated(client: TestClient, path: str) -> None:
    """Same key and body: same status and ids, also when the series has long been known; the spelling of the code is free."""
    first, again = request(client, "a key-1", path=path), request(client, "a key-1", {"database_code": "wiki", "dataset_code": "FB"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json["id"], again.json["fetch"]["id"]) == (first.json["id"], first.json["fetch"]["id"])
    assert again.headers["location"] == first.headers["location"]
    assert request(client, "another").status_code == 200
    assert request(client, "another").status_code == 200


def test_a_refresh_with_a_key_can_be_repeated(client: TestClient) -> None:
    """The same fetch is given, however often it is asked for."""
    path = f"/timeseries/{request(client).json['id']}/fetches"
    first, again, other = (request(client, key, {}, path) for key in ("k", "k", "l"))

    assert (first.status_code, again.status_code, again.json["id"]) == (201, 201, first.json["id"])
    assert other.json["id"] != first.json["id"]


def test_a_key_with_another_request_is_refused(client: TestClient) -> None:
    """Same key, other body: a 422 with a hint, and no fetch."""
    request(client, "k")
    answer = request(client, "k", {"code": "WIKI/IBM"})

    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    assert len(client.simulate_get("/timeseries").json["items"]) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "é"])
def test_a_senseless_key_is_refused(client: TestClient, key: str) -> None:
    """A key is short printable ASCII; the problem names the header."""
    answer = request(client, key)

    assert (answer.status_code, answer.json["errors"][0]["header"]) == (400, "Idempotency-Key")


def test_ids_of_fetches_are_checked(client: TestClient) -> None:
    """What is no UUID is a 400, whose hint says where a fetch's id stands."""
    problem = client.simulate_get("/fetches/nonsense").json

    assert (problem["status"], problem["errors"][0]["parameter"]) == (400, "id")
    assert "fetch.id" in problem["hint"]


#: What follows the name of a family in that of a sample.
_FAMILY = re.compile(r"((?<=seconds)_(bucket|sum|count))?({.*)?$")


def metrics(client: TestClient) -> dict[str, float]:
    answer = client.simulate_get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


def test_figures_are_told(waiting: TestClient) -> None:
    """States, waits, counts, workers and the age of the oldest due fetch, each family with its help and type."""
    fetch = request(waiting).json["fetch"]["id"]
    request(waiting, body={"code": "WIKI/IBM"})
    waiting.simulate_delete(f"/fetches/{fetch}")
    found = metrics(waiting)

    assert (found['lanner_fetches{status="pending"}'], found['lanner_fetches{status="cancelled"}']) == (1, 1)
    assert found['lanner_fetches_waiting{reason="rate_limit"}'] == found["lanner_claims_refused_total"] == found["lanner_workers"] == 0
    assert found["lanner_oldest_due_seconds"] > 0
    text = waiting.simulate_get("/metrics").text
    families = {_FAMILY.sub("", name) for name in found}
    assert all(f"# HELP {name} " in text and f"# TYPE {name} " in text for name in families)


def test_every_alert_speaks_of_a_figure_there_is() -> None:
    """The first rule is the oldest due age, and a process that has notified its broker exports each metric that a rule names."""
    dispatcher = RecordingDispatcher()
    dispatcher.broker_reachable = True
    client = client_of(memory_use_cases({"canned": CannedSource()}, dispatcher=dispatcher))
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", client.simulate_get("/metrics").text, re.MULTILINE))
    known = {name.partition("{")[0] for name in metrics(client)} | {f"{name}_count" for name, kind in kinds.items() if kind == "histogram"}
    rules = YAML(typ="safe").load(Path(config.__file__).parent / "deploy" / "alerts.yml")["groups"][0]["rules"]
    named = [re.findall(r"lanner_\w+", rule["expr"]) for rule in rules]

    assert named[0] == ["lanner_oldest_due_seconds"]
    assert all(named)
    assert {name for names in named for name in names} <= known
