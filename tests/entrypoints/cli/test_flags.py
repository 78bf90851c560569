"""Flags on the command line: ``show``, ``export``, ``parse``, ``revisions`` and ``vintages``."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from domain.use_cases import UseCases
from entrypoints.cli.export import export
from entrypoints.cli.revisions import revisions
from entrypoints.cli.show import show
from entrypoints.cli.vintages import vintages
from tests.entrypoints.cli.conftest import Run
from tests.entrypoints.flagged import MEANINGS, flagged_use_cases

NAMES = ["date", "Open", "Open_flag", "Close", "Close_flag"]


@pytest.fixture(scope="module")
def kept() -> UseCases:
    return flagged_use_cases()


def test_show_has_flags_beside_values(run: Run, kept: UseCases) -> None:
    """With --flags each column is followed by its flags, and their meanings stand below; without, nothing is other than before."""
    lines = run(kept, show, "canned:WIKI/FB --flags").stdout.splitlines()

    assert lines[4].split() == ["Day", *NAMES[1:]]
    assert [line.split() for line in lines[5:8]] == [
        ["2024-01-01", "1", "1.5"],
        ["2024-01-02", "2", "p", "B", "E"],
        ["2024-01-03", "3", "=1", "3.5", "p"],
    ]
    assert lines[9:12] == ["=1", "B E  break; estimated", "p  provisional"]
    assert "_flag" not in run(kept, show, "canned:WIKI/FB").stdout
    assert run(kept, show, "canned:WIKI/FB --flags --column Close --vintage 1").stdout.splitlines()[5].split() == ["2024-01-01", "1.5", "p"]


def test_show_in_json_has_flags(run: Run, kept: UseCases) -> None:
    """The document has the API's words."""
    found = json.loads(run(kept, show, "canned:WIKI/FB --flags --format json").stdout)

    assert (found["columns"], found["flags"], found["data"][1]) == (NAMES, MEANINGS, ["2024-01-02", 2.0, "p", None, "B E"])
    assert "flags" not in json.loads(run(kept, show, "canned:WIKI/FB --format json").stdout)


def test_export_has_flags_in_every_format(run: Run, kept: UseCases, tmp_path: Path) -> None:
    """With --flags files have the columns; of a series without flags they are empty."""
    assert run(kept, export, "canned:WIKI/FB --flags").stdout.splitlines()[:3] == [
        ",".join(NAMES),
        "2024-01-01,1.0,,1.5,",
        "2024-01-02,2.0,p,,B E",
    ]
    assert run(kept, export, "plain:WIKI/FB --flags").stdout.splitlines()[1] == "2024-01-01,1.0,,1.5,"
    for suffix in ("json", "parquet", "arrow"):
        assert run(kept, export, f"canned:WIKI/FB --flags -o {tmp_path}/fb.{suffix}").exit_code == 0
    assert pq.read_table(tmp_path / "fb.parquet").column("Close_flag").to_pylist() == [None, "B E", "p"]
    assert json.loads((tmp_path / "fb.json").read_text())["columns"] == NAMES


def test_revisions_say_that_flags_alone_changed(run: Run, kept: UseCases) -> None:
    """The count and each flag are told, apart from values; in JSON as by the API."""
    lines = run(kept, revisions, "canned:WIKI/FB").stdout.splitlines()
    found = json.loads(run(kept, revisions, "canned:WIKI/FB --format json").stdout)

    assert lines[2:4] == ["dates added: 0, values changed: 0, dates deleted: 0", "flags changed: 1, and nothing else"]
    assert lines[-1].split() == ["flag", "2024-01-01", "Close", "p"]
    assert found["flags_changed"] == [{"date": "2024-01-01", "column": "Close", "old": "p", "new": None}]
    assert found["flags_alone"] is True


def test_vintages_say_which_brought_flags_alone(run: Run, kept: UseCases) -> None:
    """A vintage without changed values is explained."""
    assert run(kept, vintages, "canned:WIKI/FB").stdout.splitlines()[-1] == "vintage 2: other flags, the same values"
    assert "flags" not in run(kept, vintages, "plain:WIKI/FB").stdout
