"""``.ci/test``: which failed tests are tried once more, and what comes of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "test"
#: Stands in for pytest: notes its arguments, and ends and writes down what failed as its next line of ``script`` says.
PYTEST = """#!/bin/sh
echo "$*" >>calls
read -r code failed <script
sed -i 1d script
mkdir -p .pytest_cache/v/cache
[ -z "$failed" ] || echo "$failed" >.pytest_cache/v/cache/lastfailed
exit "$code"
"""
ONE, THREE = '{"t.py::one": true}', '{"t.py::one": true, "t.py::two": true, "t.py::three": true}'


@pytest.mark.parametrize(
    ("runs", "options", "code", "calls"),
    [
        (["0", "0"], ["--retry"], 0, 2),
        ([f"1 {ONE}", "0", "0"], ["--retry"], 0, 3),
        (["0", f"1 {ONE}", "0"], ["--retry"], 0, 3),
        ([f"1 {ONE}", "0", "1"], ["--retry"], 1, 3),
        ([f"1 {ONE}", "0"], [], 1, 2),
        ([f"1 {THREE}", "0"], ["--retry"], 1, 2),
        # Not all were run: modules that cannot be imported, an interruption, a fault of pytest, no test found.
        ([f"2 {ONE}", "0"], ["--retry"], 1, 2),
        ([f"1 {ONE}", "3"], ["--retry"], 1, 2),
        (["5", "0"], ["--retry"], 1, 2),
        (['1 {"gw1": true}', "0"], ["--retry"], 1, 2),
        # A failure that left no name.
        (["1", "0"], ["--retry"], 1, 2),
    ],
)
def test_at_most_two_tests_are_tried_once_more(tmp_path: Path, runs: list[str], options: list[str], code: int, calls: int) -> None:
    """Only where all tests were run; every failed test is named, whether it passes then or not."""
    pytest_path = tmp_path / ".venv" / "bin" / "pytest"
    pytest_path.parent.mkdir(parents=True)
    pytest_path.write_text(PYTEST)
    pytest_path.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci")
    (tmp_path / "script").write_text("\n".join(runs) + "\n")
    command = [sys.executable, "-S", tmp_path / ".ci" / "test", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == code, done.stdout + done.stderr
    called = (tmp_path / "calls").read_text().splitlines()
    assert len(called) == calls
    assert all("--last-failed" in line for line in called[2:])
    named = [name for name in ("t.py::one", "t.py::two", "t.py::three") if any(name in run for run in runs)]
    assert [name for name in ("t.py::one", "t.py::two", "t.py::three") if name in done.stdout] == named
