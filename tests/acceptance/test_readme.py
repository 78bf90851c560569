"""The README is true: its commands run and answer what it says, and its example files work."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from falcon.testing import TestClient

import adapters.providers
import entrypoints.rest.resources
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.ports import PriorState
from entrypoints.cli.commands import COMMANDS
from entrypoints.rest.app import create_app, discover_routes
from entrypoints.rest.openapi.document import document
from tests.acceptance.running import Lanner, running
from tests.builders import waiting_use_cases

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SHOWN_ID = "4484d077-cee3-4f2c-bf18-50cb5d3573fe"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Lanner]:
    with running(folder, {"LANNER_PROVIDERS__QUANDL__BASE_URL": "http://127.0.0.1:1/api/v3"}, "up") as service:
        yield service


def run(command: str, folder: Path) -> str:
    """Run a line of the README where ``lanner`` is this environment's, and give what it prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANNER_DATA_DIR": str(folder / "data"), "LANNER_LOG_LEVEL": "error"}
    line = shlex.split(command.replace(".venv/bin/lanner", f"{Path(sys.executable).parent / 'lanner'}"))
    silent = [line[0], "--silent", "--show-error", *line[1:]] if line[0] == "curl" else line
    return subprocess.run(silent, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=True).stdout


def test_its_curl_calls_answer_what_it_says(service: Lanner, folder: Path) -> None:
    """Each call prints what the block below it shows, up to the dots."""
    series_id, checked = SHOWN_ID, 0
    for (kind, text), (kind_below, below) in pairwise(BLOCKS):
        if kind != "sh" or not text.startswith("curl"):
            continue
        command = text.strip().replace("http://localhost:8000", service.address).replace(SHOWN_ID, series_id)
        answer = json.loads(run(command, folder))
        if series_id == SHOWN_ID:
            series_id = answer["id"]
            service.polled(series_id)
        if kind_below == "json":
            shown = json.loads(below)
            assert_shows(answer, shown | ({"id": series_id} if "id" in shown else {}))
            checked += 1
        else:
            assert answer["status"] == "pending"

    assert checked == 4


def assert_shows(answer: dict[str, object], shown: dict[str, object]) -> None:
    for name, value in shown.items():
        if name == "…":
            continue
        if isinstance(value, dict):
            inner = answer[name]
            assert isinstance(inner, dict)
            assert_shows(inner, value)
        else:
            part = answer[name]
            assert (part[: len(value)] if isinstance(part, list) and isinstance(value, list) else part) == value


def test_the_growth_rates_are_right() -> None:
    """The two rates in the text follow from the numbers above them."""
    pairs = re.findall(r'"2008-07-01", ([\d.]+)\], \["2008-10-01", ([\d.]+)\]', README)
    rates = [f"−{-((float(after) / float(before)) ** 4 - 1) * 100:.1f} % a year" for before, after in pairs]

    assert rates == re.findall(r"\*\*(−[\d.]+ % a year)", README)


def test_its_terminal_commands_run(service: Lanner, folder: Path) -> None:
    """Every line of the terminal's block ends well and shows the series; those on keys make one and list it."""
    terminal, keys = [text for kind, text in BLOCKS if kind == "sh" and ".venv/bin/lanner" in text]
    outputs = [run(line, folder) for line in terminal.strip().splitlines()]
    made, listed = [run(line, folder) for line in keys.strip().splitlines()]

    assert all("SAMPLE" in output for output in outputs)
    assert "14264.6" in outputs[2]
    assert made.split("_")[1] in listed


def test_its_commands_exist(folder: Path) -> None:
    """Each ``lanner`` word of the README is a command, and ``lanner openapi`` prints the document."""
    words = set(re.findall(r"(?:`|bin/)lanner ([a-z][a-z-]*)", README))

    assert words - set(COMMANDS) == set()
    assert json.loads(run(".venv/bin/lanner openapi", folder))["paths"]["/timeseries"]


def test_its_make_targets_exist() -> None:
    """Each ``make`` word of the README is a target."""
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))

    assert targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


def example(first_line: str) -> str:
    (text,) = [text for kind, text in BLOCKS if kind == "python" and text.startswith(f'"""{first_line}')]
    return text


def test_its_provider_is_found_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example file, laid into the folder of providers, is a provider."""
    (tmp_path / "constants.py").write_text(example("Constants"))
    monkeypatch.setattr(adapters.providers, "__path__", [*adapters.providers.__path__, str(tmp_path)])
    providers = InstalledProviders({}, deadline_seconds=5)
    providers.check()
    fetched = providers.source("constants").fetch(DatasetCode("CONSTANT", "C"), PriorState(newest=None))

    assert providers.get("constants").problem == ""
    assert fetched.vintages[0][1].values[0, 0] == 299_792_458.0


def test_its_resource_is_found_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example file, laid into the folder of resources, answers."""
    (tmp_path / "count.py").write_text(example("How many"))
    monkeypatch.setattr(entrypoints.rest.resources, "__path__", [*entrypoints.rest.resources.__path__, str(tmp_path)])
    use_cases = waiting_use_cases()
    use_cases.request_fetch(DatasetCode("WIKI", "FB"))
    app = create_app(use_cases, allowed_hosts=())

    assert TestClient(app).simulate_get("/count", host="localhost").json == {"count": 1}
    assert document(discover_routes(use_cases))["paths"]["/count"]["get"]["tags"] == ["count"]


def test_no_setting_is_described_that_is_none() -> None:
    """Each LANNER_ name in the README is a setting."""
    from config.settings import Settings

    names = set(re.findall(r"LANNER_[A-Z][A-Z_]*[A-Z]", README.replace("LANNER_PROVIDERS__", "")))
    known = {f"LANNER_{field.upper()}" for field in Settings.model_fields}

    assert names - known == set()
