"""Authentication and authorization: every route with every scope and every kind of key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope
from entrypoints.rest.app import create_app, discover_routes
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL

NOBODY = "00000000-0000-4000-8000-000000000000"
KINDS = ("none", "malformed", "unknown", "expired", "revoked", *Scope)
REFUSED = ("none", "malformed", "unknown", "expired", "revoked")
OPEN = ("/", "/healthz", "/readyz", "/openapi.json", "/docs", "/problems")
OPEN_BELOW = ("/docs/", "/problems/")


class KeyedClient:
    """A service that lets in only holders of keys, and one key of each kind."""

    def __init__(self) -> None:
        self.time = datetime(2024, 3, 1, tzinfo=UTC)
        self._addresses = map(str, ip_network("10.0.0.0/8").hosts())
        self.use_cases = memory_use_cases({"canned": CannedSource()}, store=MemoryStore(clock=lambda: self.time))
        self.client = TestClient(create_app(self.use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)
        keys = self.use_cases.manage_keys
        self.texts = {"none": "", "malformed": "secret", "unknown": f"lnr_{'0' * 12}_{'x' * 43}"}
        self.texts |= {str(scope): keys.create(str(scope), [scope])[1] for scope in Scope}
        self.texts["expired"] = keys.create("expired", [*Scope], days=1)[1]
        revoked, self.texts["revoked"] = keys.create("revoked", [*Scope])
        keys.revoke(revoked.id)
        self.texts["all"] = keys.create("all", [*Scope])[1]
        self.time += timedelta(days=2)

    def ask(self, kind: str, method: str, path: str, **options: Any) -> Result:
        headers = {"Authorization": f"Bearer {self.texts[kind]}"} if self.texts[kind] else {}
        # Each from an address of its own: whoever has too many keys refused is told so instead.
        options.setdefault("remote_addr", next(self._addresses))
        return self.client.simulate_request(method, path, headers={**headers, **options.pop("headers", {})}, **options)


@pytest.fixture(scope="module")
def keyed() -> KeyedClient:
    return KeyedClient()


def routes() -> list[tuple[str, str]]:
    """Every method of every route, with values for its path parameters."""
    use_cases = memory_use_cases({"canned": CannedSource()})
    found = []
    for path, resource, *_ in discover_routes(use_cases):
        methods = [
            method
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
            if hasattr(resource, f"on_{'get' if method == 'HEAD' else method.lower()}")
        ]
        filled = (
            path.replace("{series_id}", NOBODY)
            .replace("{key_id}", "0123456789ab")
            .replace("{date}", "2024-01-01")
            .replace("{fred_id}", "CANNED")
            .replace("{fetch_id}", NOBODY)
            .replace("{equivalence_id}", NOBODY)
            .replace("{number}", "1")
            .replace("{formula_database}", "MY")
            .replace("{formula}", "SPREAD")
        )
        filled = (
            filled.replace("{database}", "CANNED").replace("{dataset}", "NONE").replace("{part}", "data").replace("{file}", "CANNED_1.zip")
        )
        found += [(method, filled) for method in methods]
    return found


def needed(method: str, path: str) -> Scope:
    """The scope of each route, stated independently."""
    if path.startswith(("/keys", "/webhooks", "/imports")):
        return Scope.ADMIN
    if method in ("GET", "HEAD") or path.startswith("/panel"):
        return Scope.READ
    if path.startswith("/equivalences"):
        return Scope.ADMIN
    return Scope.ADMIN if method == "DELETE" and path.startswith(("/timeseries/", "/formulas/", "/providers/")) else Scope.FETCH


@pytest.mark.parametrize(("method", "path"), routes(), ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_every_route_against_every_kind_of_key(keyed: KeyedClient, kind: str, method: str, path: str) -> None:
    """Without a valid key it is 401, or FRED's 400, without the scope 403, whether the resource exists or not; else the route decides."""
    status = keyed.ask(kind, method, path).status_code

    if path in OPEN and method in ("GET", "HEAD"):
        assert status == 200
    elif path.startswith(OPEN_BELOW):
        assert status == 404
    elif kind in REFUSED:
        assert status == (400 if path.startswith("/fred/") else 401)
    elif kind != needed(method, path):
        assert status == 403
    else:
        assert status not in (401, 403)


@pytest.mark.parametrize("kind", REFUSED)
def test_all_refusals_are_the_same(keyed: KeyedClient, kind: str) -> None:
    """The response does not reveal whether a key existed, and names the way to send one."""
    answer, other = keyed.ask(kind, "GET", "/timeseries"), keyed.ask("none", "GET", f"/timeseries/{NOBODY}")
    known = {name: answer.json[name] for name in ("code", "detail", "hint", "status")}

    assert known == {name: other.json[name] for name in known}
    assert (known["code"], answer.headers["www-authenticate"]) == ("key_refused", "Bearer")


def test_whose_key_allows_too_little_is_told_how_to_make_another(keyed: KeyedClient) -> None:
    """The problem names the scope that is needed, and the command."""
    refused = keyed.ask("read", "POST", "/timeseries").json

    assert (refused["code"], refused["detail"]) == ("scope_missing", "This needs a key with the scope fetch.")
    assert "lanner keys create --scope" in refused["hint"]


def test_other_ways_to_send_a_key(keyed: KeyedClient) -> None:
    """X-Api-Token works everywhere; the query only in the Quandl-compatible API and in FRED's, whose scripts use it."""
    text = keyed.texts["all"]
    by_header = keyed.client.simulate_get("/timeseries", headers={"X-Api-Token": text})
    in_address = keyed.client.simulate_get("/timeseries", params={"api_key": text})
    at_door = keyed.client.simulate_get("/api/v3/datasets/CANNED/FB", params={"api_key": text})
    wrong = keyed.client.simulate_get("/api/v3/datasets/CANNED/FB", params={"api_key": "wrong"})
    at_fred = keyed.client.simulate_get("/fred/series", params={"api_key": text, "series_id": "CANNED/FB"})
    at_graph = keyed.client.simulate_get("/graph/fredgraph.csv", params={"api_key": text, "id": "CANNED/FB"})

    assert (by_header.status_code, in_address.status_code, at_door.status_code) == (200, 400, 200)
    assert (at_fred.status_code, at_graph.status_code) == (200, 400)
    assert text not in in_address.text
    assert (wrong.status_code, wrong.json["quandl_error"]["code"]) == (401, "QEAx01")
    assert wrong.json["quandl_error"]["message"].startswith("We could not recognize your API key.")


def test_reading_alone_fetches_nothing_at_the_door(keyed: KeyedClient) -> None:
    """A key without the scope reads stored data; other series are not found."""
    assert keyed.ask("read", "GET", "/api/v3/datasets/CANNED/NEW").status_code == 404
    assert keyed.ask("all", "GET", "/api/v3/datasets/CANNED/OLD").status_code == 200
    keyed.time += timedelta(days=30)
    assert keyed.ask("read", "GET", "/api/v3/datasets/CANNED/OLD").status_code == 200


def test_keyed_answers_are_private(keyed: KeyedClient) -> None:
    """What a key opened is for its holder alone."""
    keyed.ask("all", "GET", "/api/v3/datasets/CANNED/FB")
    answer = keyed.ask("read", "GET", "/data", params={"code": "canned:CANNED/FB"})

    assert answer.headers["cache-control"].startswith("private")


def test_without_a_gate_everybody_is_let_in(client: TestClient) -> None:
    """In open mode any key will do, and none is asked for."""
    assert client.simulate_get("/timeseries", headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_a_key_in_the_address_follows_to_the_archive(keyed: KeyedClient) -> None:
    """A link with a key in its query leads to the archive, not to a 401."""
    keyed.ask("all", "GET", "/api/v3/datasets/CANNED/FB")
    led = keyed.client.simulate_get("/api/v3/databases/CANNED/data", params={"api_key": keyed.texts["read"]})
    by_header = keyed.ask("read", "GET", "/api/v3/databases/CANNED/data")
    path, _, query = led.headers["location"].removeprefix("http://localhost:8000").partition("?")

    assert keyed.client.simulate_get(path, query_string=query).status_code == 200
    assert "api_key" not in by_header.headers["location"]


def test_pages_of_listed_origins_may_read_with_a_key(keyed: KeyedClient) -> None:
    """They may send the key in a header and read errors too; caches store a response for its own origin only."""
    app = create_app(keyed.use_cases, allowed_hosts=None, keys_required=True, cors_origins=["https://good.example"])
    client = TestClient(app, headers=LOCAL)
    asked = {"Origin": "https://good.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    before, refused = client.simulate_options("/timeseries", headers=asked), client.simulate_get("/timeseries", headers=asked)
    other = client.simulate_get("/timeseries", headers={"Origin": "https://other.example"})

    assert (before.status_code, before.headers["access-control-allow-headers"]) == (200, "authorization")
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://good.example")
    assert "access-control-allow-origin" not in other.headers
    assert "Origin" in other.headers["vary"]
