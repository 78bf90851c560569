"""The compose file: valid, closed as far as it goes, and its services work as plain processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from ruamel.yaml import YAML

from config.settings import read_settings
from tests.servers import free_port, run_sql, started

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
OURS = ("migrate", "api", "worker")
LIVING = ("postgres", "rabbitmq", "api", "worker")
CLOSED = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
DATA_SECONDS = 10


@pytest.fixture(scope="module")
def services() -> Mapping[str, Any]:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", COMPOSE.read_text())
    return YAML(typ="safe", pure=True).load(text)["services"]


def test_it_is_a_compose_file():
    """The file has the form of the Compose Specification."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_services_may_do_little(services):
    """No service gains privileges, ours also write nothing outside their folders, and only this machine reaches the API."""
    assert {name: {**service, **CLOSED} for name, service in services.items()} == services
    assert [services[name]["read_only"] for name in OURS] == [True, True, True]
    assert [name for name, service in services.items() if "ports" in service] == ["api"]
    assert services["api"]["ports"] == ["127.0.0.1:8000:8000"]
    assert re.search(r"^USER 10001:10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_services_wait_for_each_other(services):
    """What lives says how it is, and nothing of ours starts before its schema and its servers are there."""
    conditions = {name: {on: how["condition"] for on, how in services[name]["depends_on"].items()} for name in OURS}

    assert [name for name in LIVING if not services[name]["healthcheck"]["test"]] == []
    assert conditions == {
        "migrate": {"postgres": "service_healthy"},
        "api": {"migrate": "service_completed_successfully"},
        "worker": {"migrate": "service_completed_successfully", "rabbitmq": "service_healthy"},
    }


@pytest.mark.parametrize("name", OURS)
def test_settings_are_ones_there_are(services, name):
    """Every variable that a service of ours is given is a setting, and of its type."""
    settings = read_settings(services[name]["environment"], None)

    assert (settings.database_url, settings.embedded) == ("postgresql://lanner:lanner@postgres:5432/lanner", False)


@pytest.mark.server
def test_services_work_as_processes(services, postgres_url, broker_url, tmp_path):
    """Migrated once, the API and the worker become healthy by their own checks, and a request leads to data."""
    schema, port = f"test_{uuid4().hex}", free_port()
    replaced = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANNER_DATA_DIR": str(tmp_path / "data"),
        "LANNER_DATABASE_URL": postgres_url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_BROKER_URL": broker_url,
        "LANNER_PORT": str(port),
    }
    environments = {name: {**services[name]["environment"], **replaced} for name in OURS}
    with ExitStack() as stack:
        stack.callback(run_sql, postgres_url, f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        subprocess.run(services["migrate"]["command"], check=True, env=environments["migrate"], cwd=tmp_path, timeout=60)
        for name in ("api", "worker"):
            stack.enter_context(running(name, services[name], environments[name], tmp_path))
        answer = request_gdp(f"http://127.0.0.1:{port}")

    assert answer["dataset_data"]["column_names"][0] == "Date"
    assert len(answer["dataset_data"]["data"]) > 100


@contextmanager
def running(name: str, service: Mapping[str, Any], environment: dict[str, str], folder: Path) -> Iterator[None]:
    """Run a service until the end, once its own check finds it healthy."""
    kind, *check = service["healthcheck"]["test"]

    def healthy() -> bool:
        return subprocess.run(check, check=False, capture_output=True, env=environment, cwd=folder).returncode == 0

    assert kind == "CMD"
    assert not healthy(), f"{name} is healthy before it is started"
    with started(service["command"], log=folder / f"{name}.log", environment=environment, ready=healthy):
        yield


def request_gdp(url: str) -> dict[str, Any]:
    """Ask for the sample series and wait for its data."""
    requested = requests.post(f"{url}/timeseries", json={"database_code": "SAMPLE", "dataset_code": "GDP"}, timeout=10)
    assert (requested.status_code, requested.json()["status"]) == (201, "pending"), requested.text
    deadline = time.monotonic() + DATA_SECONDS
    while True:
        answer = requests.get(f"{url}/timeseries", params={"id": requested.json()["id"]}, timeout=10)
        if "dataset_data" in answer.json():
            return answer.json()
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
