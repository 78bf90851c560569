"""Main of a child process: calls the functions its parent sends, within a memory limit, and exits with its parent."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

from adapters.provider_kit.child_process.channel import Channel
from domain.errors import AnswerNotUnderstood, DomainError

_SELDOM = 50_000
#: After such a peak much of it stays taken.
_SPENT_BYTES = 256_000_000
_UNIT_OF_PEAK = 1 if sys.platform == "darwin" else 1024


def main() -> int:
    """Serve the socket given by number until it is closed; return the exit code."""
    number, memory_bytes = map(int, sys.argv[1:])
    _keep_to(memory_bytes)
    # Linux inherits the peak of the parent process.
    spent = max(_SPENT_BYTES, _peak())
    channel = Channel(socket.socket(fileno=number))
    Thread(target=_exit_with, args=(number,), name="parent", daemon=True).start()
    logging.getLogger().addHandler(_ParentLogHandler(channel))
    while True:
        try:
            function, arguments = channel.receive()
        except (EOFError, OSError):
            return os.EX_OK
        outcome = _outcome(function, channel, arguments)
        try:
            channel.send(("done", outcome, not isinstance(outcome, MemoryError) and _peak() <= spent))
        except MemoryError as error:
            channel.send(("done", error, False))


def _keep_to(memory_bytes: int) -> None:
    for what, most in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))
    # The parent finishes what runs before it exits; this process exits with it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(_SELDOM)


def _exit_with(number: int) -> None:
    """Exit at once when the other end of the socket is closed."""
    closed = select.poll()
    closed.register(number, 0)
    closed.poll()
    os._exit(os.EX_OK)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT_OF_PEAK


def _outcome(function: Callable[..., Any], channel: Channel, arguments: tuple[Any, ...]) -> Any:
    asking = Lock()

    def ask(*positional: Any, **named: Any) -> Any:
        with asking:
            channel.send(("ask", positional, named))
            answer = channel.receive()
        if isinstance(answer, DomainError):
            raise answer
        return answer

    try:
        return function(ask, *arguments)
    except MemoryError:
        return MemoryError()
    except Exception as error:  # noqa: BLE001 - it is raised again where the function was called from
        return _sendable(error)


def _sendable(error: Exception) -> Exception:
    if not isinstance(error, DomainError):
        error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was made here
    except Exception:  # noqa: BLE001 - whatever somebody's error needs to be made
        return AnswerNotUnderstood(f"The data source broke on this answer ({type(error).__name__}).")
    return error


class _ParentLogHandler(logging.Handler):
    """Send log records to the parent process."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        told = {"name": record.name, "levelno": record.levelno, "levelname": record.levelname, "msg": record.getMessage()}
        own = {name: value for name, value in record.__dict__.items() if isinstance(value, str | int | float)}
        self._channel.send(("log", {**own, **told}))


if __name__ == "__main__":
    sys.exit(main())
