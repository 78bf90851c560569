"""Processes that end when they are told to, and do not outlive the one that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from threading import Event, Thread

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """
    Ask Linux for SIGTERM when the parent process ends, however it ends; elsewhere this does nothing.

    Args:
        parent: its id, where it may have ended before this was called.

    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def hang_up_is_ignored() -> bool:
    """Return whether this process was started to outlive its terminal, as ``nohup`` does."""
    return signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def set_when_told_to_end(stopping: Event) -> None:
    """
    Set an event on SIGTERM or SIGINT, also if another handler handles the signal; call it from the main thread.

    A server in front of an application keeps its handlers, and waits for requests that might wait for long.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def watch() -> None:
        # Python writes the number of every signal it handles, a byte each.
        while not {signal.SIGTERM, signal.SIGINT} & set(os.read(told, 1)):
            pass
        stopping.set()

    Thread(target=watch, name="told-to-end", daemon=True).start()
