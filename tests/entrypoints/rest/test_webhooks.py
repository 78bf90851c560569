"""Webhooks over REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import Result, TestClient
from standardwebhooks import Webhook as Verifier

from adapters.memory.webhook_sender import RecordingSender
from domain.use_cases import UseCases
from domain.webhooks.delivery import Reply
from tests.builders import NOBODY, memory_use_cases
from tests.fakes import CannedSource

ClientOn = Callable[[UseCases], TestClient]
URL = "https://receiver.example/hook"
NOTHING = f"/webhooks/{NOBODY}"


class Served:
    """A client, the use cases behind it, and what was sent."""

    def __init__(self, client_on: ClientOn) -> None:
        self.sender = RecordingSender()
        self.use = memory_use_cases({"canned": CannedSource()}, sender=self.sender)
        self.client = client_on(self.use)

    def ask(self, method: str, path: str, **body: Any) -> Result:
        return self.client.simulate_request(method, path, **({} if method in ("GET", "DELETE") else {"json": body}))

    def made(self, **more: Any) -> dict[str, Any]:
        answer = self.ask("POST", "/webhooks", url=URL, **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    def deliver(self) -> None:
        while self.use.deliver_events.has_due():
            self.use.deliver_events()


@pytest.fixture
def served(client_on: ClientOn) -> Served:
    return Served(client_on)


def test_a_webhook_is_created_read_and_removed(served: Served) -> None:
    """Its secret is in the first answer, which no cache keeps, and in no other."""
    answer = served.ask("POST", "/webhooks", url=URL, events=["vintage.created", "fetch.failed"], selector="canned:X/*", threshold=2)
    made = answer.json
    path = answer.headers["location"]

    assert (answer.status_code, path, answer.headers["cache-control"]) == (201, f"/webhooks/{made['id']}", "no-store")
    assert made["secret"].startswith("whsec_")
    assert (made["events"], made["selector"], made["threshold"]) == (["fetch.failed", "vintage.created"], "canned:X/*", 2)
    assert (made["enabled"], made["disabled_at"], made["disabled_reason"], made["rotation"]) == (True, None, None, 0)
    kept = {name: value for name, value in made.items() if name != "secret"}
    assert served.ask("GET", path).json == kept
    assert served.ask("GET", "/webhooks").json == {"items": [kept]}
    assert served.ask("DELETE", path).status_code == 204
    assert served.ask("GET", path).json["code"] == "webhook_not_found"


def test_by_default_it_is_told_everything(served: Served) -> None:
    """All events of all series."""
    made = served.made()

    assert made["events"] == [
        "fetch.failed",
        "revision.large",
        "series.discontinued",
        "series.diverged",
        "series.overdue",
        "vintage.created",
    ]
    assert (made["selector"], made["threshold"]) == (None, 5)


def test_what_was_delivered_is_listed(served: Served) -> None:
    """The last first, a page at a time."""
    made = served.made()
    served.sender.answer = lambda _url, _headers, body: Reply(204 if json.loads(body)["data"]["timeseries"]["code"] == "X/A" else 500)
    for code in ("X/A", "X/B"):
        assert served.ask("POST", "/timeseries", code=code).status_code == 201
    served.deliver()
    path = made["links"]["deliveries"]
    first = served.ask("GET", f"{path}?limit=1")
    second = served.ask("GET", f"{path}?limit=1&cursor={first.json['next']}").json

    (failed,), (delivered,) = first.json["items"], second["items"]
    assert (failed["series"], failed["status"], failed["attempts"], failed["response_status"]) == ("canned:X/B", "pending", 1, 500)
    assert (delivered["series"], delivered["status"], delivered["next_at"]) == ("canned:X/A", "delivered", None)
    assert {delivered["id"], failed["id"]} == {headers["webhook-id"] for _, headers, _ in served.sender.sent}
    assert served.client.simulate_get(delivered["links"]["timeseries"]).status_code == 200
    assert (second["next"], 'rel="next"' in first.headers["link"]) == (None, True)
    assert served.ask("GET", made["links"]["self"]).json["retry_at"] == failed["next_at"]


def test_links_in_messages_lead_somewhere(served: Served) -> None:
    """To the series, its vintage, and the event's place in the feed."""
    served.made()
    served.ask("POST", "/timeseries", code="X/A")
    served.deliver()
    data = json.loads(served.sender.sent[0][2])["data"]

    assert {name: served.client.simulate_get(link).status_code for name, link in data["links"].items()} == {
        "timeseries": 200,
        "vintage": 200,
        "feed": 200,
    }
    assert served.client.simulate_get(data["links"]["feed"]).json["items"][0]["position"] == data["position"]


def test_a_change_and_a_stop(served: Served) -> None:
    """Only what is given changes; a stopped one says so, and goes on again."""
    path = served.made(selector="X/*")["links"]["self"]
    changed = served.ask("PATCH", path, selector=None, enabled=False).json
    assert (changed["selector"], changed["enabled"], changed["url"]) == (None, False, URL)
    assert changed["disabled_reason"] == "It was stopped by a request."
    assert "secret" not in changed

    again = served.ask("PATCH", path, enabled=True, events=["fetch.failed"]).json
    assert (again["enabled"], again["disabled_reason"], again["events"]) == (True, None, ["fetch.failed"])


def test_a_rotation_gives_a_new_secret(served: Served) -> None:
    """Both verify a message now; the answer is not cached."""
    made = served.made()
    answer = served.ask("POST", f"{made['links']['self']}/rotate", overlap="1h")
    tried = served.ask("POST", f"{made['links']['self']}/test").json
    _, headers, body = served.sender.sent[0]

    assert (answer.status_code, answer.headers["cache-control"], answer.json["rotation"]) == (200, "no-store", 1)
    assert answer.json["previous_until"]
    assert answer.json["secret"] != made["secret"]
    for secret in (made["secret"], answer.json["secret"]):
        assert Verifier(secret).verify(body, dict(headers))["type"] == "webhook.test"
    assert tried == {"id": headers["webhook-id"], "accepted": True, "response_status": 204, "error": None}


def test_a_test_says_why_it_failed(served: Served) -> None:
    """What the receiver answered, or why it did not."""
    path = f"{served.made()['links']['self']}/test"
    served.sender.answer = lambda *_: Reply(None, "It could not be reached.")

    assert served.ask("POST", path).json["error"] == "It could not be reached."
    assert not served.ask("POST", path).json["accepted"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": 7}, "/url"),
        ({"url": "http://example.org"}, "/url"),
        ({"url": URL, "events": []}, "/events"),
        ({"url": URL, "events": ["vintage.deleted"]}, "/events/0"),
        ({"url": URL, "events": None}, "/events"),
        ({"url": URL, "selector": "nonsense"}, "/selector"),
        ({"url": URL, "selector": "nobody:*"}, "/provider"),
        ({"url": URL, "threshold": "5"}, "/threshold"),
        ({"url": URL, "threshold": True}, "/threshold"),
        ({"url": URL, "threshold": 0}, "/threshold"),
        ({"url": URL, "threshold": 1e300}, "/threshold"),
        ({"url": URL, "secret": "mine"}, "/secret"),
        ({"url": URL, "enabled": False}, "/enabled"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(served: Served, body: dict[str, Any], pointer: str) -> None:
    """With its place in the body; nothing is created."""
    answer = served.ask("POST", "/webhooks", **body)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, pointer)
    assert served.ask("GET", "/webhooks").json == {"items": []}


@pytest.mark.parametrize("overlap", ["", "soon", "31d", 7, None])
def test_an_overlap_that_is_none(served: Served, overlap: Any) -> None:
    """It is refused, and the secret stays."""
    path = served.made()["links"]["self"]
    answer = served.ask("POST", f"{path}/rotate", overlap=overlap)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "/overlap")
    assert served.ask("GET", path).json["rotation"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", NOTHING),
        ("PATCH", NOTHING),
        ("DELETE", NOTHING),
        ("POST", f"{NOTHING}/rotate"),
        ("POST", f"{NOTHING}/test"),
        ("GET", f"{NOTHING}/deliveries"),
    ],
)
def test_one_that_does_not_exist(served: Served, method: str, path: str) -> None:
    """It is a 404 of its own code."""
    answer = served.ask(method, path)

    assert (answer.status_code, answer.json["code"]) == (404, "webhook_not_found")


def test_without_a_master_secret(client_on: ClientOn) -> None:
    """Creating one says which setting is missing; listing works."""
    client = client_on(memory_use_cases({}, webhook_secret=""))
    answer = client.simulate_post("/webhooks", json={"url": URL})

    assert (answer.status_code, answer.json["code"]) == (422, "webhook_secret_missing")
    assert "LANNER_WEBHOOK_SECRET" in answer.json["detail"]
    assert client.simulate_get("/webhooks").json == {"items": []}
