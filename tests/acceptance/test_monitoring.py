"""What watches lanner: alert rules, the dashboard and Prometheus' configuration are valid, and find what a running lanner exports."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from ruamel.yaml import YAML

from tests.acceptance.running import Lanner, lanner, running
from tests.servers import LOCAL, free_port, listens, missing, run_sql, started

pytestmark = pytest.mark.server

DEPLOY = Path(__file__).parents[2] / "config" / "deploy"
ALERTS, DASHBOARD, CONFIGURATION = (DEPLOY / name for name in ("alerts.yml", "grafana-dashboard.json", "prometheus.yml"))
CASES = Path(__file__).with_name("alerts_test.yml")
#: At the end of an expression that has a result only while something is wrong.
CONDITION = re.compile(r"\s*[<>=]=? [\d.]+\s*$")
SECONDS = 60.0


def promtool(*arguments: str | Path) -> None:
    """Run Prometheus' tool; the test fails with what it says."""
    done = subprocess.run([program("promtool"), *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def program(name: str) -> str:
    return shutil.which(name) or missing(f"there is no {name}: Debian's prometheus is not installed.")


def document(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def alerts() -> list[dict[str, Any]]:
    return list(document(ALERTS)["groups"][0]["rules"])


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions(window: str) -> list[str]:
    """Return the dashboard's expressions, as Grafana sends them for a range."""
    return [target["expr"].replace("$__rate_interval", window) for panel in panels() for target in panel["targets"]]


def test_alert_rules_are_valid() -> None:
    """Prometheus accepts the rules."""
    promtool("check", "rules", ALERTS)


def test_each_alert_fires_when_it_should(tmp_path: Path) -> None:
    """Each alert has a case in which it fires, with its text, and one in which it does not."""
    cases = document(CASES)
    path = tmp_path / "cases.yml"
    path.write_text(f"rule_files: [{ALERTS}]\n{CASES.read_text()}")
    promtool("test", "rules", path)
    tried = {(case["alertname"], bool(case["exp_alerts"])) for each in cases["tests"] for case in each["alert_rule_test"]}

    assert tried == {(rule["alert"], fires) for rule in alerts() for fires in (True, False)}


def test_the_dashboards_expressions_are_valid(tmp_path: Path) -> None:
    """Each expression of the dashboard is one of Prometheus'."""
    rules = [{"record": f"dashboard:{number}", "expr": text} for number, text in enumerate(expressions("5m"))]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert len(rules) > 20
    promtool("check", "rules", path)


def test_the_dashboard_can_be_imported() -> None:
    """Panels have ids of their own, lie beside each other, name their unit, and ask the data source that is chosen."""
    dashboard = json.loads(DASHBOARD.read_text())
    everything = dashboard["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in everything)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len(cells) == len({*cells})
    assert all(0 <= x < 24 for x, _ in cells)
    assert [panel["title"] for panel in panels() if not panel["fieldConfig"]["defaults"]["unit"]] == []
    assert {each["datasource"]["uid"] for panel in panels() for each in (panel, *panel["targets"])} == {"${datasource}"}
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["datasource"]


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    """Prometheus accepts its configuration, beside the rules and a key."""
    for path in (ALERTS, CONFIGURATION):
        shutil.copy(path, tmp_path)
    (tmp_path / "lanner.key").write_text("key")
    promtool("check", "config", tmp_path / CONFIGURATION.name)


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    address: str

    def ask(self, path: str, **params: str) -> Any:
        answer = requests.get(f"{self.address}/api/v1/{path}", params=params, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def values(self, expression: str) -> list[float]:
        """Return the numbers of an expression's result now."""
        return [float(each["value"][1]) for each in self.ask("query", query=expression)["result"]]


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lanner, str]]:
    """A lanner with its servers, which requires keys; and a key to read."""
    folder, schema = tmp_path_factory.mktemp("watched"), f"test_{uuid4().hex}"
    url = request.getfixturevalue("postgres_url")
    environment = {
        "LANNER_DATABASE_URL": url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_BROKER_URL": request.getfixturevalue("broker_url"),
        "LANNER_API_PROCESSES": "2",
        "LANNER_WORKER_PROCESSES": "1",
        "LANNER_AUTH": "required",
    }
    assert lanner("migrate", folder=folder, environment=environment).returncode == 0
    making = ("keys", "create", "--name", "prometheus", "--scope", "read", "--scope", "fetch")
    key = lanner(*making, folder=folder, environment=environment).stdout.split()[-1]
    try:
        with running(folder, environment, "api", "worker") as found:
            yield found, key
    finally:
        run_sql(url, f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@pytest.fixture(scope="module")
def prometheus(service: tuple[Lanner, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with the shipped configuration and rules, in a hurry."""
    found, key = service
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    shutil.copy(ALERTS, folder)
    (folder / "lanner.key").write_text(key)
    text = CONFIGURATION.read_text().replace("127.0.0.1:8000", found.address.removeprefix("http://")).replace("15s", "1s")
    (folder / "prometheus.yml").write_text(f"global: {{evaluation_interval: 1s}}\n{text}")
    command: list[str | Path] = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOCAL}:{port}",
    ]
    with ExitStack() as stack:
        stack.enter_context(started(command, log=folder / "log", ready=lambda: listens(port)))
        yield Prometheus(f"http://{LOCAL}:{port}")


@pytest.mark.slow
def test_everything_asked_is_found(service: tuple[Lanner, str], prometheus: Prometheus) -> None:
    """On a real scrape each expression of the dashboard and each rule has a result, or a condition that does not hold."""
    (found, key), end = service, time.monotonic() + SECONDS
    wanted = {CONDITION.sub("", text) for text in expressions("15s")}
    codes = iter(["GDP", "NILE", "SUNSPOTS", "CO2", "ELNINO", "NO-SUCH"] * 1000)
    empty: Mapping[str, list[float]] = {"nothing was asked yet": []}
    while empty and time.monotonic() < end:
        use(found, key, next(codes))
        results = {text: prometheus.values(text) for text in sorted(wanted)}
        empty = {text: numbers for text, numbers in results.items() if not numbers or any(map(math.isnan, numbers))}

    assert empty == {}
    assert prometheus.values("count(up)") == prometheus.values("sum(up)") == [1]
    rules = prometheus.ask("rules")["groups"][0]["rules"]
    assert {rule["name"]: (rule["health"], rule["state"]) for rule in rules} == {rule["alert"]: ("ok", "inactive") for rule in alerts()}
    for name in sorted({name for rule in alerts() for name in re.findall(r"lanner_\w+", rule["expr"])}):
        assert prometheus.values(f"count({name})"), name


def use(service: Lanner, key: str, dataset: str) -> None:
    """Request a series anew and read what is there."""
    headers = {"Authorization": f"Bearer {key}"}
    requested = service.post("/timeseries", {"code": f"SAMPLE/{dataset}", "refresh": True}, headers=headers)
    assert requested.status_code in (200, 201, 202), requested.text
    for _ in range(5):
        service.get(f"/timeseries?id={requested.json()['id']}", headers=headers)
