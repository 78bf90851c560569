"""Nothing that a provider says steers the terminal of who reads it."""

from __future__ import annotations

import json

import pytest

from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood
from domain.observations import Observations
from domain.series import Metadata
from domain.use_cases import UseCases
from entrypoints.cli.exit_codes import exit_code_of
from entrypoints.cli.export import export
from entrypoints.cli.fetch import fetch
from entrypoints.cli.list import list_series
from entrypoints.cli.show import show
from entrypoints.cli.vintages import vintages
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.entrypoints.cli.test_terminal import SCRIPT, on_terminal

CONTROLS = "\x07\x1b\x7f\x85\x9b\x9d\u200f\u2028\u2029\u202a\u202e\u2066\u2069"
STEERING = f"a{CONTROLS}]0b"


@pytest.fixture
def use_cases() -> UseCases:
    observations = Observations.of(["2024-01-01"], [STEERING], [[1.0]])
    use_cases = memory_use_cases({"canned": CannedSource(observations=observations, metadata=Metadata(name=STEERING, unit=STEERING))})
    use_cases.request_fetch(DatasetCode("WIKI", "FB"))
    return use_cases


def steers(text: str) -> list[str]:
    return [mark for mark in CONTROLS if mark in text]


@pytest.mark.parametrize("command", [list_series, show, vintages], ids=lambda command: command.name)
@pytest.mark.parametrize("form", ["table", "json"])
def test_names_steer_nothing(run: Run, use_cases: UseCases, command, form: str) -> None:
    """In tables and in JSON, which still says the same."""
    ended = run(use_cases, command, f"{'' if command is list_series else 'WIKI/FB '}--format {form}")

    assert ended.exit_code == 0, ended.output
    assert steers(ended.output) == []
    if form == "json" and command is not vintages:
        assert repr(STEERING)[1:-1] in str(json.loads(ended.stdout.splitlines()[0]))


def test_errors_steer_nothing(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the table of what was fetched nor in the line with which a command ends."""
    error = AnswerNotUnderstood(f"It said {STEERING}.", hint=STEERING)

    def work() -> None:
        raise error

    def break_down() -> None:
        raise ValueError(STEERING)

    fetched = run(memory_use_cases({"canned": CannedSource(error=error)}), fetch, "WIKI/FB")
    assert (exit_code_of(work), exit_code_of(break_down)) == (1, 1)
    said = fetched.output + "".join(capsys.readouterr())

    assert said.count("]0b") >= 4
    assert steers(said) == []


def test_a_file_is_shown_on_a_terminal_without_harm(run: Run, use_cases: UseCases) -> None:
    """Headings of CSV are escaped there; in a file or pipe they are what the provider named them."""
    name = "a\x1b]0b"
    setting = f"use_cases = memory_use_cases({{'canned': CannedSource(observations=Observations.of(['2024-01-01'], [{name!r}], [[1.0]]))}})"
    setting += "; use_cases.request_fetch(DatasetCode('WIKI', 'FB'))"
    for form, shown in (("csv", r"date,a\x1b]0b"), ("json", r"a\u001b]0b")):
        line = ["WIKI/FB", "--format", form]
        seen = on_terminal(SCRIPT.format(module="export", command="export", setting=setting, line=line), columns=80)
        assert shown in seen
        assert "\x1b" not in seen

    assert f"date,{STEERING}".encode() in run(use_cases, export, "WIKI/FB").stdout_bytes
