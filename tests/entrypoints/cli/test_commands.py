"""The group of commands: its help, and what it says of words that it does not know."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

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
from tests.entrypoints.cli.test_terminal import ROOT


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


def lanner_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANNER_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "entrypoints.cli", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_reading_where_nothing_was_ever_stored_says_so_and_makes_nothing(tmp_path: Path) -> None:
    """The database that is not there is named, with what makes it: a mistaken folder is not filled."""
    done = lanner_in(tmp_path, "list")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"lanner: Nothing is stored yet: there is no database {tmp_path}/data/lanner.db. `lanner fetch CODE` makes"
    )
    assert not (tmp_path / "data" / "lanner.db").exists()


def test_a_newcomer_can_search_first(tmp_path: Path) -> None:
    """Without a step before: the database is made, as by a fetch."""
    done = lanner_in(tmp_path, "search", "sunspots", "--provider", "sample")

    assert done.returncode == 0, done.stderr
    assert "sample:SAMPLE/SUNSPOTS" in done.stdout


def test_examples_in_help_are_real(tmp_path: Path) -> None:
    """Each line of help that begins with the program's name is a command that works."""
    assert lanner_in(tmp_path, "fetch", "SAMPLE/GDP", "SAMPLE/CO2", "SAMPLE/EUROFX").returncode == 0
    examples = []
    for words in (["show"], ["export"], ["panel"], ["formulas", "set"]):
        text = lanner_in(tmp_path, *words, "--help").stdout.replace("\\\n", " ")
        examples += re.findall(r"^ +lanner (.+)$", text, re.MULTILINE)
    done = [lanner_in(tmp_path, *shlex.split(example)) for example in examples]

    assert len(examples) == 4
    assert [each.stderr for each in done if each.returncode] == []
