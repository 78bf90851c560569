"""What tests start ends with them."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.processes import comes_true

ROOT = Path(__file__).parents[2]
RUN = """
import subprocess, sys
from tests.servers import bound
print(subprocess.Popen(bound(["sleep", "60"])).pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists() or shutil.which("setpriv") is None, reason="Linux has it, with util-linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_ends_with_the_run_that_started_it(number: signal.Signals) -> None:
    """Though the run has no time to end it."""
    command = [sys.executable, "-c", RUN]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        server = int(run.stdout.readline())
        # Only then is it bound to the run.
        assert comes_true(lambda: Path(f"/proc/{server}/comm").read_text() == "sleep\n")
        run.send_signal(number)

    assert comes_true(lambda: not runs(server))


def runs(process: int) -> bool:
    """Report whether a process is there and has not ended."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False
