"""How a worker exits: on a signal it finishes what it can and releases the rest; a stuck one exits with 1 to be restarted."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Event, RLock, Thread

logger = logging.getLogger(__name__)

STUCK_SECONDS = 60.0
_RELEASE_SECONDS = 3.0
_CHECK_SECONDS = 1.0
_STUCK_CHECKS = 10
_MANY = 256
# A second request to exit changes nothing; it is reentrant because a signal can interrupt the thread that holds it.
_exiting = RLock()


def exit_after_timeout(stop: Event, seconds: float, release: Callable[[], object]) -> None:
    """Start a thread that releases what still runs ``seconds`` after ``stop`` was set, and exits with 0."""

    def wait() -> None:
        stop.wait()
        time.sleep(seconds)
        release_and_exit(release)

    Thread(target=wait, name="exit-after-timeout", daemon=True).start()


def release_and_exit(release: Callable[[], object]) -> None:
    """Call ``release``, wait a few seconds at most, and exit with 0; leases that were not released expire."""
    with _exiting:
        releasing = Thread(target=_release_quietly, args=(release,), name="release", daemon=True)
        releasing.start()
        releasing.join(_RELEASE_SECONDS)
        os._exit(os.EX_OK)


class ShutdownPipe:
    """A pipe that makes processes forked later release what they run and exit."""

    def __init__(self) -> None:
        self._reading_end, self._writing_end = os.pipe()

    def listen(self, release: Callable[[], object]) -> None:
        """Listen in a thread, and handle SIGTERM, which the pool sends as soon as another process has exited."""

        def wait_for_signal() -> None:
            if os.read(self._reading_end, 1):
                release_and_exit(release)

        signal.signal(signal.SIGTERM, lambda *_: release_and_exit(release))
        Thread(target=wait_for_signal, name="shutdown-pipe", daemon=True).start()

    def signal_all(self, processes: Callable[[], Collection[object]]) -> None:
        """Signal all processes and wait until they have exited."""
        os.write(self._writing_end, bytes(_MANY))
        end = time.monotonic() + _RELEASE_SECONDS
        while processes() and time.monotonic() < end:
            time.sleep(_CHECK_SECONDS / 20)


def exit_if_stuck(  # noqa: PLR0913 - what it asks, piece by piece
    waited: Callable[[], float],
    is_idle: Callable[[], bool],
    stop: Event,
    *,
    silence: Callable[[], float] = float,
    end_others: Callable[[], object] = bool,
    check_seconds: float = _CHECK_SECONDS,
) -> None:
    """
    Check until ``stop`` is set; exit with 1 if a due fetch has waited a minute while nothing runs, or the poller has been silent as long.

    Args:
        waited: returns for how many seconds the longest due fetch has waited.
        is_idle: returns whether nothing runs.
        silence: returns for how many seconds the poller has told nothing: one that hangs tells no wait either.
        end_others: ends processes that would outlive this one.
        check_seconds: between two checks, of which ten in a row must find it so.

    """
    checks = 0
    while not stop.wait(check_seconds):
        is_stuck = silence() >= STUCK_SECONDS or (is_idle() and waited() >= STUCK_SECONDS)
        checks = checks + 1 if is_stuck else 0
        if checks >= _STUCK_CHECKS:
            logger.critical("worker stuck", extra={"oldest_due_seconds": round(waited()), "poller_silent_seconds": round(silence())})
            end_others()
            os._exit(1)


def _release_quietly(release: Callable[[], object]) -> None:
    with suppress(Exception):
        release()
