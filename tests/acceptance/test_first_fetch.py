"""The first command in a new folder: it needs no other before it, and says what is wrong once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.running import lanner


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "files" / "shop").mkdir(parents=True)
    (tmp_path / "files" / "shop" / "visits.csv").write_text("Date,v\n01/02/2021,1\n03/02/2021,2\n")
    return {"LANNER_PROVIDERS__FILES__PATH": str(tmp_path / "files"), "LANNER_ROUTES": '{"SHOP": "files"}'}


def test_fetch_creates_the_database_of_a_new_folder(tmp_path: Path, environment: dict[str, str]) -> None:
    """A database file without a schema gets one; commands that only read say what to do."""
    read = lanner("list", folder=tmp_path, environment=environment)
    fetched = lanner("fetch", "SAMPLE/GDP", folder=tmp_path, environment=environment)
    listed = lanner("list", folder=tmp_path, environment=environment)

    assert (read.returncode, "`lanner fetch CODE` makes it" in read.stderr) == (1, True)
    assert (fetched.returncode, "success" in fetched.stdout) == (0, True)
    assert "SAMPLE/GDP" in listed.stdout


@pytest.mark.parametrize("level", ["", "info"])
def test_a_refused_file_is_reported_once(tmp_path: Path, environment: dict[str, str], level: str) -> None:
    """The command's own line says it; a line of the log comes beside it only if a level is set."""
    done = lanner("fetch", "SHOP/visits", folder=tmp_path, environment=environment | ({"LANNER_LOG_LEVEL": level} if level else {}))

    assert done.returncode == 1
    assert done.stdout.count("day/month or month/day; option date_format") == 1
    assert ('"event":"fetch failed"' in done.stderr) is bool(level)
    assert level or [line for line in done.stderr.splitlines() if line.startswith("{")] == []
