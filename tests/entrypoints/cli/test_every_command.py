"""Every command on terminals of 80 and 200 columns, and into a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len

from entrypoints.cli.commands import COMMANDS
from tests.entrypoints.cli import terminals
from tests.entrypoints.cli.every_command import COLUMN, DATA, LONG, MARK, NAME, REASON, SERVING, lines_in
from tests.entrypoints.cli.terminals import ROOT

STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CODES = ("sample:SAMPLE/GDP", "sample:SAMPLE/EUROFX", "long:X/Y", "failing:X/Y", "limited:X/Y", f"long:{LONG}")

Outputs = Mapping[str, list[str]]


def outputs_of(text: str) -> Outputs:
    """Give the lines that each command printed, as they appeared: whatever is drawn over another is a line of its own."""
    parts = STEERING.sub("", text).replace("\r\n", "\n").replace("\r", "\n").split(MARK)[1:]
    return {head: lines for head, *lines in (part.split("\n") for part in parts) if not head.startswith("exit code")}


def command_in(folder: Path) -> list[str]:
    return [sys.executable, "-m", "tests.entrypoints.cli.every_command", str(folder)]


def on_terminal(folder: Path, columns: int) -> Outputs:
    return outputs_of(terminals.on_terminal(command_in(folder), columns, {"LANNER_DATA_DIR": str(folder)}))


@pytest.fixture(scope="module")
def narrow(tmp_path_factory) -> Outputs:
    return on_terminal(tmp_path_factory.mktemp("n"), 80)


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> Outputs:
    return on_terminal(tmp_path_factory.mktemp("w"), 200)


@pytest.fixture(scope="module")
def piped(tmp_path_factory) -> Outputs:
    folder = tmp_path_factory.mktemp("p")
    environment = {**os.environ, "LANNER_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    done = subprocess.run(command_in(folder), cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return outputs_of(done.stdout)


def of(outputs: Outputs, command: str) -> list[str]:
    return [line for name, lines in outputs.items() if name.split()[0] == command for line in lines]


def test_no_command_is_forgotten() -> None:
    """Each is run; help is no run, but of those that serve."""
    lines = [line.split() for lines in lines_in(Path()).values() for line in lines]

    assert {words[0] for words in lines if "--help" not in words} == set(COMMANDS) - set(SERVING)
    assert {words[0] for words in lines if "--help" in words} == set(COMMANDS)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in DATA])
def test_no_line_is_wider_than_the_terminal(narrow: Outputs, wide: Outputs, command: str) -> None:
    """But for a word that is longer than the terminal is wide, which stands alone; so does help, and what is said of a mistake."""
    for outputs, columns in ((narrow, 80), (wide, 200)):
        lines = of(outputs, command)

        assert "".join(lines).strip()
        assert [line for line in lines if cell_len(line) > columns and len(line.split()) > 1] == []


@pytest.mark.parametrize("command", DATA)
def test_help_fits_where_data_need_not(narrow: Outputs, command: str) -> None:
    """The data of these commands are for programs."""
    assert [line for line in narrow[f"{command} --help"] if cell_len(line) > 80] == []


@pytest.mark.parametrize("command", ["fetch", "list", "show", "fetches", "feed", "vintages", "schedules", "cancel", "remove"])
def test_codes_are_never_cut(narrow: Outputs, wide: Outputs, piped: Outputs, command: str) -> None:
    """Whatever code a pipe gets stands as one word on a terminal too."""
    expected = {code for code in CODES if any(code in line for line in of(piped, command))}
    words = [{word.rstrip(",:") for line in of(outputs, command) for word in line.split()} for outputs in (narrow, wide)]

    assert expected
    assert [expected - found for found in words] == [set(), set()]


def test_a_narrow_terminal_says_what_it_lacks(narrow: Outputs, wide: Outputs) -> None:
    """A wider one shows it."""
    assert "Not shown at this width: checked, rows, frequency." in narrow["list"]
    assert wide["list"][0].split() == ["code", "name", "frequency", "rows", "first", "last", "status", "checked"]
    assert not any("Not shown" in line for line in [*wide["list"], *wide["vintages SAMPLE/GDP --limit 3"]])


def test_providers_are_a_screen_or_two(narrow: Outputs) -> None:
    """Not hundreds of lines of single words; what is said of one is complete."""
    assert len(narrow["providers"]) < 90
    assert sum(len(line.split()) == 1 for line in narrow["providers"]) < 20
    assert "  limits         120 in 60 s" in narrow["providers fred ecb"]


def test_a_pipe_gets_everything_in_whole_lines(piped: Outputs) -> None:
    """Nothing is left out, wrapped or cut: names, reasons, columns, headings."""
    assert [name for name, lines in piped.items() if any("Not shown" in line for line in lines)] == []
    assert piped["list"][0].split() == ["code", "name", "frequency", "rows", "first", "last", "status", "checked"]
    assert [line for line in piped["list"] if line.startswith(f"long:{LONG}  {NAME}  ")]
    assert [line for line in piped["list"] if line.startswith("failing:X/Y ") and REASON in line]
    assert [line for line in piped["fetches"] if line.startswith("failing:X/Y ") and REASON in line]
    assert [line for line in piped[f"show long:{LONG}"] if COLUMN in line and line.endswith("  b")]
    assert [line for line in piped["vintages SAMPLE/GDP --limit 3"] if "fetched at" in line and "cause" in line]
    assert [line for line in piped["feed"] if line.startswith("code ") and line.endswith(" cause")]
    assert [line for line in piped["providers"] if "redistribution" in line and "https://fredaccount" in line and "120 in 60 s" in line]


def test_what_a_terminal_shows_is_in_the_pipe_too(narrow: Outputs, piped: Outputs) -> None:
    """Of the tables that are laid out for the terminal; times differ from run to run."""
    for name in ("list", "fetches", "feed", "vintages SAMPLE/GDP --limit 3", "revisions SAMPLE/GDP", "formulas list"):
        words = {word for line in piped[name] for word in line.split()}
        shown = {word for line in narrow[name] if not line.startswith(("Not shown", "There are")) for word in line.split()}
        assert {word for word in shown - words if not re.search(r"\d\d:\d\d", word)} == set(), name
