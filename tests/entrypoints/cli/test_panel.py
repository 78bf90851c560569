"""``lanner panel`` writes what the API answers."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from domain.errors import InvalidInput
from entrypoints.cli.__main__ import lanner
from entrypoints.panel_files import LONG

RULE = ["--start", "2008-11-30", "--end", "2009-01-31", "--every", "month_ends", "--at", "16:00", "--tz", "America/New_York"]


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LANNER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert runner.invoke(lanner, ["fetch", "SAMPLE/GDP"]).exit_code == 0
    return runner


def test_a_panel_to_the_terminal_and_into_a_file(stored: CliRunner, tmp_path: Path) -> None:
    """Options hold for all series, parts of a series for it alone."""
    shown = stored.invoke(
        lanner, ["panel", "SAMPLE/GDP", "SAMPLE/GDP;name=late;lag=P60D", *RULE, "--release-time", "08:30", "--shape", "wide"]
    )
    written = stored.invoke(lanner, ["panel", "SAMPLE/GDP", *RULE, "-o", "panel.parquet"])

    assert shown.output.splitlines() == [
        "decision_at,SAMPLE/GDP,late",
        "2008-11-30T21:00:00Z,14420.5,14294.5",
        "2008-12-31T21:00:00Z,14412.8,14429.2",
        "2009-01-31T21:00:00Z,14264.6,14420.5",
    ]
    assert "panel.parquet: 1 series at 3 moments, position" in written.output
    assert pq.read_table(tmp_path / "panel.parquet").column_names == list(LONG)


def test_what_is_wrong_is_named(stored: CliRunner) -> None:
    """The option is named, and nothing is written."""
    refused = stored.invoke(lanner, ["panel", "SAMPLE/GDP", "--dates", "2009-01-30"])

    assert isinstance(refused.exception, InvalidInput)
    assert (refused.exception.field, refused.output) == ("at", "")
