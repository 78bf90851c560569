"""POST /timeseries: what is accepted, and what is refused without harm."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from threading import Thread, Timer
from time import sleep

import pytest
from falcon.testing import Result, StartResponseMock, TestClient, create_environ

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.errors import StoreUnavailable
from entrypoints.rest.app import create_app
from tests.builders import CannedSource, memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.conftest import client_of


def post(client: TestClient, body: object, path: str = "/timeseries", **kwargs: object) -> Result:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.simulate_post(path, body=raw, **{"content_type": "application/json", **kwargs})


@pytest.mark.parametrize("path", ["/timeseries", "/"])
def test_a_new_code_is_created_and_pending(waiting: TestClient, path: str) -> None:
    """A new code gives 201 with its id, its fetch and the address of both, in this order."""
    answer = post(waiting, {"database_code": "wiki", "dataset_code": "FB"}, path)

    assert answer.status_code == 201
    assert list(answer.json) == ["id", "status", "provider", "database_code", "dataset_code", "fetch", "links"]
    assert answer.json["status"] == "pending"
    assert (answer.json["provider"], answer.json["database_code"], answer.json["dataset_code"]) == ("canned", "WIKI", "FB")
    assert answer.headers["location"] == f"/timeseries/{answer.json['id']}"
    assert answer.json["fetch"]["status"] == "pending"
    assert answer.json["links"] == {
        "self": f"/timeseries/{answer.json['id']}",
        "data": f"/timeseries/{answer.json['id']}/data",
        "vintages": f"/timeseries/{answer.json['id']}/vintages",
        "revisions": f"/timeseries/{answer.json['id']}/revisions",
        "fetch": f"/fetches/{answer.json['fetch']['id']}",
    }


def test_a_known_code_keeps_its_id(client: TestClient) -> None:
    """A second request gives 200, the same id and today's status, without a Location."""
    first = post(client, {"code": "WIKI/FB"})
    second = post(client, {"code": "WIKI/FB"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["id"] == first.json["id"]
    assert second.json["status"] == "success"
    assert second.json["fetch"] == {"id": first.json["fetch"]["id"], "status": "success"}
    assert "location" not in second.headers


@pytest.mark.parametrize(("preference", "applied"), [("wait=1", "wait=1"), ('respond-async, wait="2"', "wait=1"), ("wait=soon", None)])
def test_a_client_may_prefer_to_wait(preference: str, applied: str | None) -> None:
    """The response is that of the fetch's end if it comes in time; no request waits longer than the maximum, or claims to."""
    dispatcher = RecordingDispatcher()
    use_cases = memory_use_cases({"canned": CannedSource()}, dispatcher=dispatcher)

    def work() -> None:
        while not dispatcher.notified:
            sleep(0.01)
        if applied:
            use_cases.fetch_dataset(dispatcher.notified[0])

    worker = Thread(target=work)
    worker.start()
    answer = client_of(use_cases).simulate_post("/timeseries", json={"code": "WIKI/FB"}, headers={"Prefer": preference})
    worker.join()

    assert answer.headers.get("preference-applied") == applied
    assert (answer.status_code, answer.json["status"]) == (201, "success" if applied else "pending")


def test_waiting_ends(waiting: TestClient) -> None:
    """Without a worker, the response is pending in the end."""
    answer = waiting.simulate_post("/timeseries", json={"code": "WIKI/FB"}, headers={"Prefer": "wait=1"})

    assert (answer.status_code, answer.json["status"], answer.json["fetch"]["status"]) == (201, "pending", "pending")


@pytest.mark.parametrize(("preference", "status"), [("wait=1", "success"), ("", "pending")])
def test_a_client_may_prefer_to_wait_for_a_refresh(preference: str, status: str) -> None:
    """As for a first request."""
    dispatcher = RecordingDispatcher()
    use_cases = memory_use_cases({"canned": CannedSource()}, dispatcher=dispatcher)
    client = client_of(use_cases)
    series = post(client, {"code": "WIKI/FB"}).json["id"]
    use_cases.fetch_dataset(dispatcher.notified.pop())
    worker = Timer(0.05, lambda: use_cases.fetch_dataset(dispatcher.notified[0]))
    worker.start()
    answer = post(client, {}, f"/timeseries/{series}/fetches", headers={"Prefer": preference})
    worker.join()

    assert (answer.status_code, answer.json["status"]) == (201, status)


def test_a_store_that_fails_while_a_client_waits_takes_nothing_back() -> None:
    """The response is that of the committed request."""
    use_cases = waiting_use_cases()
    flaky = replace(use_cases, await_fetch=replace(use_cases.await_fetch, store=Unavailable()))
    answer = post(client_of(flaky), {"code": "WIKI/FB"}, headers={"Prefer": "wait=1"})

    assert (answer.status_code, answer.json["status"]) == (201, "pending")
    assert "preference-applied" not in answer.headers


class Unavailable(MemoryStore):
    def reading(self):
        raise StoreUnavailable


def test_refresh_asks_again_although_nothing_is_stale(client: TestClient) -> None:
    """With refresh a fresh series gets another fetch."""
    first = post(client, {"code": "WIKI/FB"})
    second = post(client, {"code": "WIKI/FB", "refresh": True})

    assert second.json["fetch"]["id"] != first.json["fetch"]["id"]


@pytest.mark.parametrize(
    "body",
    [{"code": "other:FRED/GDP"}, {"code": "FRED/GDP", "provider": "other"}, {"code": "other:FRED/GDP", "provider": "other"}],
)
def test_the_provider_is_named_in_the_code_or_beside_it(client: TestClient, body: dict[str, str]) -> None:
    """Both spellings choose the provider."""
    assert post(client, body).json["provider"] == "other"


def test_the_request_id_goes_into_the_fetch() -> None:
    """The fetch carries the id of the HTTP request that asked for it."""
    store = MemoryStore()
    client = TestClient(create_app(waiting_use_cases(store), allowed_hosts=()), headers={"Host": "localhost"})

    post(client, {"code": "WIKI/FB"}, headers={"X-Request-ID": "mine-1"})

    assert [fetch.request_id for fetch in store.state.fetches.values()] == ["mine-1"]


def test_a_media_type_may_have_parameters(waiting: TestClient) -> None:
    """A charset behind application/json does no harm."""
    assert post(waiting, {"code": "WIKI/FB"}, content_type="Application/JSON; charset=utf-8").status_code == 201


BAD_BODIES = {
    "blank": (b" ", 400, ""),
    "malformed": (b'{"code": ', 400, ""),
    "trailing text": (b'{"code": "WIKI/FB"} x', 400, ""),
    "not an object": (b'["WIKI/FB"]', 400, ""),
    "null": (b"null", 400, ""),
    "NaN": (b'{"code": NaN}', 400, ""),
    "Infinity": (b'{"code": -Infinity}', 400, ""),
    "UTF-8 broken": (b'{"code": "\xff\xfe"}', 400, ""),
    "lone surrogate": (b'{"\\ud800": "WIKI/FB"}', 400, ""),
    "name twice": (b'{"code": "WIKI/FB", "code": "WIKI/AAPL"}', 400, "/code"),
    "nested 17": (b'{"code": ' + b"[" * 16 + b"]" * 16 + b"}", 400, ""),
    "nested 100,000": (b'{"code": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, ""),
    "nested 100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, ""),
    "100,000 digits": (b'{"code": ' + b"7" * 100_000 + b"}", 400, ""),
    "5,000 digits": (b'{"code": ' + b"7" * 5_000 + b"}", 400, ""),
    "70,000 bytes": (b'{"code": "' + b"7" * 70_000 + b'"}', 413, ""),
    "many quotes": (b'{"code": "' + b'\\"' * 32_000, 400, ""),
    "missing code": ({}, 400, "/database_code"),
    "missing dataset": ({"database_code": "WIKI"}, 400, "/dataset_code"),
    "both codes": ({"code": "WIKI/FB", "database_code": "WIKI"}, 400, "/code"),
    "number": ({"database_code": "WIKI", "dataset_code": 5}, 400, "/dataset_code"),
    "null code": ({"code": None}, 400, "/code"),
    "empty code": ({"code": ""}, 400, "/code"),
    "list": ({"code": ["WIKI/FB"]}, 400, "/code"),
    "text for truth": ({"code": "WIKI/FB", "refresh": "true"}, 400, "/refresh"),
    "number for truth": ({"code": "WIKI/FB", "allow_shrink": 1}, 400, "/allow_shrink"),
    "unknown field": ({"code": "WIKI/FB", "proivder": "x"}, 400, "/proivder"),
    "unknown field with a slash": ({"code": "WIKI/FB", "a/b~": 1}, 400, "/a~1b~0"),
    "climbing": ({"database_code": "WIKI", "dataset_code": "../../admin"}, 400, "/dataset_code"),
    "climbing code": ({"code": "WIKI/../../admin"}, 400, "/code"),
    "query": ({"database_code": "WIKI?x=1#", "dataset_code": "FB"}, 400, "/database_code"),
    "query code": ({"code": "WIKI?x=1#"}, 400, "/code"),
    "10,000 characters": ({"database_code": "WIKI", "dataset_code": "A" * 10_000}, 400, "/dataset_code"),
    "NUL": ({"code": "WIKI/F\0B"}, 400, "/code"),
    "unknown provider": ({"code": "WIKI/FB", "provider": "nobody"}, 400, "/provider"),
    "two providers": ({"code": "canned:WIKI/FB", "provider": "other"}, 400, "/provider"),
}


@pytest.mark.parametrize(("body", "status", "pointer"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_refused_by_the_field(client: TestClient, body: object, status: int, pointer: str) -> None:
    """Every error is a problem that points at it, nothing is stored, and the next request works."""
    answer = post(client, body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert all(error["detail"].endswith((".", "?")) for error in answer.json["errors"])
    assert len(answer.text) < 2_000
    assert client.simulate_get("/timeseries").json["items"] == []
    assert post(client, {"code": "WIKI/FB"}).status_code == 201


def test_an_unknown_field_is_answered_with_the_nearest(client: TestClient) -> None:
    """A misspelt field's problem names the field that was meant."""
    answer = post(client, {"code": "WIKI/FB", "proivder": "x"})

    assert "'proivder' is not a field of this request. Did you mean provider?" in answer.json["detail"]


def test_thousands_of_unknown_fields_are_refused_quickly(client: TestClient) -> None:
    """Only the first faults are named."""
    answer = post(client, {f"f{i}": 1 for i in range(5_000)})

    assert answer.status_code == 400
    assert len(answer.json["errors"]) == 10


class Unreadable(io.RawIOBase):
    """A body that must not be read."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        raise AssertionError(size)


def test_a_body_of_ten_megabytes_is_not_read(client: TestClient) -> None:
    """What is announced as far too large is refused unread."""
    answer = client.simulate_post(
        "/timeseries",
        headers={"Content-Type": "application/json", "Content-Length": "10485760"},
        extras={"wsgi.input": Unreadable()},
    )

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_a_body_without_length_is_refused(client: TestClient) -> None:
    """Without Content-Length nothing is read."""
    answer = client.simulate_post("/timeseries", headers={"Content-Type": "application/json"}, extras={"wsgi.input": Unreadable()})

    assert (answer.status_code, answer.json["code"]) == (411, "length_required")
    assert answer.json["errors"][0]["header"] == "Content-Length"


@pytest.mark.parametrize("length", ["ten", "-1"])
def test_a_senseless_length_is_refused(client: TestClient, length: str) -> None:
    """A Content-Length that is no count of bytes is a 400."""
    environ = create_environ("/timeseries", method="POST", host="localhost", headers={"Content-Type": "application/json"})
    answer = StartResponseMock()

    client.app(environ | {"CONTENT_LENGTH": length}, answer)

    assert answer.status == "400 Bad Request"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_another_media_type_is_refused(client: TestClient, kind: str) -> None:
    """What browsers may send across origins unasked is a 415."""
    answer = post(client, {"code": "WIKI/FB"}, content_type=kind)

    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_coded_body_is_refused(client: TestClient) -> None:
    """A compressed body cannot hide its size."""
    assert post(client, {"code": "WIKI/FB"}, headers={"Content-Encoding": "gzip"}).status_code == 415


def test_a_provider_without_its_key_is_refused_before_anything_is_written(client: TestClient) -> None:
    """The problem names the variable, and no series is added."""
    answer = post(client, {"code": "WIKI/FB", "provider": "keyless"})

    assert (answer.status_code, answer.json["code"]) == (422, "provider_not_configured")
    assert "LANNER_PROVIDERS__KEYLESS__API_KEY" in answer.json["detail"]
    assert "lanner providers" in answer.json["hint"]
    assert client.simulate_get("/timeseries").json["items"] == []


def test_a_parameter_on_a_request_is_refused(client: TestClient) -> None:
    """What belongs into the body is not taken from the query."""
    assert post(client, {"code": "WIKI/FB"}, params={"refresh": "true"}).json["errors"][0]["parameter"] == "refresh"
