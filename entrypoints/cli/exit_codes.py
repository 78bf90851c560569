"""Exit codes, and the line on standard error that says why a command failed, or that it was stopped."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from domain.controls import escape_controls
from domain.errors import DomainError, NoObservationsYet
from entrypoints.cli.stopping import stopped_by
from entrypoints.cli.streams import discard_output, say
from entrypoints.parent import die_with_parent

#: What was requested still waits, and nothing failed; the number of EX_TEMPFAIL in sysexits.h, for 2 is a mistake of usage.
STILL_WAITING = 75
#: What the machine, its users or its disks refuse: no bug.
_OF_THE_MACHINE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
_PIPE_BROKEN = 141


class StillWaiting(NoObservationsYet):
    """The series' first fetch has not ended yet."""


def exit_code_of(work: Callable[[], Any], *, says_stopped: bool = True) -> int:
    """Return the exit code of ``work``: the number it returns, else 0; print its error, if any, and return that one's code."""
    try:
        code = work()
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt) as error:
        if says_stopped:
            say("lanner: stopped.")
        return 128 + stopped_by(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes an exit code
        return _explained(error)
    return code if isinstance(code, int) else 0


def _explained(error: Exception) -> int:
    """Print an error, and return its exit code."""
    match error:
        case DomainError():
            _complain(escape_controls(f"lanner: {error.message} {error.hint}".rstrip()))
            return STILL_WAITING if isinstance(error, StillWaiting) else 1
        case click.ClickException():
            _complain(_shown(error))
            return error.exit_code
        case BrokenPipeError():
            discard_output()
            return _PIPE_BROKEN
        case OSError() if error.errno in _OF_THE_MACHINE:
            discard_output()
            lines = [f"lanner: {error.filename or 'Standard output'} cannot be written: {error.strerror}."]
        case _:
            # A bug: everything that helps to find it is printed.
            lines = "".join(traceback.format_exception(error)).rstrip("\n").split("\n")
    say("\n".join(map(escape_controls, lines)))
    return 1


def run_in_child_process(work: Callable[[], Any]) -> None:
    """
    Run ``work`` in a short-lived child process, so that the libraries it loads take no memory here.

    Raises:
        click.exceptions.Exit: it failed and has printed why.

    """
    sys.stdout.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        die_with_parent(parent)
        code = exit_code_of(work, says_stopped=False)
        sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise click.exceptions.Exit(abs(code))


def _complain(text: str) -> None:
    """Print lines on standard error, on a terminal broken so that they fit."""
    from entrypoints.cli.layout import wrap
    from entrypoints.cli.tables import terminal_width

    width = terminal_width(err=True)
    for line in text.split("\n"):
        for part in [line] if width is None or len(line) <= width else wrap(line, width):
            say(part)


def _shown(error: click.ClickException) -> str:
    text = io.StringIO()
    error.show(text)
    return text.getvalue().removesuffix("\n")
