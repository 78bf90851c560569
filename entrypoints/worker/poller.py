"""The poller finds due fetches in the store, so that a lost message, a restart or a dead broker delays none for long."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from random import uniform
from threading import Event
from time import monotonic
from uuid import UUID

from domain.errors import StoreUnavailable
from domain.outages import Outage

logger = logging.getLogger(__name__)

RENOTIFY_SECONDS = 30.0
RUN_HERE_SECONDS = 5.0
_HEARTBEAT_SECONDS = 5.0
_LIMIT = 200
_MOST_BATCHES = 20
_PRUNE_SECONDS = 600.0
_PRUNE_LIMIT = 500
_WATCH_SECONDS = 5.0
_THREADS = 4
_SHORTEST_PAUSE_SECONDS, _SHORT_PAUSE_SECONDS = 0.1, 0.25

Clock = Callable[[], float]
_Due = tuple[UUID, datetime]


class Poller:
    """
    Notifies the workers of due fetches, and runs a fetch itself if no worker has begun it after a while.

    Args:
        find_due: returns due fetches up to a limit, longest due first, with the time at which each became due; a fetch that
            was tried becomes due anew.
        notify: sends workers the ids of some; raises if it cannot.
        run: runs a fetch; its second argument is whether the broker is reachable, so that a fetch whose worker died can be
            left to pool processes, which are replaced at once.
        heartbeat: called every few seconds while polling works, with the number of polls since the last call that found work.
        prune: deletes a batch of what is not needed any more; returns whether there may be more.
        report_wait: called with the seconds for which the longest due fetch has waited while nothing runs here.
        report_attempt: called after each attempt to find work, also one that failed: a poller that tells nothing hangs.
        renotify_seconds: after how long an unanswered notification is taken for lost.
        batch_size: how many fetches one notification names.
        seconds_until_due: returns the seconds until the next fetch is due, at most its argument.
        ask_due: requests fetches of a batch of followed series whose time has come; returns whether there may be more.
        watch: compares a batch of what has arrived with what should agree with it; called every few seconds, and again at the next
            poll while it returns that there may be more.
        explain: returns a sentence about an error of the broker's client.

    """

    def __init__(  # noqa: PLR0913 - what it does, piece by piece
        self,
        find_due: Callable[[int], Mapping[UUID, datetime]],
        *,
        notify: Callable[[Sequence[UUID]], object],
        run: Callable[[UUID, bool], object],
        heartbeat: Callable[[int], object],
        prune: Callable[[int], bool],
        report_wait: Callable[[float], object],
        report_attempt: Callable[[], object] = bool,
        renotify_seconds: float = RENOTIFY_SECONDS,
        batch_size: int = 1,
        seconds_until_due: Callable[[float], float] = float,
        ask_due: Callable[[], bool] = bool,
        watch: Callable[[], bool] = bool,
        explain: Callable[[Exception], str] = repr,
        clock: Clock = monotonic,
    ) -> None:
        self._find_due, self._notify, self._run, self._heartbeat = find_due, notify, run, heartbeat
        self._prune, self._report_wait, self._seconds_until_due = prune, report_wait, seconds_until_due
        self._ask_due, self._watch, self._report_attempt = ask_due, watch, report_attempt
        self._explain, self._outage = explain, Outage(clock=clock)
        self._renotify_seconds, self._batch_size, self._clock = renotify_seconds, batch_size, clock
        self._due_since: dict[_Due, float] = {}
        self._notified_at: dict[_Due, float] = {}
        self._running: set[UUID] = set()
        self._executor = ThreadPoolExecutor(_THREADS, "poller-fetch")
        self._last_heartbeat = -_HEARTBEAT_SECONDS
        self._found, self._broker_reachable = 0, False
        self._next_prune = clock() + uniform(0, _PRUNE_SECONDS)  # noqa: S311 - not a secret
        self._next_watch = clock()
        self._last_error: type[Exception] | None = None

    def poll(self, seconds: float, stop: Event) -> None:
        """Poll every ``seconds`` until ``stop`` is set; then finish what runs here."""
        while not stop.is_set():
            self.poll_once()
            stop.wait(self._pause(seconds))
        self._executor.shutdown(cancel_futures=True)

    def poll_once(self) -> None:
        """Poll once; log an error unless the previous poll had the same."""
        done = [self._try(step) for step in (partial(_repeat, self._ask_due), self._poll_fetches, self._watch_if_due)]
        if all(done):
            self._last_error = None

    def _poll_fetches(self) -> None:
        due = self._find_due(_LIMIT)
        now = self._clock()
        self._notify_or_run(due, now)
        self._send_heartbeat(now)
        self._report_longest_wait(now)
        self._prune_if_due(now)

    def _try(self, step: Callable[[], object]) -> bool:
        try:
            try:
                step()
            finally:
                self._report_attempt()
        except Exception as error:  # noqa: BLE001 - a poller that ends would leave every due fetch waiting
            self._log_error(error)
            return False
        return True

    def _pause(self, seconds: float) -> float:
        """Return the seconds until the next poll: fewer than usual if a waiting fetch is due sooner and that is worth a query."""
        if seconds <= _SHORT_PAUSE_SECONDS:
            return seconds
        try:
            return max(_SHORTEST_PAUSE_SECONDS, self._seconds_until_due(seconds))
        except Exception as error:  # noqa: BLE001 - as above
            self._log_error(error)
            return seconds

    def _log_error(self, error: Exception) -> None:
        if type(error) is not self._last_error:
            if isinstance(error, StoreUnavailable):
                logger.warning("poll failed", extra={"reason": error.message})
            else:
                logger.error("unhandled error", exc_info=error, extra={"in": "poller"})
        self._last_error = type(error)

    def _send_heartbeat(self, now: float) -> None:
        if now - self._last_heartbeat >= _HEARTBEAT_SECONDS:
            self._heartbeat(self._found)
            self._last_heartbeat, self._found = now, 0

    def _report_longest_wait(self, now: float) -> None:
        longest = now - min(self._due_since.values(), default=now)
        self._report_wait(0.0 if self._running else longest)

    def _prune_if_due(self, now: float) -> None:
        if now >= self._next_prune:
            # Set first, so that a batch that fails is not tried again at every poll.
            self._next_prune = now + _PRUNE_SECONDS
            if self._prune(_PRUNE_LIMIT):
                self._next_prune = now

    def _watch_if_due(self) -> None:
        now = self._clock()
        if now >= self._next_watch:
            # Each fetch has compared what it brought: this finds what only time changes, and what a worker that died has left.
            self._next_watch = now + _WATCH_SECONDS
            if _repeat(self._watch):
                self._next_watch = now

    def _notify_or_run(self, due: Mapping[UUID, datetime], now: float) -> None:
        self._due_since = {each: self._due_since.get(each, now) for each in due.items()}
        self._notified_at = {each: self._notified_at[each] for each in due.items() if each in self._notified_at}
        wanting = [each for each in due.items() if each not in self._notified_at or now - self._notified_at[each] >= self._renotify_seconds]
        self._found += bool(wanting)
        if not self._outage.seconds_left:
            self._notify_of(wanting, now)
        # Also where the broker took the message: the others may all be held by one slow provider.
        self._run_here([fetch_id for (fetch_id, _), seen in self._due_since.items() if now - seen >= RUN_HERE_SECONDS])

    def _notify_of(self, wanting: Sequence[_Due], now: float) -> None:
        for at in range(0, len(wanting), self._batch_size):
            some = wanting[at : at + self._batch_size]
            try:
                self._notify([fetch_id for fetch_id, _ in some])
            except Exception as error:  # noqa: BLE001 - whatever a broker's client raises, it has not taken the message
                self._broker_reachable = False
                if self._outage.failed():
                    logger.warning("broker unreachable", extra={"reason": self._explain(error)})
                return
            self._broker_reachable = True
            self._outage.ended()
            self._notified_at |= dict.fromkeys(some, now)

    def _run_here(self, waiting: Sequence[UUID]) -> None:
        for fetch_id in waiting:
            if fetch_id not in self._running:
                self._running.add(fetch_id)
                self._executor.submit(self._run_one, fetch_id)

    def _run_one(self, fetch_id: UUID) -> None:
        try:
            self._run(fetch_id, self._broker_reachable)
        except Exception:
            logger.exception("unhandled error in fetch", extra={"fetch": str(fetch_id)})
        finally:
            self._running.discard(fetch_id)


def _repeat(batch: Callable[[], bool]) -> bool:
    """Do batches until there are no more, or many are done; return whether there may be more."""
    return all(batch() for _ in range(_MOST_BATCHES))


def poll_or_exit(poll: Callable[[float, Event], object], seconds: float, stop: Event) -> None:
    """Poll until ``stop`` is set; if polling ends otherwise, exit with 1 so that a supervisor starts another process."""
    try:
        poll(seconds, stop)
    except BaseException:
        logger.exception("unhandled error", extra={"in": "poller"})
        raise
    finally:
        if not stop.is_set():
            logger.critical("poller exited")
            os._exit(1)
