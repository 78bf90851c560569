"""Behind proxies: whose address counts, and under which prefix every link stands."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from entrypoints.rest.app import create_app
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL

PROXY, CLIENT, PREFIX = "10.0.0.1", "203.0.113.7", "/lanner"
TRUSTED = [ip_network("10.0.0.0/8")]
FORWARDED = {"X-Forwarded-For": CLIENT, "X-Forwarded-Prefix": PREFIX, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "data.example.org"}


def client_with(headers: dict[str, str] | None = None, **options: Any) -> TestClient:
    options.setdefault("allowed_hosts", ["data.example.org"])
    return TestClient(create_app(memory_use_cases({"canned": CannedSource()}), **options), headers=LOCAL | (headers or {}))


@pytest.fixture(params=["trusted proxy", "setting", "setting and unstripped path"])
def prefixed(request: pytest.FixtureRequest) -> Any:
    """A way to ask a service that clients know under the prefix."""
    if request.param == "trusted proxy":
        client = client_with({"X-Forwarded-Prefix": PREFIX}, trusted_proxies=TRUSTED)
    else:
        client = client_with(root_path=PREFIX)

    def ask(path: str, method: str = "GET", **options: Any) -> Result:
        bare = path.removeprefix(PREFIX)
        return client.simulate_request(method, path if "unstripped" in request.param else bare, remote_addr=PROXY, **options)

    return ask


def addresses_in(document: Any) -> list[str]:
    """Every address under ``links`` and every ``type`` of a problem, wherever they stand."""
    if isinstance(document, list):
        return [address for each in document for address in addresses_in(each)]
    if not isinstance(document, dict):
        return []
    found = [*document.get("links", {}).values()] + ([document["type"]] if "/problems/" in str(document.get("type")) else [])
    return found + [address for each in document.values() for address in addresses_in(each)]


def test_every_address_in_an_answer_carries_the_prefix(prefixed: Any) -> None:
    """Headers, links in documents, problems and their list; and each leads to something."""
    made = prefixed("/lanner/timeseries", "POST", json={"code": "canned:CANNED/FB"})
    here = f"/lanner/timeseries/{made.json['id']}"
    again = prefixed(f"{here}/fetches", "POST", json={})
    prefixed("/lanner/timeseries", "POST", json={"code": "canned:CANNED/OTHER"})
    read, page = prefixed(f"{here}/data.csv", params={"limit": "1"}), prefixed("/lanner/timeseries", params={"limit": "1"})
    second = prefixed(f"{here}/data.csv", params={"limit": "1"})
    documents = [
        made,
        again,
        page,
        *(prefixed(path) for path in ("/lanner/", here, f"{here}/vintages", "/lanner/fetches", "/lanner/problems")),
    ]
    found = [address for each in documents for address in addresses_in(each.json)]

    assert made.headers["location"] == here
    assert again.headers["location"].startswith("/lanner/fetches/")
    assert page.headers["link"].startswith("</lanner/timeseries?")
    assert read.headers["content-location"] == second.headers["content-location"] == f"{here}/data.csv?limit=1&vintage=1"
    assert len(found) > 30
    assert [address for address in found if not address.startswith("/lanner/")] == []
    led = {address: prefixed(address.partition("?")[0]).status_code for address in found if not address.endswith(("/revisions", "/search"))}
    assert {address: status for address, status in led.items() if status != 200} == {}


def test_documents_know_the_prefix(prefixed: Any) -> None:
    """The OpenAPI document names it as its server; the page to try it finds its files and its document below it."""
    assert prefixed("/lanner/openapi.json").json["servers"] == [{"url": PREFIX}]
    assert '<base href="/lanner/">' in prefixed("/lanner/docs").text


def test_without_a_prefix_nothing_changes() -> None:
    """No server is named, and the page's base is the root; the prefix of another request does not persist in the thread."""
    client = client_with(trusted_proxies=TRUSTED)
    client.simulate_get("/none", remote_addr=PROXY, headers=FORWARDED)

    assert "servers" not in client.simulate_get("/openapi.json").json
    assert '<base href="/">' in client.simulate_get("/docs").text
    assert client.simulate_get("/none").json["type"] == "/problems/unknown_route"


def test_quandls_redirects_are_absolute() -> None:
    """As its own server's were: with the scheme, host and prefix that the client knows."""
    client = client_with(trusted_proxies=TRUSTED)
    client.simulate_get("/api/v3/datasets/CANNED/FB")
    led = client.simulate_get("/api/v3/databases/CANNED/data", remote_addr=PROXY, headers=FORWARDED)

    assert led.headers["location"].startswith("https://data.example.org/lanner/api/v3/databases/CANNED/data/CANNED_")


@pytest.mark.parametrize(
    ("remote", "headers", "address"),
    [
        (PROXY, {"X-Forwarded-For": CLIENT}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"198.51.100.1, {CLIENT}"}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"{CLIENT}, 10.9.9.9"}, CLIENT),
        (PROXY, {"X-Forwarded-For": "10.9.9.9"}, "10.9.9.9"),
        (PROXY, {"X-Forwarded-For": f"{CLIENT}:4711"}, CLIENT),
        (PROXY, {"X-Forwarded-For": "2001:db8::1"}, "2001:db8::1"),
        (PROXY, {"X-Forwarded-For": "[2001:db8::1]:4711"}, "2001:db8::1"),
        (PROXY, {"X-Forwarded-For": f"{CLIENT}, nonsense"}, PROXY),
        (PROXY, {}, PROXY),
        (PROXY, {"Forwarded": f'for="{CLIENT}:4711";proto=https'}, CLIENT),
        (PROXY, {"Forwarded": 'for="[2001:db8::1]"'}, "2001:db8::1"),
        (PROXY, {"Forwarded": "for=198.51.100.1", "X-Forwarded-For": CLIENT}, CLIENT),
        ("198.51.100.9", {"X-Forwarded-For": CLIENT}, "198.51.100.9"),
        ("198.51.100.9", {"Forwarded": f"for={CLIENT}"}, "198.51.100.9"),
    ],
)
def test_whose_address_counts(remote: str, headers: dict[str, str], address: str) -> None:
    """The nearest that no trusted proxy has; of others' headers nothing is believed, and the standard one only without the usual ones."""
    client = client_with(trusted_proxies=TRUSTED, request_limits=())

    class Told:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.media = {"address": req.context.address}

    client.app.add_route("/told", Told())
    assert client.simulate_get("/told", remote_addr=remote, headers=headers).json == {"address": address}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-Prefix", "/a/../b"),
        ("X-Forwarded-Prefix", "https://evil.example/"),
        ("X-Forwarded-Prefix", "/a b"),
        ("X-Forwarded-Host", "evil.example/path"),
        ("X-Forwarded-Proto", "javascript"),
    ],
)
def test_what_a_proxy_passes_on_unseen_is_refused(name: str, value: str) -> None:
    """It is never used in a link; from other senders than trusted proxies it is ignored."""
    client = client_with(trusted_proxies=TRUSTED)
    refused = client.simulate_get("/none", remote_addr=PROXY, headers={name: value})

    assert (refused.status_code, refused.json["errors"][0]["header"]) == (400, name)
    assert client.simulate_get("/none", remote_addr="198.51.100.9", headers={name: value}).json["type"] == "/problems/unknown_route"


def test_a_host_that_a_proxy_names_is_checked_too() -> None:
    """It must be an allowed host."""
    client = client_with(trusted_proxies=TRUSTED)

    def status(host: str) -> int:
        return client.simulate_get("/timeseries", remote_addr=PROXY, headers={"X-Forwarded-Host": host}).status_code

    assert (status("data.example.org"), status("evil.example")) == (200, 403)
