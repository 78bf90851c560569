"""The group of commands: its help, and what it says of words that it does not know."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from entrypoints.cli.__main__ import lanner
from entrypoints.cli.commands import COMMANDS, SECTIONS
from entrypoints.cli.formulas import formulas
from entrypoints.cli.keys import keys
from entrypoints.cli.list import list_series
from entrypoints.cli.schedules import schedules
from entrypoints.cli.webhooks import webhooks
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import DATABASE, Run


def test_help_has_every_command_in_its_section() -> None:
    """Once, each section under its heading, the ones that a newcomer needs first."""
    text = CliRunner().invoke(lanner, ["--help"]).output
    headings = re.findall(r"^([A-Z][\w, ]+):$", text, re.MULTILINE)
    names = re.findall(r"^  ([a-z][a-z-]*)  +[A-Z]", text, re.MULTILINE)

    assert headings[1:] == list(SECTIONS)
    assert names == list(COMMANDS)
    assert sum(map(len, SECTIONS.values())) == len(COMMANDS)
    assert headings[1:3] == ["Find and fetch", "Read what is stored"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("shw SAMPLE/GDP", "No such command 'shw'. Did you mean 'show'?"),
        ("fetchs", "Did you mean one of: 'fetch', 'fetches'?"),
        ("xyzzy", "No such command 'xyzzy'."),
        ("keys revok x", "No such command 'revok'. Did you mean 'revoke'?"),
        ("list --fromat json", "No such option '--fromat'. Did you mean '--format'?"),
        ("show A/B --transfrom diff", "No such option '--transfrom'. Did you mean '--transform'?"),
        ("show A/B --transform rdif", "'rdif' is not one of 'diff', 'rdiff'"),
    ],
)
def test_what_is_misspelt_is_recognized(line: str, said: str) -> None:
    """Commands, also those of a group, options and choices; a mistake of usage is 2."""
    result = CliRunner().invoke(lanner, line.split())

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("command", "line", "what"),
    [
        (list_series, "", "series"),
        (schedules, "", "schedules"),
        (schedules, "--format json", "schedules"),
        (formulas, "list", "formulas"),
        (webhooks, "list", "webhooks"),
        (keys, "list", "keys"),
    ],
)
def test_every_empty_list_says_where_it_looked(run: Run, command, line: str, what: str) -> None:
    """With nothing on standard output."""
    result = run(memory_use_cases({"canned": CannedSource()}), command, line)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"There are no {what} in {DATABASE} yet.\n")
