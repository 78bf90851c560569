"""Paths have one spelling each, and what a key allows hangs on the resource that is matched, however its path was written."""

from __future__ import annotations

from collections.abc import Iterator

import falcon
import pytest
from falcon.testing import TestClient

from domain.api_keys import Scope
from entrypoints.rest.app import create_app, discover_routes
from entrypoints.rest.authentication import scopes_of
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.test_authentication import KeyedClient, keyed, needed, routes

__all__ = ["keyed"]

SPELLINGS = (
    "/{0}",
    "//{0}",
    "/%2f{0}",
    "/./{0}",
    "/%2e/{0}",
    "/../{0}",
    "/x/%2e%2e/{0}",
    "/{0}//",
    "/{0}/.",
    "/{0}/%2e%2e",
    "/{0}%2f%2f",
)


def respelt(path: str) -> Iterator[str]:
    """Every spelling of a path that some server takes for it."""
    bare = path.lstrip("/")
    yield from (spelling.format(bare) for spelling in SPELLINGS[1:])
    if "/" in bare:
        yield f"/{bare.replace('/', '//', 1)}"
        yield f"/{bare.replace('/', '/%2f', 1)}"
        yield f"/{bare.replace('/', '/./', 1)}"


@pytest.mark.parametrize(("method", "path"), routes(), ids=str)
def test_no_spelling_of_a_route_opens_it(keyed: KeyedClient, method: str, path: str) -> None:
    """Whatever the key, another spelling is a 400, and nothing behind it is asked."""
    kinds = ("none", "read", "fetch", "all")
    found = {(spelt, kind): keyed.ask(kind, method, spelt).status_code for spelt in respelt(path) for kind in kinds}

    assert {key: status for key, status in found.items() if status != 400} == {}


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path in routes() if path != "/"], ids=str)
def test_one_slash_at_the_end_is_the_same_resource(keyed: KeyedClient, method: str, path: str) -> None:
    """The response is the same as without, for every kind of key; an encoded slash counts as one."""
    for kind in ("none", "read", "fetch", "admin"):
        plain = keyed.ask(kind, method, path).status_code
        assert keyed.ask(kind, method, f"{path.rstrip('/')}/").status_code == plain
        assert keyed.ask(kind, method, f"{path.rstrip('/')}%2f").status_code == plain


def test_a_series_is_removed_by_the_administrator_alone(keyed: KeyedClient) -> None:
    """Neither a second slash nor an encoded one gets past the scope, and the series stays."""
    made = keyed.ask("all", "POST", "/timeseries", json={"code": "CANNED/FB"}).json
    for spelt in (f"//timeseries/{made['id']}", f"/%2ftimeseries/{made['id']}", f"/timeseries//{made['id']}"):
        assert keyed.ask("fetch", "DELETE", spelt, params={"confirm": "CANNED/FB"}).status_code == 400
    assert keyed.ask("fetch", "DELETE", f"/timeseries/{made['id']}/", params={"confirm": "CANNED/FB"}).status_code == 403

    assert keyed.ask("read", "GET", f"/timeseries/{made['id']}").status_code == 200
    assert keyed.ask("all", "DELETE", f"/timeseries/{made['id']}/", params={"confirm": "CANNED/FB"}).status_code == 204


@pytest.mark.parametrize("path", ["//", "/.", "/..", "/%2e", "/docs/../openapi.json", "/docs/..%2fopenapi.json", "/timeseries/./x"])
def test_dots_and_empty_segments_are_refused(client: TestClient, path: str) -> None:
    """The response says how to write the path."""
    answer = client.simulate_get(path)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_path")
    assert "/timeseries" in answer.json["hint"]


def test_quandls_clients_may_end_addresses_with_a_slash(client: TestClient) -> None:
    """Ruby's asks for databases/; two slashes are an error in Quandl's words."""
    assert client.simulate_get("/api/v3/databases/").status_code == 200
    wrong = client.simulate_get("/api/v3//databases")
    assert (wrong.status_code, wrong.json["quandl_error"]["code"]) == (400, "QESx04")


def test_every_responder_declares_its_scope() -> None:
    """The table of scopes is what the responders declare."""
    declared = scopes_of(list(discover_routes(memory_use_cases({"canned": CannedSource()}))))
    for (path, method), scope in declared.items():
        if scope is not None and method in ("GET", "HEAD", "POST") and scope is not Scope.ADMIN:
            assert scope is needed(method, path)


class Undeclared:
    """A resource without a described operation."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = {}


def test_what_declares_no_scope_is_the_administrators(keyed: KeyedClient) -> None:
    """A responder without a description is open to no other key, and in no other method."""
    app = create_app(keyed.use_cases, allowed_hosts=(), keys_required=True)
    app.add_route("/undeclared", Undeclared())
    client = TestClient(app, headers=LOCAL)

    def status(kind: str, method: str = "GET") -> int:
        return client.simulate_request(method, "/undeclared", headers={"Authorization": f"Bearer {keyed.texts[kind]}"}).status_code

    assert [status(kind) for kind in ("read", "fetch", "admin")] == [403, 403, 200]
    assert [status(kind, "PATCH") for kind in ("read", "admin")] == [403, 405]


@pytest.mark.parametrize("length", [16_000, 17_000, 60_000])
def test_long_targets_are_refused(client: TestClient, length: int) -> None:
    """Path and query of 16 kB are read, longer ones not."""
    for target in (f"/{'x' * length}", f"/timeseries?query={'x' * length}"):
        status = client.simulate_get(target).status_code
        assert (status == 414) == (length > 16 * 1024)
