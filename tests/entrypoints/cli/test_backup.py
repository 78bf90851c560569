"""``lanner restore``."""

from __future__ import annotations

from pathlib import Path

from entrypoints.cli.restore import restore
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run


def test_a_backup_that_is_not_there(run: Run, tmp_path: Path) -> None:
    """A file that does not exist is told apart from one that is no backup, and the store is not touched."""
    result = run(memory_use_cases({}), restore, f"{tmp_path}/nofile")

    assert result.exit_code == 2
    assert "does not exist" in result.stderr
