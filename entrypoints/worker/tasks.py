"""The worker's only task, and how the worker itself sends its message."""

from __future__ import annotations

import logging
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Thread, current_thread, main_thread
from time import monotonic
from typing import Any
from uuid import UUID

from celery import Celery
from structlog.contextvars import bound_contextvars

from domain.errors import SourceTimedOut, StoreUnavailable
from domain.fetches import Fetch, FetchStatus
from domain.outages import Outage
from domain.use_cases import UseCases
from entrypoints.worker.lifecycle.isolation import IsolationLock

logger = logging.getLogger(__name__)

TASK = "lanner.fetch_dataset"
QUEUE = "fetch"
BATCH_SIZE, BATCH_SECONDS, SLOW_SECONDS = 16, 0.5, 0.1
_CONFIRM_SECONDS = 2
_EXPIRES_SECONDS = 60
_outage = Outage()


def register(app: Celery, use_cases: UseCases, isolation: IsolationLock) -> None:
    """Add the task to the application."""

    # A shared task would be added to every other application in this process, too.
    @app.task(name=TASK, shared=False)
    def fetch_dataset(*fetch_ids: str) -> None:
        if app.conf.task_soft_time_limit and current_thread() is main_thread():
            # In place of the pool's exception, which would be reported as an error in the answer.
            signal.signal(signal.SIGUSR1, _raise_timeout)
        run(use_cases, list(map(UUID, fetch_ids)), isolation, requeue=partial(notify, app))


def run(
    use_cases: UseCases,
    fetch_ids: Sequence[UUID],
    isolation: IsolationLock,
    *,
    requeue: Callable[[Sequence[UUID]], object],
    skip_suspects: bool = False,
) -> None:
    """
    Run fetches one after another, with the id of the request in their log lines.

    Fetches that wait behind a slow one, or for half a second, are sent to the queue again, one message each. If the store is
    unavailable, the poller finds them later.

    Args:
        isolation: runs a fetch whose last worker died alone in this process.
        requeue: sends ids to the queue.
        skip_suspects: leave out fetches whose last worker died.
    """
    try:
        waiting = deque(fetch for fetch in use_cases.follow_fetches.get_many(fetch_ids) if not fetch.ended)
        with _requeued(waiting, requeue):
            while fetch := _next(waiting):
                lost_a_worker = fetch.crashes > 0 or fetch.status is FetchStatus.RUNNING
                if skip_suspects and lost_a_worker:
                    continue
                with bound_contextvars(**_log_facts(fetch)), isolation.acquire(exclusive=lost_a_worker):
                    use_cases.fetch_dataset(fetch.id)
    except StoreUnavailable as error:
        logger.warning("fetches not run", extra={"fetches": len(fetch_ids), "reason": error.message})


def _log_facts(fetch: Fetch) -> dict[str, str]:
    trace = {"trace_id": fetch.traceparent.split("-")[1]} if fetch.traceparent else {}
    return {"request_id": fetch.request_id, "fetch": str(fetch.id), **trace}


def notify(app: Celery, fetch_ids: Sequence[UUID]) -> None:
    """Send the task's message within a few seconds; raises what the broker's client raises."""
    try:
        _send(app, fetch_ids)
    except Exception:
        if ";" not in str(app.conf.broker_url):
            raise
        # The connection was to a host that is gone; the next one may be to another.
        _send(app, fetch_ids)


def _send(app: Celery, fetch_ids: Sequence[UUID]) -> None:
    names = tuple(map(str, fetch_ids))
    # The consumer declares the queue.
    app.send_task(TASK, names, queue=QUEUE, declare=[], expires=_EXPIRES_SECONDS, retry=False, confirm_timeout=_CONFIRM_SECONDS)


@contextmanager
def _requeued(waiting: deque[Fetch], requeue: Callable[[Sequence[UUID]], object]) -> Iterator[None]:
    behind_first, done = len(waiting) - 1, Event()

    def watch() -> None:
        seen, until = behind_first, monotonic() + BATCH_SECONDS
        while not done.wait(SLOW_SECONDS):
            if len(waiting) == seen or monotonic() > until:
                _requeue(waiting, requeue)
                return
            seen = len(waiting)

    if behind_first > 0:
        Thread(target=watch, name="requeue", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _requeue(waiting: deque[Fetch], requeue: Callable[[Sequence[UUID]], object]) -> None:
    try:
        # One message each, so that all free workers share them while this one continues with the rest.
        while fetch := _next(waiting):
            requeue([fetch.id])
            _outage.ended()
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the poller finds the fetches
        if _outage.failed():
            logger.warning("notification failed", extra={"fetches": 1, "reason": type(error).__name__})


def _next(waiting: deque[Fetch]) -> Fetch | None:
    with suppress(IndexError):
        return waiting.popleft()
    return None


def _raise_timeout(*_: Any) -> None:
    raise SourceTimedOut("The fetch took much longer than LANNER_FETCH_DEADLINE_SECONDS allows and was stopped.")
