"""Stopping a command: SIGTERM as Ctrl-C does, and both within seconds, whatever the command waits for."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from threading import Thread
from time import sleep
from types import FrameType

_SECONDS = 5.0


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def stop_on_signals(seconds: float = _SECONDS) -> None:
    """
    Raise Terminated in the main thread on SIGTERM; end the process if it has not ended so many seconds after that, or after Ctrl-C.

    A call of a library, such as a query, lets no exception through before it has returned.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.signal(signal.SIGTERM, _terminate)
    # Python writes the number of every signal it handles, a byte each, at once and whatever the main thread does.
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    Thread(target=_end_later, args=(told, seconds), name="told-to-stop", daemon=True).start()


def stopped_by(error: BaseException) -> int:
    """Return the number of the signal that an exception stands for; click raises another one from it."""
    return signal.SIGTERM if isinstance(error, Terminated) or isinstance(error.__cause__, Terminated) else signal.SIGINT


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _end_later(told: int, seconds: float) -> None:
    while (number := os.read(told, 1)[0]) not in (signal.SIGTERM, signal.SIGINT):
        pass
    sleep(seconds)
    with suppress(OSError):
        os.write(sys.stderr.fileno(), b"lanner: stopped.\n")
    os._exit(128 + number)
