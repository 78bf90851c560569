"""The poller: finds due fetches in the store, so that no lost bell, no restart and no dead broker can keep one waiting."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from random import uniform
from threading import Event
from time import monotonic
from uuid import UUID

from domain.errors import StoreUnavailable

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 30.0
PATIENCE_SECONDS = 5.0
_BEAT_SECONDS = 5.0
_LIMIT = 200
_PRUNE_SECONDS = 600.0
_PRUNE_LIMIT = 500
_HANDS = 4
_SHORTEST_PAUSE_SECONDS = 0.1

Clock = Callable[[], float]
_Due = tuple[UUID, datetime]


class Poller:
    """
    Rings for due fetches; what nobody has begun after a while it does itself.

    Args:
        sweep: gives the due fetches, longest due first, and since when each is; one that was tried is due anew.
        ring: tells the workers of some; raises if it cannot.
        run: does a fetch; told whether the broker takes rings, so that what a worker died with can be left to processes
            which are replaced at once.
        beat: is called every few seconds in which sweeping works, with the number of sweeps since that found work.
        prune: removes a batch of what is not needed any more; tells whether there may be more.
        waited: is told for how many seconds a fetch was seen due while nothing was done for it here.
        again_seconds: after how long a ring that nobody has answered is taken for lost.
        together: of how many fetches the workers are told at once.
        quiet: tells for how long, at most so many seconds, there is nothing to sweep for.

    """

    def __init__(  # noqa: PLR0913 - what it does, piece by piece
        self,
        sweep: Callable[[int], Mapping[UUID, datetime]],
        *,
        notify: Callable[[Sequence[UUID]], object],
        run: Callable[[UUID, bool], object],
        beat: Callable[[int], object],
        prune: Callable[[int], bool],
        waited: Callable[[float], object],
        again_seconds: float = AGAIN_SECONDS,
        together: int = 1,
        quiet: Callable[[float], float] = float,
        clock: Clock = monotonic,
    ) -> None:
        self._sweep, self._ring, self._run, self._beat = sweep, notify, run, beat
        self._prune, self._waited, self._quiet = prune, waited, quiet
        self._again_seconds, self._together, self._clock = again_seconds, together, clock
        self._seen: dict[_Due, float] = {}
        self._rung: dict[_Due, float] = {}
        self._running: set[UUID] = set()
        self._hands = ThreadPoolExecutor(_HANDS, "own-hands")
        self._beaten = -_BEAT_SECONDS
        self._found, self._heard = 0, False
        self._prune_at = clock() + uniform(0, _PRUNE_SECONDS)  # noqa: S311 - not a secret
        self._trouble: type[Exception] | None = None

    def poll(self, seconds: float, stop: Event) -> None:
        """Sweep every so many seconds until told to stop; then finish what this runs itself."""
        while not stop.is_set():
            self.sweep()
            stop.wait(self._pause(seconds))
        self._hands.shutdown(cancel_futures=True)

    def sweep(self) -> None:
        """Look once; whatever goes wrong is told once in a row, and the next look begins afresh."""
        try:
            due = self._sweep(_LIMIT)
            now = self._clock()
            self._serve(due, now)
            self._tell_alive(now)
            self._tell_waiting(now)
            self._clean_up(now)
        except Exception as error:  # noqa: BLE001 - a poller that ends would leave every due fetch waiting
            self._tell_trouble(error)
        else:
            self._trouble = None

    def _pause(self, seconds: float) -> float:
        """Give the time until the next sweep: sooner than usual if a fetch that waits, say for a limit, is due sooner."""
        try:
            return max(min(seconds, _SHORTEST_PAUSE_SECONDS), self._quiet(seconds))
        except Exception as error:  # noqa: BLE001 - as for a sweep
            self._tell_trouble(error)
            return seconds

    def _tell_trouble(self, error: Exception) -> None:
        if type(error) is not self._trouble:
            if isinstance(error, StoreUnavailable):
                logger.warning("sweeps fail", extra={"reason": error.message})
            else:
                logger.error("sweep broke", exc_info=error)
        self._trouble = type(error)

    def _tell_alive(self, now: float) -> None:
        if now - self._beaten >= _BEAT_SECONDS:
            self._beat(self._found)
            self._beaten, self._found = now, 0

    def _tell_waiting(self, now: float) -> None:
        longest = now - min(self._seen.values(), default=now)
        self._waited(0.0 if self._running else longest)

    def _clean_up(self, now: float) -> None:
        if now >= self._prune_at:
            # The next turn is set first: a batch that fails must not be tried at every sweep.
            self._prune_at = now + _PRUNE_SECONDS
            if self._prune(_PRUNE_LIMIT):
                self._prune_at = now

    def _serve(self, due: Mapping[UUID, datetime], now: float) -> None:
        self._seen = {each: self._seen.get(each, now) for each in due.items()}
        self._rung = {each: self._rung[each] for each in due.items() if each in self._rung}
        wanting = [each for each in due.items() if each not in self._rung or now - self._rung[each] >= self._again_seconds]
        self._found += bool(wanting)
        for at in range(0, len(wanting), self._together):
            some = wanting[at : at + self._together]
            try:
                self._ring([fetch_id for fetch_id, _ in some])
                self._heard = True
            except Exception as error:  # noqa: BLE001 - whatever a broker's client raises, it has not taken the message
                self._heard = False
                logger.warning("broker unreachable", extra={"reason": type(error).__name__})
                break
            self._rung |= dict.fromkeys(some, now)
        # Also where the broker took the message: the others may all be held by one slow provider.
        self._begin([fetch_id for (fetch_id, _), seen in self._seen.items() if now - seen >= PATIENCE_SECONDS])

    def _begin(self, waiting: Sequence[UUID]) -> None:
        for fetch_id in waiting:
            if fetch_id not in self._running:
                self._running.add(fetch_id)
                self._hands.submit(self._do, fetch_id)

    def _do(self, fetch_id: UUID) -> None:
        try:
            self._run(fetch_id, self._heard)
        except Exception:
            logger.exception("fetch broke", extra={"fetch": str(fetch_id)})
        finally:
            self._running.discard(fetch_id)


def poll_or_exit(poll: Callable[[float, Event], object], seconds: float, stop: Event) -> None:
    """Poll until told to stop; should it end otherwise, end the process with 1, for whoever watches it to start another."""
    try:
        poll(seconds, stop)
    except BaseException:
        logger.exception("poller broke")
        raise
    finally:
        if not stop.is_set():
            logger.critical("poller lost")
            os._exit(1)
