"""The standard streams, as a command needs them whatever its parent has closed or set."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO, cast


def prepare_streams() -> None:
    """
    Open the null device in place of closed streams, and write another character for one that standard output's encoding lacks.

    The next file that is opened would take a closed stream's number, and what libraries write to that number: a database, for one.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number, which children inherit as they do the other streams.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - the function's only argument
    sys.stdin, sys.stdout, sys.stderr = sys.stdin or _opened(0), sys.stdout or _opened(1), sys.stderr or _opened(2)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def discard_output() -> None:
    """Drop what standard output still holds, which the interpreter would fail to write when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write a line to standard error, if that can be written."""
    try:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command's own line
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _opened(number: int) -> TextIO:
    stream = open(number, "w" if number else "r", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 - a number
    return cast("TextIO", stream)
