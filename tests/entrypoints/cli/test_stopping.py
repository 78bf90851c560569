"""Commands that are stopped: by Ctrl-C, by SIGTERM, and while they wait for what lets no exception through."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_server
from tests.entrypoints.cli.test_terminal import ROOT

BEGUN = "begun"
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
SCRIPT = """
    import sys, time
    from entrypoints.cli.exit_codes import exit_code_of
    from entrypoints.cli.stopping import stop_on_signals

    stop_on_signals({seconds})

    def work():
        print("begun", flush=True)
        {work}

    sys.exit(exit_code_of(work))
"""
#: A query that is never over, and lets no exception through until then.
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def stopped(command: list[str], number: signal.Signals, folder: Path) -> tuple[int, str]:
    """Start a command, stop it once it has begun, and give its exit code and what it said."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANNER_DATA_DIR": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == BEGUN
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@SIGNALS
def test_what_is_stopped_says_so(number: signal.Signals, tmp_path: Path) -> None:
    """One line and the code that shells expect; no traceback."""
    script = textwrap.dedent(SCRIPT.format(seconds=30, work="time.sleep(60)"))

    assert stopped([sys.executable, "-c", script], number, tmp_path) == (128 + number, "lanner: stopped.\n")


@SIGNALS
def test_what_hears_nothing_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    """Within seconds, however long a query, a lock or a connection takes."""
    work = f"import sqlite3; sqlite3.connect(':memory:').execute({ENDLESS!r}).fetchall()"
    script = textwrap.dedent(SCRIPT.format(seconds=0.3, work=work))

    assert stopped([sys.executable, "-c", script], number, tmp_path) == (128 + number, "lanner: stopped.\n")


def hang(seconds: float) -> Iterator[bytes]:
    time.sleep(seconds)
    yield b""


@SIGNALS
def test_an_interrupted_fetch_says_what_is_left_and_can_be_repeated(number: signal.Signals, tmp_path: Path) -> None:
    """It is given back: the same command begins it again at once, and counts no crash."""
    with a_server(lambda _target, _headers: hang(3)) as address:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LANNER_DATA_DIR": str(tmp_path),
            "LANNER_PROVIDERS__CSV_URL__BASE_URL": address,
        }
        command = [sys.executable, "-m", "entrypoints.cli", "fetch", "csv_url:X/Y"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as process:
            assert process.stderr
            assert process.stderr.readline() == "No worker has begun within 2 s: fetching here.\n"
            time.sleep(1)
            process.send_signal(number)
            said = process.stderr.read()
    listed = subprocess.run(
        [*command[:3], "fetches", "--format", "json"], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    left = json.loads(listed.stdout)

    assert process.returncode == 128 + number
    assert (
        said.split("\n")[0] == "1 fetch is left: `lanner fetch` with the same codes, or a worker, goes on; `lanner cancel CODE` ends one."
    )
    assert said.endswith("lanner: stopped.\n")
    assert (left["status"], left["attempts"], left["waiting_for"]) == ("pending", 0, None)
