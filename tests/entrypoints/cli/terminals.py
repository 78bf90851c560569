"""A terminal for processes of tests."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def on_terminal(command: Sequence[str], columns: int, environment: Mapping[str, str], *, typed: str | None = None) -> str:
    """Run a command on a terminal of so many columns and return what appears there; its input is what is typed, or else nothing."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "PYTHONPATH": str(ROOT), **environment}
    stdin = subprocess.DEVNULL if typed is None else theirs
    process = subprocess.Popen(command, stdin=stdin, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT)
    os.close(theirs)
    os.write(ours, (typed or "").encode())
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    finally:
        os.close(ours)
    assert process.wait() == 0, seen.decode()[-2000:]
    return seen.decode()
