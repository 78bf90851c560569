"""``/metrics``: what it says of requests and fetches."""

from __future__ import annotations

import re
import time

import pytest
from falcon.testing import TestClient

from entrypoints.rest.app import discover_routes
from entrypoints.rest.http.request_metrics import REQUESTS, labels_of
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.web.site import Site, discover_pages
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource

SECONDS = 5.0


def counts(client: TestClient) -> dict[str, float]:
    """Return the value of every sample."""
    text = client.simulate_get("/metrics").text
    return {name: float(value) for name, value in re.findall(r"^(lanner_\S+) (\S+)$", text, re.MULTILINE)}


def risen(client: TestClient, before: dict[str, float], sample: str, times: int) -> bool:
    """Wait until a sample has risen by so much: requests are counted together with their lines in the log."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if counts(client).get(sample, 0) - before.get(sample, 0) == times:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/healthz", 'method="GET",route="/healthz",status="200"'),
        ("HEAD", "/healthz", 'method="HEAD",route="/healthz",status="200"'),
        ("GET", "/timeseries/7f8e7c58-1111-4222-8333-444455556666", 'method="GET",route="/timeseries/{series_id}",status="404"'),
        ("PUT", "/healthz", 'method="PUT",route="/healthz",status="405"'),
        ("GET", "/no/such/place", 'method="GET",route="unknown",status="404"'),
        ("GET", "/a//b", 'method="GET",route="unknown",status="400"'),
        ("POST", "/timeseries", 'method="POST",route="/timeseries",status="415"'),
    ],
)
def test_requests_are_counted_by_route_and_status(client: TestClient, method: str, path: str, labels: str) -> None:
    """Each request counts once under the template of its route, however it ended, and no text of the client's."""
    before = counts(client)
    for _ in range(3):
        client.simulate_request(method, path)

    assert risen(client, before, f"lanner_http_request_duration_seconds_count{{{labels}}}", 3)
    after = counts(client)
    assert after[f'lanner_http_request_duration_seconds_bucket{{{labels},le="+Inf"}}'] >= 3
    assert after[f"lanner_http_request_duration_seconds_sum{{{labels}}}"] > 0


def test_buckets_add_up(client: TestClient) -> None:
    """Each bucket holds those below it, as Prometheus has it, with the bounds as numbers."""
    REQUESTS.add([(labels_of("GET", "/made-up", 200), seconds) for seconds in (0.0004, 0.002, 0.002, 99.0)])
    found = {name: value for name, value in counts(client).items() if "/made-up" in name}
    labels = 'method="GET",route="/made-up",status="200"'

    assert found[f'lanner_http_request_duration_seconds_bucket{{{labels},le="0.001"}}'] == 1
    assert found[f'lanner_http_request_duration_seconds_bucket{{{labels},le="0.0025"}}'] == 3
    assert found[f'lanner_http_request_duration_seconds_bucket{{{labels},le="30"}}'] == 3
    assert found[f'lanner_http_request_duration_seconds_bucket{{{labels},le="+Inf"}}'] == 4
    assert found[f"lanner_http_request_duration_seconds_count{{{labels}}}"] == 4
    assert found[f"lanner_http_request_duration_seconds_sum{{{labels}}}"] == pytest.approx(99.0044)


def test_a_clients_words_are_no_labels() -> None:
    """Neither a method nor a path that a client makes up becomes a series of metrics."""
    assert labels_of('X"Y', None, 405) == ("other", "unknown", "405")


def test_fetches_are_counted_by_provider_and_status() -> None:
    """What workers store of their fetches is a histogram by provider and status, summed over all of them."""
    use_cases = memory_use_cases({"canned": CannedSource()})
    for _ in range(2):
        use_cases.reap_fetches.heartbeat("one", 0, taken={("canned", "success"): [0, 2, *[0] * 9, 1, 200.5]})
    found = counts(client_of(use_cases))

    assert found['lanner_fetch_duration_seconds_bucket{provider="canned",status="success",le="0.1"}'] == 4
    assert found['lanner_fetch_duration_seconds_bucket{provider="canned",status="success",le="120"}'] == 4
    assert found['lanner_fetch_duration_seconds_count{provider="canned",status="success"}'] == 6
    assert found['lanner_fetch_duration_seconds_sum{provider="canned",status="success"}'] == 401.0


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_take_any_parameter(client: TestClient, path: str) -> None:
    """A health probe is answered whatever parameters a load balancer adds; elsewhere they are refused."""
    assert client.simulate_get(f"{path}?x=1").status_code == 200
    assert client.simulate_get("/metrics?x=1").status_code == 400


def test_every_route_has_room() -> None:
    """The labels of each route's requests fit into a row of their own."""
    site = Site(use_cases=memory_use_cases({}), sender=ResponseSender())
    routes = [path for path, *_ in (*discover_routes(site.use_cases), *discover_pages(site))]

    assert len(routes) > 50
    assert [path for path in routes if len("\n".join(labels_of("OPTIONS", path, 405)).encode()) > 128] == []
