"""The compose file: valid, closed as far as it goes, and its services work as plain processes."""

from __future__ import annotations

import os
import re
import shutil
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
from sqlalchemy import make_url

from config.settings import read_settings
from tests.acceptance.running import lanner
from tests.nginx import CONFIGURATION, nginx
from tests.servers import free_port, postgres_binaries, run_sql, started

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
POSTGRES_SCRIPT = CONFIGURATION.with_name("postgres.sql")
OURS = ("migrate", "api", "worker")
LIVING = ("postgres", "rabbitmq", "api", "worker", "nginx")
SECRETS = {"POSTGRES_PASSWORD": "of-postgres", "DATABASE_PASSWORD": "of-lanner", "RABBITMQ_PASSWORD": "of-rabbitmq"}
CLOSED = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
DATA_SECONDS = 10


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda match: SECRETS[match[1]], COMPOSE.read_text())
    return YAML(typ="safe", pure=True).load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))


@pytest.fixture(scope="module")
def services(document) -> Mapping[str, Any]:
    return document["services"]


def test_it_is_a_compose_file():
    """The file has the form of the Compose Specification."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_services_may_do_little(services):
    """No service gains privileges, ours also write nothing outside their folders, and only this machine reaches the API."""
    assert {name: {**service, **CLOSED} for name, service in services.items()} == services
    assert [services[name]["read_only"] for name in OURS] == [True, True, True]
    assert services["nginx"]["read_only"]
    assert services["nginx"]["user"] == "101:101"
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {"nginx": ["127.0.0.1:8000:8080"]}
    assert re.search(r"^USER 10001:10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_only_nginx_is_reached_and_only_the_worker_reaches_out(document):
    """What is in no network but internal ones talks to nobody outside."""
    inner = {name for name, network in document["networks"].items() if (network or {}).get("internal")}
    outer = {name: [*{*service["networks"]} - inner] for name, service in document["services"].items() if {*service["networks"]} - inner}

    assert outer == {"worker": ["providers"], "nginx": ["front"]}
    assert {*document["services"]["nginx"]["networks"]} & {*document["services"]["api"]["networks"]} == {"edge"}


def test_passwords_must_be_given(services):
    """Nothing starts with a password that stands in the file, and nobody is let in without a key."""
    text = COMPOSE.read_text()

    assert {*re.findall(r"\$\{(\w+):\?", text)} == set(SECRETS)
    assert re.findall(r"(?:PASS\w*: |//lanner:)(?!\$\{\w+:\?)", text) == []
    assert services["api"]["environment"]["LANNER_AUTH"] == "required"
    assert "LANNER_AUTH: open" not in text


def test_nginx_has_its_names_filled_in(services):
    """The official image puts the variables of the service into the shipped configuration, and no others."""
    environment = services["nginx"]["environment"]
    names = re.findall(r"\$\{(\w+)\}", CONFIGURATION.read_text())

    assert {name for name in environment if re.match(environment["NGINX_ENVSUBST_FILTER"].replace("$$", "$"), name)} == set(names)
    assert services["nginx"]["volumes"] == ["./config/deploy/nginx.conf:/etc/nginx/templates/nginx.conf.template:ro"]
    assert f"{environment['NGINX_ENVSUBST_OUTPUT_DIR']}/nginx.conf" in services["nginx"]["command"]


@pytest.mark.server
def test_lanner_is_no_superuser(postgres_url, tmp_path):
    """The script for Postgres makes a role that owns its database, can migrate it, and can do nothing to others."""
    psql = shutil.which("psql") or str(next(iter(postgres_binaries().glob("psql"))))
    role, server = f"lanner_{uuid4().hex}", make_url(postgres_url)
    script = tmp_path / "postgres.sql"
    text = re.sub(r"\blanner\b(?=[ ;,])", role, POSTGRES_SCRIPT.read_text())
    # The databases that every server has are here others' too.
    script.write_text(text.replace(", postgres, template1", ""))
    url = server.set(username=role, password=SECRETS["DATABASE_PASSWORD"], database=role).render_as_string(hide_password=False)
    try:
        environment = {**os.environ, "LANNER_PASSWORD": SECRETS["DATABASE_PASSWORD"]}
        subprocess.run([psql, "--no-psqlrc", "--set=ON_ERROR_STOP=1", postgres_url, "--file", script], check=True, env=environment)
        migrated = lanner("migrate", folder=tmp_path, environment={"LANNER_DATABASE_URL": url})
        rights = run_sql(url, f"SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = '{role}'")
        others = run_sql(postgres_url, f"SELECT has_database_privilege('{role}', current_database(), 'CREATE')")
    finally:
        run_sql(postgres_url, f"DROP DATABASE IF EXISTS {role} WITH (FORCE)")
        run_sql(postgres_url, f"DROP ROLE IF EXISTS {role}")

    assert (migrated.returncode, rights, others) == (0, False, False), migrated.stderr


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

    assert (settings.database_url, settings.embedded) == ("postgresql://lanner:of-lanner@postgres:5432/lanner", False)


@pytest.mark.slow
@pytest.mark.server
def test_services_work_as_processes(services, postgres_url, broker_url, tmp_path):
    """Migrated once, with a key made, API and worker become healthy by their own checks, and a request by nginx leads to data."""
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
        making = ["lanner", "keys", "create", "--name", "me"]
        made = subprocess.run(making, check=True, env=environments["migrate"], cwd=tmp_path, timeout=60, capture_output=True, text=True)
        for name in ("api", "worker"):
            stack.enter_context(running(name, services[name], environments[name], tmp_path))
        answer = request_gdp(f"http://127.0.0.1:{stack.enter_context(nginx(port))}", made.stdout.split()[-1])

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


def request_gdp(url: str, key: str) -> dict[str, Any]:
    """Ask for the sample series and wait for its data; without a key nobody does."""
    document = {"database_code": "SAMPLE", "dataset_code": "GDP"}
    assert requests.post(f"{url}/timeseries", json=document, timeout=10).status_code == 401
    headers = {"Authorization": f"Bearer {key}"}
    requested = requests.post(f"{url}/timeseries", json=document, headers=headers, timeout=10)
    assert (requested.status_code, requested.json()["status"]) == (201, "pending"), requested.text
    deadline = time.monotonic() + DATA_SECONDS
    while True:
        answer = requests.get(f"{url}/timeseries", params={"id": requested.json()["id"]}, headers=headers, timeout=10)
        if "dataset_data" in answer.json():
            return answer.json()
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
