"""API keys over REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.fakes import CannedSource, StoppedClock

ClientOn = Callable[[UseCases], TestClient]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def use_cases(clock: StoppedClock) -> UseCases:
    return memory_use_cases({"canned": CannedSource()}, store=MemoryStore(clock))


@pytest.fixture
def keyed(use_cases: UseCases) -> Callable[..., Result]:
    """Send a request to a service that requires keys, with a new key of these scopes."""
    client = TestClient(create_app(use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)

    def send(method: str, path: str, *scopes: Scope, token: str = "", body: Any = None) -> Result:
        token = token or use_cases.manage_keys.create("test", scopes or [Scope.ADMIN])[1]
        more = {} if body is None else {"json": body}
        return client.simulate_request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    return send


def test_a_key_is_created_used_and_revoked(keyed: Callable[..., Result], clock: StoppedClock) -> None:
    """Its token is told once; the list shows it without; a revoked one is refused."""
    answer = keyed("POST", "/keys", body={"name": "desk", "scopes": ["read"], "days": 30, "limit": "20/1"})
    made = answer.json

    assert (answer.status_code, answer.headers["location"], answer.headers["cache-control"]) == (
        201,
        f"/keys/{made['id']}",
        "private, no-store",
    )
    assert (made["name"], made["scopes"], made["limit"], made["revoked_at"]) == ("desk", ["read"], "20/1", None)
    assert made["expires_at"] == (clock() + timedelta(days=30)).isoformat().replace("+00:00", "Z")
    assert keyed("GET", "/timeseries", token=made["token"]).status_code == 200
    listed = next(each for each in keyed("GET", "/keys").json["items"] if each["id"] == made["id"])
    assert listed == {name: value for name, value in made.items() if name != "token"}
    revoked = keyed("DELETE", f"/keys/{made['id']}")
    assert (revoked.status_code, revoked.json["revoked_at"] is not None) == (200, True)
    clock.forward(seconds=10)
    assert keyed("GET", "/keys").json["items"][0]["id"]


def test_a_key_can_read_and_fetch_unless_told_otherwise(keyed: Callable[..., Result]) -> None:
    """Without scopes it has those of ``lanner keys create``."""
    made = keyed("POST", "/keys", body={"name": "desk"}).json

    assert (made["scopes"], made["expires_at"], made["limit"]) == (["fetch", "read"], None, None)
    assert made["token"].startswith("lnr_")


def test_a_key_of_freds_form(keyed: Callable[..., Result]) -> None:
    """Its token is one that clients of FRED accept, and is a key everywhere."""
    token = keyed("POST", "/keys", body={"name": "pyfredapi", "form": "fred"}).json["token"]

    assert (len(token), token.isalnum(), token == token.lower()) == (32, True, True)
    assert keyed("GET", "/timeseries", token=token).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/keys"), ("POST", "/keys"), ("DELETE", "/keys/0123456789ab")])
def test_only_an_administrator_may(keyed: Callable[..., Result], method: str, path: str) -> None:
    """Other scopes are told which one is needed."""
    answer = keyed(method, path, Scope.READ, Scope.FETCH, body={"name": "x"} if method == "POST" else None)

    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")


REFUSED: Mapping[str, tuple[Any, str]] = {
    "no name": ({}, "/name"),
    "an empty name": ({"name": ""}, "/name"),
    "a name of blanks": ({"name": "  "}, "/name"),
    "a long name": ({"name": "x" * 101}, "/name"),
    "a control": ({"name": "a\u001bb"}, "/name"),
    "no list": ({"name": "x", "scopes": "read"}, "/scopes"),
    "no scope": ({"name": "x", "scopes": []}, "/scopes"),
    "another scope": ({"name": "x", "scopes": ["read", "root"]}, "/scopes/1"),
    "no day": ({"name": "x", "days": 0}, "/days"),
    "half a day": ({"name": "x", "days": 0.5}, "/days"),
    "too many days": ({"name": "x", "days": 36_501}, "/days"),
    "no limit": ({"name": "x", "limit": "fast"}, "/limit"),
    "another form": ({"name": "x", "form": "quandl"}, "/form"),
    "no form": ({"name": "x", "form": None}, "/form"),
    "another member": ({"name": "x", "token": "mine"}, "/token"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(keyed: Callable[..., Result], what: str) -> None:
    """The member is named, and no key is made."""
    body, pointer = REFUSED[what]
    answer = keyed("POST", "/keys", body=body)

    assert (answer.status_code, answer.json["errors"][0].get("pointer")) == (400, pointer)


def test_an_unknown_key_cannot_be_revoked(keyed: Callable[..., Result]) -> None:
    """It is a 404 with the key's own code."""
    assert keyed("DELETE", "/keys/0123456789ab").status_code == 404
