"""Exit codes, and the line on standard error that says why a command failed, or that it was stopped."""

from __future__ import annotations

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
from entrypoints.parent import die_with_parent

#: What was requested still waits, and nothing failed; the number of EX_TEMPFAIL in sysexits.h, for 2 is a mistake of usage.
STILL_WAITING = 75
_PIPE_BROKEN = 141


class StillWaiting(NoObservationsYet):
    """The series' first fetch has not ended yet."""


def exit_code_of(work: Callable[[], Any], *, says_stopped: bool = True) -> int:
    """Return the exit code of ``work``: the number it returns, else 0; print its error, if any, and return that one's code."""
    try:
        code = work()
        sys.stdout.flush()
    except DomainError as error:
        _complain(escape_controls(f"lanner: {error.message} {error.hint}".rstrip()))
        return STILL_WAITING if isinstance(error, StillWaiting) else 1
    except click.ClickException as error:
        _complain(_shown(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        if says_stopped:
            _complain("lanner: stopped.")
        return 128 + stopped_by(error)
    except BrokenPipeError:
        # The buffer has no reader left; without this the interpreter would report that when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_BROKEN
    except Exception:  # noqa: BLE001 - a bug: everything that helps to find it is printed
        sys.stderr.write("".join(f"{escape_controls(line)}\n" for line in traceback.format_exc().rstrip("\n").split("\n")))
        return 1
    return code if isinstance(code, int) else 0


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
            print(part, file=sys.stderr)  # noqa: T201 - a command's own line


def _shown(error: click.ClickException) -> str:
    text = io.StringIO()
    error.show(text)
    return text.getvalue().removesuffix("\n")
