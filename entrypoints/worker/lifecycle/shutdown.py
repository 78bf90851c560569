"""How a worker ends: told to, it finishes what it can and gives the rest back; stuck, it goes with 1 for another to be started."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Event, RLock, Thread

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
_RELEASE_SECONDS = 3.0
_LOOK_SECONDS = 1.0
_IDLE_LOOKS = 10
_MANY = 256
# Whoever is told to end twice ends once; again in the same thread means that a signal interrupted it.
_ending = RLock()


def cut_after(stop: Event, seconds: float, release: Callable[[], object]) -> None:
    """Once told to stop and so many seconds later, give back what still runs and end the process with 0; returns at once."""

    def wait() -> None:
        stop.wait()
        time.sleep(seconds)
        give_back_and_exit(release)

    Thread(target=wait, name="cut", daemon=True).start()


def give_back_and_exit(release: Callable[[], object]) -> None:
    """Release within a few seconds, and end the process with 0: what was not released its lease covers."""
    with _ending:
        releasing = Thread(target=_tried, args=(release,), name="release", daemon=True)
        releasing.start()
        releasing.join(_RELEASE_SECONDS)
        os._exit(os.EX_OK)


class ShutdownPipe:
    """A pipe to processes that are forked later, through which they are told to release what they run and exit."""

    def __init__(self) -> None:
        self._reading_end, self._writing_end = os.pipe()

    def listen(self, release: Callable[[], object]) -> None:
        """Listen in a thread of this process, and heed SIGTERM: the pool sends it as soon as another process has gone."""

        def wait_for_signal() -> None:
            if os.read(self._reading_end, 1):
                give_back_and_exit(release)

        signal.signal(signal.SIGTERM, lambda *_: give_back_and_exit(release))
        Thread(target=wait_for_signal, name="shutdown-pipe", daemon=True).start()

    def signal_all(self, processes: Callable[[], Collection[object]]) -> None:
        """Tell all of them, and wait until they are gone."""
        os.write(self._writing_end, bytes(_MANY))
        end = time.monotonic() + _RELEASE_SECONDS
        while processes() and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS / 20)


def exit_if_stuck(waited: Callable[[], float], is_idle: Callable[[], bool], stop: Event, *, look_seconds: float = _LOOK_SECONDS) -> None:
    """
    Watch until told to stop: should a due fetch have waited a minute while this worker does nothing, end the process with 1.

    Args:
        waited: for how many seconds the longest due fetch was seen to be so.
        is_idle: whether nothing runs; idle moments between two fetches do not count.

    """
    idle = 0
    while not stop.wait(look_seconds):
        idle = idle + 1 if is_idle() and waited() >= PATIENCE_SECONDS else 0
        if idle >= _IDLE_LOOKS:
            logger.critical("worker stuck", extra={"oldest_due_seconds": round(waited())})
            os._exit(1)


def _tried(release: Callable[[], object]) -> None:
    with suppress(Exception):
        release()
