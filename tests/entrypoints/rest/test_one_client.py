"""What pages of other sites may do, what responses tell caches, and how large a response may be."""

from __future__ import annotations

import logging
from datetime import timedelta

import numpy as np
import pytest
from falcon.testing import TestClient

from domain.api_keys import Scope
from domain.observations import Observations
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.test_access_log import LogRecords, log
from tests.entrypoints.rest.test_authentication import KeyedClient, keyed, routes

__all__ = ["keyed", "log"]

WIDE = Observations.of(np.arange(100), [f"c{number}" for number in range(9)], np.arange(900.0).reshape(100, 9))
LISTED = "https://app.example"


def client_of_wide(**options: int) -> TestClient:
    use_cases = memory_use_cases({"canned": CannedSource(observations=WIDE)})
    client = TestClient(create_app(use_cases, allowed_hosts=(), sender=ResponseSender(capacity=0, threads=8, **options)), headers=LOCAL)
    client.simulate_post("/timeseries", json={"code": "canned:CANNED/FB"})
    return client


@pytest.mark.parametrize(
    ("headers", "may_fetch"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "something new"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://localhost:8000"}, True),
        ({"Origin": LISTED, "Sec-Fetch-Site": "cross-site"}, True),
        ({}, True),
    ],
)
@pytest.mark.parametrize("path", ["FB", "FB.csv", "FB/data", "FB/metadata.json"])
def test_another_sites_page_has_nothing_fetched(path: str, headers: dict[str, str], *, may_fetch: bool) -> None:
    """Not by an image either: a missing series is not found, and a stale one is returned as stored."""
    use_cases = memory_use_cases({"canned": CannedSource()})
    client = TestClient(create_app(use_cases, allowed_hosts=(), cors_origins=[LISTED]), headers=LOCAL)
    status = client.simulate_get(f"/api/v3/datasets/CANNED/{path}", headers=headers).status_code
    kept = client.simulate_get("/timeseries", params={"database_code": "CANNED"}).json["items"]

    assert (status, len(kept)) == ((200, 1) if may_fetch else (404, 0))


def test_another_sites_page_reads_what_is_kept_without_refreshing_it(keyed: KeyedClient) -> None:
    """A stale series is neither fetched nor refused."""
    keyed.ask("all", "GET", "/api/v3/datasets/CANNED/KEPT")
    keyed.time += timedelta(days=30)
    before = len(keyed.ask("read", "GET", "/fetches").json["items"])
    foreign = keyed.ask("all", "GET", "/api/v3/datasets/CANNED/KEPT", headers={"Sec-Fetch-Site": "cross-site"})

    assert foreign.status_code == 200
    assert len(keyed.ask("read", "GET", "/fetches").json["items"]) == before


@pytest.mark.parametrize(("method", "path"), [each for each in routes() if each[0] == "GET"], ids=str)
def test_no_shared_cache_keeps_what_a_key_opened(keyed: KeyedClient, method: str, path: str) -> None:
    """Lists, vintages, fetches, figures, archives and refusals: all say private, and every cache understands no-store too."""
    if path not in ("/healthz", "/readyz") and not path.startswith(("/docs", "/openapi", "/problems")):
        answer = keyed.ask("all", method, path)
        assert "private" in answer.headers["cache-control"]
        assert "public" not in answer.headers["cache-control"]


def test_the_pages_are_in_nobody_elses_frame(client: TestClient) -> None:
    """Their policy and headers keep other sites from showing or reading them."""
    headers = client.simulate_get("/docs").headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("query", ["columns=c1&columns=c1", "columns=c1&columns=c2&columns=c1", "&".join(["columns=c1"] * 1000)])
def test_a_column_is_named_once(query: str) -> None:
    """However often it stands there, nothing is made of it."""
    answer = client_of_wide().simulate_get("/data", query_string=f"code=canned:CANNED/FB&{query}")

    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, "columns")
    assert "c1" in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/data.json?code=canned:CANNED/FB",
        "/data.json?code=canned:CANNED/FB&shape=records",
        "/data.csv?code=canned:CANNED/FB",
        "/data.parquet?code=canned:CANNED/FB",
        "/data.arrow?code=canned:CANNED/FB",
        "/api/v3/datasets/CANNED/FB.json?",
        "/api/v3/datasets/CANNED/FB/data.csv?",
    ],
)
def test_the_cells_of_an_answer_are_bounded(path: str) -> None:
    """One cell more is a 413 with a hint; with a limit it is a 200."""
    fits, does_not = client_of_wide(max_cells=1000), client_of_wide(max_cells=999)

    assert fits.simulate_get(path).status_code == 200
    refused = does_not.simulate_get(path)
    assert refused.status_code == 413
    if "api" not in path:
        assert (refused.json["code"], "limit" in refused.json["hint"]) == ("too_many_cells", True)
    assert does_not.simulate_get(f"{path}&limit=99").status_code == 200


def test_the_cells_of_a_comparison_are_bounded() -> None:
    """What was added and deleted counts, and what was changed."""
    source = CannedSource(observations=WIDE)
    use_cases = memory_use_cases({"canned": source})
    client = TestClient(
        create_app(use_cases, allowed_hosts=(), sender=ResponseSender(capacity=0, threads=8, max_cells=3000)), headers=LOCAL
    )
    client.simulate_post("/timeseries", json={"code": "canned:CANNED/FB"})
    source.observations = Observations.of(WIDE.dates, WIDE.columns, WIDE.values + 1)
    series = client.simulate_post("/timeseries", json={"code": "canned:CANNED/FB", "refresh": True}).json["id"]

    assert client.simulate_get(f"/timeseries/{series}/revisions").status_code == 413


def test_access_lines_say_who_asked(keyed: KeyedClient, log: LogRecords) -> None:
    """The key's id, never its text, and the client's address; a path is cut short."""
    key = keyed.ask("read", "GET", "/fetches/keyed", remote_addr="203.0.113.9")
    keyed.ask("none", "GET", f"/{'a' * 2000}", remote_addr="203.0.113.10")
    [line], [cut] = log.of("/fetches/keyed"), log.of(f"/{'a' * 511}")

    assert key.status_code == 400
    assert (line["client"], line["key"]) == ("203.0.113.9", keyed.texts["read"].split("_")[1])
    assert keyed.texts["read"] not in str(line)
    assert (len(cut["path"]), cut["client"], cut["key"]) == (512, "203.0.113.10", None)


def test_removals_and_keys_leave_an_audit_line(keyed: KeyedClient, caplog: pytest.LogCaptureFixture) -> None:
    """Changes are logged at every log level, with the key that made them."""
    made = keyed.ask("all", "POST", "/timeseries", json={"code": "CANNED/GONE"}).json["id"]
    with caplog.at_level(logging.INFO, "lanner.audit"):
        keyed.ask("all", "DELETE", f"/timeseries/{made}", params={"confirm": "CANNED/GONE"})
        key, _ = keyed.use_cases.manage_keys.create("new", [Scope.READ])
        keyed.use_cases.manage_keys.revoke(key.id)

    assert [record.message for record in caplog.records if record.name == "lanner.audit"] == [
        "series removed",
        "key created",
        "key revoked",
    ]
