"""Exit codes, and the line on standard error that says why a command failed."""

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
    """Return the exit code of ``work``: the number it returns, else 0; print its error, if any, and return that one's code."""
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
        code = exit_code_of(work)
        sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise click.exceptions.Exit(abs(code))
