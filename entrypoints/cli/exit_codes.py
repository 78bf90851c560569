"""How a run of the command ends: its exit code and, where it fails, one line that says why."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from domain.controls import escape_controls
from domain.errors import DomainError
from entrypoints.parent import die_with_parent

_INTERRUPTED = 130
_PIPE_BROKEN = 141


def exit_code_of(work: Callable[[], Any]) -> int:
    """Do the work; a number it gives is its exit code."""
    try:
        code = work()
        sys.stdout.flush()
    except DomainError as error:
        print(escape_controls(f"lanner: {error.message} {error.hint}".rstrip()), file=sys.stderr)  # noqa: T201 - a command's own line
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        # What is left in the buffer has no reader; without this the interpreter would complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_BROKEN
    except Exception:  # noqa: BLE001 - a bug: everything that helps to find it is printed
        sys.stderr.write("".join(f"{escape_controls(line)}\n" for line in traceback.format_exc().rstrip("\n").split("\n")))
        return 1
    return code if isinstance(code, int) else 0


def run_in_child_process(work: Callable[[], Any]) -> None:
    """
    Do work in a short-lived process of its own, so that the libraries it needs leave this one's memory alone.

    Raises:
        click.exceptions.Exit: it failed and has said why.

    """
    sys.stdout.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        die_with_parent(parent)
        code = exit_code_of(work)
        sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise click.exceptions.Exit(abs(code))
