"""Metrics of real processes: several of the API count as one, and the workers' fetches arrive in the store."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.running import Lanner, lanner, running
from tests.servers import run_sql

SECONDS = 20.0
FETCHES = 'lanner_fetch_duration_seconds_count{provider="sample",status="success"}'
HEALTH = 'lanner_http_request_duration_seconds_count{method="GET",route="/healthz",status="200"}'


def value(service: Lanner, sample: str) -> float:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", service.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def rises_to(service: Lanner, sample: str, wanted: float) -> bool:
    """Wait until a sample has this value, and read it some times more: any process may answer."""
    end = time.monotonic() + SECONDS
    while value(service, sample) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    return [value(service, sample) for _ in range(8)] == [wanted] * 8


@pytest.fixture(params=["embedded", pytest.param("servers", marks=[pytest.mark.server, pytest.mark.slow])])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lanner]:
    environment, schema = {"LANNER_API_PROCESSES": "3"}, f"test_{uuid4().hex}"
    if request.param == "servers":
        url = request.getfixturevalue("postgres_url")
        environment |= {"LANNER_DATABASE_URL": url, "LANNER_DATABASE_SCHEMA": schema, "LANNER_WORKER_PROCESSES": "2"}
        environment |= {"LANNER_BROKER_URL": request.getfixturevalue("broker_url")}
    assert lanner("migrate", folder=tmp_path, environment=environment).returncode == 0
    try:
        with running(tmp_path, environment, "api", "worker") as service:
            yield service
    finally:
        if request.param == "servers":
            run_sql(environment["LANNER_DATABASE_URL"], f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def test_processes_count_as_one(service: Lanner) -> None:
    """Whichever process of the API answers, the figures are those of all, and fetches are counted whoever runs them."""
    before = value(service, HEALTH)
    for _ in range(40):
        service.get("/healthz")
    for dataset in ("GDP", "NILE", "SUNSPOTS"):
        service.polled(service.request("SAMPLE", dataset)["id"])

    assert rises_to(service, HEALTH, before + 40)
    assert rises_to(service, FETCHES, 3)
