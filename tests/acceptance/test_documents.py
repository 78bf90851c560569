"""README.md and docs/ are true: their commands run and answer what they say, and their example files work."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from falcon.testing import TestClient

import adapters.providers
import entrypoints.rest.resources
from adapters.provider_kit.registry.installed import InstalledProviders
from config.settings import Settings, read_settings
from config.sources import RENAMED
from domain.codes import DatasetCode
from domain.ports import PriorState
from entrypoints.cli.__main__ import lanner
from entrypoints.cli.commands import COMMANDS
from entrypoints.rest.app import create_app, discover_routes
from entrypoints.rest.openapi.document import document
from tests.acceptance.running import Lanner, running
from tests.builders import WEBHOOK_SECRET, waiting_use_cases
from tests.documents import DOCUMENTS, README, ROOT, TEXT, Document

SHOWN_ID = "4484d077-cee3-4f2c-bf18-50cb5d3573fe"
COMMANDED = [each for each in DOCUMENTS if each.blocks_of("sh")]
#: Commands that go on until they are told to stop.
SERVING = ("lanner up", "lanner api", "lanner worker")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``lanner`` is this environment's, and curl says why it fails."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "bin").mkdir()
    (folder / "checkout" / "entrypoints" / "rest").mkdir(parents=True)
    for name, command in {
        "lanner": f'exec {Path(sys.executable).parent / "lanner"} "$@"',
        "curl": 'PATH=${PATH#*:} exec curl --silent --show-error --fail "$@"',
    }.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{command}\n")
        (folder / "bin" / name).chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Lanner]:
    with running(
        folder, {"LANNER_PROVIDERS__QUANDL__BASE_URL": "http://127.0.0.1:1/api/v3", "LANNER_WEBHOOK_SECRET": WEBHOOK_SECRET}, "up"
    ) as service:
        yield service


def run(line: str, folder: Path, **environment: str) -> str:
    """Run a line in a shell as its reader would, and give what it prints."""
    settings = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANNER_DATA_DIR": str(folder / "data"),
        "LANNER_LOG_LEVEL": "error",
        **environment,
    }
    line = line.replace(".venv/bin/lanner", "lanner")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        env=settings,
        cwd=folder / "checkout",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", COMMANDED, ids=str)
def test_its_commands_run_and_answer_what_it_says(page: Document, service: Lanner, folder: Path, tmp_path: Path) -> None:
    """Every line of every block is run; a call prints what the block of JSON below it shows, up to the dots."""
    series_id, shown = SHOWN_ID, 0
    if page is not README:
        series_id = service.request("SAMPLE", "GDP")["id"]
        service.polled(series_id)
    for (kind, text), (kind_below, below) in pairwise([*page.blocks, ("", "")]):
        if kind != "sh":
            assert kind in ("json", "python", "ini", "toml", "mermaid"), f"no test looks at a block of {kind}"
            continue
        output = ""
        for line in text.strip().splitlines():
            if line.startswith("make "):
                assert_is_target(line.split()[1])
            elif line in SERVING:
                continue
            elif line.startswith("docker compose "):
                assert_composed(line, folder)
            else:
                output = run(line.replace("http://localhost:8000", service.address).replace(SHOWN_ID, series_id), folder)
        if kind_below == "json":
            answer, promised = json.loads(output), json.loads(below)
            if series_id == SHOWN_ID:
                series_id = answer["id"]
                service.polled(series_id)
            assert_shows(answer, promised | ({"id": series_id} if "id" in promised else {}))
            shown += 1

    assert shown == len(page.blocks_of("json"))


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


def assert_is_target(name: str) -> None:
    assert f"\n{name}:" in (ROOT / "Makefile").read_text()


def assert_composed(line: str, folder: Path) -> None:
    """Run here what a container would run, and see that the file has the service and the ``.env`` every password."""
    text = (ROOT / "docker-compose.yml").read_text()
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    verb, *words = shlex.split(line.removeprefix("docker compose "))
    if verb == "run":
        name, *command = [word for word in words if not word.startswith("--") or "lanner" in words[: words.index(word)]]
        run(shlex.join(command or services[name]["command"]).replace("/var/lib/lanner", str(folder)), folder)
    else:
        assert [verb, *words] == ["up", "--detach"]
        given = re.findall(r"^(\w+)=\w{48}$", (folder / "checkout" / ".env").read_text(), re.MULTILINE)
        assert set(re.findall(r"\$\{(\w+):\?", text)) == set(given)
        (folder / "checkout" / ".env").unlink()


def test_it_serves_without_containers(folder: Path) -> None:
    """The commands that go on until they are told to stop, as they stand below each other in docs/production.md."""
    wanted = [line for page in COMMANDED for text in page.blocks_of("sh") for line in text.splitlines() if line in SERVING]

    apart = {"LANNER_DATA_DIR": str(folder / "apart")}
    assert wanted == ["lanner api", "lanner worker"]
    run("lanner migrate", folder, **apart)
    with running(folder, apart, *(line.removeprefix("lanner ") for line in wanted)) as service:
        series_id = service.request("SAMPLE", "NILE")["id"]
        assert service.polled(series_id).status_code == 200


def test_the_growth_rates_are_right() -> None:
    """The two rates in the text follow from the numbers above them."""
    pairs = re.findall(r'"2008-07-01", ([\d.]+)\], \["2008-10-01", ([\d.]+)\]', README.text)
    rates = [f"−{-((float(after) / float(before)) ** 4 - 1) * 100:.1f} % a year" for before, after in pairs]

    assert len(rates) == 2
    assert rates == re.findall(r"\*\*(−[\d.]+ % a year)", README.text)


def test_its_terminal_commands_show_the_series(service: Lanner, folder: Path) -> None:
    """Each line of the README's block for the command line shows the series; a key that was made is listed."""
    (terminal,) = [text for text in README.blocks_of("sh") if "lanner fetch" in text]
    outputs = [run(line, folder) for line in terminal.strip().splitlines()]
    made, listed = [run(f"lanner keys {words}", folder) for words in ("create --name reports", "list")]

    assert all("SAMPLE" in output for output in outputs)
    assert "14264.6" in outputs[2]
    assert made.split("_")[1] in listed


def test_its_commands_exist() -> None:
    """Each ``lanner`` word is a command, and docs/operations.md names every command."""
    words = set(re.findall(r"(?:`|bin/)lanner ([a-z][a-z-]*)", TEXT))
    table = (ROOT / "docs" / "operations.md").read_text()

    assert words - set(COMMANDS) == set()
    assert [name for name in COMMANDS if f"`lanner {name}" not in table] == []


def test_its_make_targets_exist() -> None:
    """Each ``make`` word is a target."""
    targets = set(re.findall(r"`make ([a-z]+)", TEXT))

    assert {"test", "lint"} <= targets
    for target in targets:
        assert_is_target(target)


def test_its_settings_are_read() -> None:
    """Each block of settings is one that lanner takes, and each ``LANNER_`` name is a setting."""
    for text in (text for page in DOCUMENTS for text in page.blocks_of("ini")):
        assert read_settings(dict(line.split("=", 1) for line in text.splitlines()), None).routes == {"WIKI": "files"}
    names = set(re.findall(r"LANNER_[A-Z][A-Z_]*[A-Z]", TEXT.replace("LANNER_PROVIDERS__", "")))

    assert names - RENAMED.keys() - {f"LANNER_{field.upper()}" for field in Settings.model_fields} == set()


def test_its_entry_point_is_the_one_that_is_read() -> None:
    """A package announces its provider in the group in which lanner looks."""
    (text,) = [text for page in DOCUMENTS for text in page.blocks_of("toml")]
    source = (ROOT / "entrypoints" / "cli" / "provider_templates.py").read_text()

    assert [f'project.entry-points."{group}"' in source for group in tomllib.loads(text)["project"]["entry-points"]] == [True]


def example(first_line: str) -> str:
    (text,) = [text for page in DOCUMENTS for text in page.blocks_of("python") if text.startswith(f'"""{first_line}')]
    return text


@pytest.fixture
def constants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example of a provider, laid into the folder of providers."""
    (tmp_path / "constants.py").write_text(example("Constants"))
    monkeypatch.setattr(adapters.providers, "__path__", [*adapters.providers.__path__, str(tmp_path)])
    yield
    sys.modules.pop("adapters.providers.constants", None)


def test_its_provider_is_found_and_answers(constants: None) -> None:
    """The example file is a provider."""
    providers = InstalledProviders({}, deadline_seconds=5)
    providers.check()
    fetched = providers.source("constants").fetch(DatasetCode("CONSTANT", "C"), PriorState(newest=None))

    assert providers.get("constants").problem == ""
    assert fetched.vintages[0][1].values[0, 0] == 299_792_458.0


def test_its_provider_keeps_the_rules(constants: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``lanner providers --check`` tries the example with all others, and finds nothing."""
    monkeypatch.setenv("LANNER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(lanner, ["providers", "--check"], catch_exceptions=False)

    assert "constants" in done.output
    assert done.exit_code == 0, done.output


def test_its_resource_is_found_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example file, laid into the folder of resources, answers."""
    (tmp_path / "count.py").write_text(example("How many"))
    monkeypatch.setattr(entrypoints.rest.resources, "__path__", [*entrypoints.rest.resources.__path__, str(tmp_path)])
    use_cases = waiting_use_cases()
    use_cases.request_fetch(DatasetCode("WIKI", "FB"))
    app = create_app(use_cases, allowed_hosts=())

    assert TestClient(app).simulate_get("/count", host="localhost").json == {"count": 1}
    assert document(discover_routes(use_cases))["paths"]["/count"]["get"]["tags"] == ["count"]
