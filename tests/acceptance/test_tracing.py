"""Traces: one from the request over the queue to the commit, by real processes, at a collector that takes OTLP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.collector import Collector, Span, collector
from tests.acceptance.quandl_server import QuandlServer, quandl_server
from tests.acceptance.running import Lanner, lanner, running
from tests.servers import free_port, run_sql

SECONDS = 20.0
KEY = "a-key-of-the-providers"
TRACE, SPAN = uuid4().hex, uuid4().hex[:16]
#: As a client that is traced sends it.
TRACED = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture
def traces() -> Iterator[Collector]:
    with collector() as heard:
        yield heard


@pytest.fixture
def provider() -> Iterator[QuandlServer]:
    with quandl_server() as server:
        yield server


def settings_for(traces: str, provider: QuandlServer, *, delay: int = 200) -> dict[str, str]:
    """Return lanner's settings, and the standard ones of OpenTelemetry: where to, and after how many milliseconds at the latest."""
    return {
        "LANNER_PROVIDERS__QUANDL__BASE_URL": provider.base_url,
        "LANNER_PROVIDERS__QUANDL__API_KEY": KEY,
        "OTEL_EXPORTER_OTLP_ENDPOINT": traces,
        "OTEL_BSP_SCHEDULE_DELAY": str(delay),
    }


def assert_one_trace(spans: dict[str, list[Span]]) -> None:
    """The request, the fetch, its call to the provider and its commit hang together, and say what they are."""
    (request,), (fetch,), (call,), (commit,) = (spans[name] for name in ("POST /timeseries", "fetch quandl", "GET", "commit"))

    assert (request.service, request.parent) == ("lanner-api", SPAN)
    assert (fetch.service, fetch.parent) == ("lanner-worker", request.id)
    assert (call.service, call.parent) == ("lanner-worker", fetch.id)
    assert (commit.service, commit.parent) == ("lanner-worker", fetch.id)
    assert (request.facts["http.route"], request.facts["http.response.status_code"]) == ("/timeseries", 201)
    assert (fetch.facts["lanner.series"], fetch.facts["lanner.status"]) == ("quandl:WIKI/FB", "success")
    assert (call.facts["server.address"], call.facts["http.response.status_code"]) == ("127.0.0.1", 200)
    assert [span.name for each in spans.values() for span in each if span.failed] == []


def arrived(traces: Collector, *names: str) -> dict[str, list[Span]]:
    """Wait until spans of these names are there."""
    end = time.monotonic() + SECONDS
    while not {*names} <= traces.of(TRACE).keys():
        assert time.monotonic() < end, traces.spans
        time.sleep(0.05)
    return traces.of(TRACE)


def request_fb(service: Lanner) -> None:
    answer = service.post("/timeseries", {"database_code": "WIKI", "dataset_code": "FB"}, headers=TRACED)
    assert answer.status_code == 201, answer.text
    assert service.polled(answer.json()["id"]).status_code == 200


def test_a_request_is_traced_to_its_commit(traces: Collector, provider: QuandlServer, tmp_path: Path) -> None:
    """With nothing but a standard variable, one trace goes from the POST to the commit in the worker; log lines have its id."""
    with running(tmp_path, settings_for(traces.address, provider), "up") as service:
        request_fb(service)
        assert_one_trace(arrived(traces, "POST /timeseries", "fetch quandl", "GET", "commit"))
        lines = [json.loads(line) for line in service.log().splitlines() if line.startswith("{")]

    assert {line["event"] for line in lines if line.get("trace_id") == TRACE} >= {"fetch begun", "fetch ended"}
    assert KEY not in repr(traces.spans)
    assert "traceparent" not in {name.lower() for _, headers in provider.requests for name in headers}


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("poll", ["300", "0.5"])
def test_the_trace_goes_on_whoever_finds_the_fetch(
    traces: Collector, provider: QuandlServer, request: pytest.FixtureRequest, tmp_path: Path, poll: str
) -> None:
    """Over RabbitMQ, or found by the poller where no broker answers; and what has ended is sent when the processes are stopped."""
    schema, postgres_url, broker_url = f"test_{uuid4().hex}", *map(request.getfixturevalue, ("postgres_url", "broker_url"))
    broker = broker_url if poll == "300" else f"amqp://guest:guest@127.0.0.1:{free_port()}//"
    environment = {
        **settings_for(traces.address, provider, delay=600_000),
        "LANNER_DATABASE_URL": postgres_url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_BROKER_URL": broker,
        "LANNER_POLL_SECONDS": poll,
        "LANNER_WORKER_PROCESSES": "1",
        "LANNER_API_PROCESSES": "1",
    }
    assert lanner("migrate", folder=tmp_path, environment=environment).returncode == 0
    try:
        with running(tmp_path, environment, "api", "worker") as service:
            request_fb(service)
            assert traces.spans == []
    finally:
        run_sql(postgres_url, f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    assert_one_trace(traces.of(TRACE))


def test_a_failure_is_seen_in_its_trace(traces: Collector, provider: QuandlServer, tmp_path: Path) -> None:
    """A fetch that fails is marked with its code, and so is the call; what monitoring asks for is not traced."""
    with running(tmp_path, settings_for(traces.address, provider), "up") as service:
        for path in ("/healthz", "/readyz", "/metrics"):
            service.get(path, headers=TRACED)
        answer = service.post("/timeseries", {"database_code": "WIKI", "dataset_code": "NOSUCH"}, headers=TRACED)
        service.polled(answer.json()["id"])
        spans = arrived(traces, "POST /timeseries", "fetch quandl", "GET", "commit")

    assert [(spans[name][0].failed, spans[name][0].facts.get("error.type")) for name in ("fetch quandl", "GET", "commit")] == [
        (True, "not_found"),
        (True, "404"),
        (False, None),
    ]
    assert [name for name in spans if name.endswith(("z", "metrics"))] == []


def test_a_collector_that_is_away_disturbs_nobody(provider: QuandlServer, tmp_path: Path) -> None:
    """Requests are answered and processes stop as ever; each of the two processes says once what is wrong."""
    environment = settings_for(f"http://127.0.0.1:{free_port()}", provider) | {"OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    with running(tmp_path, environment, "up") as service:
        request_fb(service)
        end = time.monotonic() + SECONDS
        while service.log().count("The collector does not take them.") < 2 and time.monotonic() < end:
            service.get("/timeseries")
            time.sleep(0.1)
        for _ in range(20):
            service.get("/timeseries")
            time.sleep(0.05)
    lines = [json.loads(line) for line in service.log().splitlines() if line.startswith("{")]

    assert [line["event"] for line in lines if "hint" in line or "opentelemetry" in line["logger"]] == ["traces are not sent"] * 2


def test_nothing_of_it_is_loaded_where_nobody_asks(tmp_path: Path) -> None:
    """Without such a variable a process loads no module of OpenTelemetry's, and a request passes through nothing more."""
    code = """
import sys
from config import bootstrap
container = bootstrap(part="api")
from entrypoints.rest import wsgi
container.use_cases().fetch_dataset
assert not container.tracer().enabled
assert [name for name in sys.modules if name.startswith("opentelemetry")] == []
assert "RequestSpans" not in repr(wsgi.application._unprepared_middleware)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"LANNER_DATA_DIR": str(tmp_path)}, check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
