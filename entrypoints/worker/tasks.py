"""The worker's one task, and how its bell is rung from inside the worker."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from threading import current_thread, main_thread
from typing import Any
from uuid import UUID

from celery import Celery
from structlog.contextvars import bound_contextvars

from domain.errors import FetchNotFound, SourceTimedOut, StoreUnavailable
from domain.fetches import FetchStatus
from domain.use_cases import UseCases
from entrypoints.worker.gate import Gate

logger = logging.getLogger(__name__)

TASK = "lanner.fetch_dataset"
QUEUE = "fetch"
_CONFIRM_SECONDS = 2
_EXPIRES_SECONDS = 60


def register(app: Celery, use_cases: UseCases, ended: Callable[[UUID], object], gate: Gate) -> None:
    """Let the application do fetches; ``ended`` is told of each one that was tried."""

    # A shared task would also be every other application's in this process.
    @app.task(name=TASK, shared=False)
    def fetch_dataset(fetch_id: str) -> None:
        try:
            wanted = UUID(fetch_id)
        except (ValueError, AttributeError, TypeError):
            logger.warning("message ignored", extra={"reason": "its argument is not a fetch's id"})
            return
        if app.conf.task_soft_time_limit and current_thread() is main_thread():
            # In place of the pool's own exception, which would pass for a fault in the answer.
            signal.signal(signal.SIGUSR1, _time_out)
        run(use_cases, wanted, gate)
        ended(wanted)


def run(use_cases: UseCases, fetch_id: UUID, gate: Gate) -> None:
    """Do a fetch, its request's id in every log line; what the store's absence prevents is left to a later sweep."""
    try:
        fetch = use_cases.follow_fetches(fetch_id)
        lost_a_worker = fetch.crashes > 0 or fetch.status is FetchStatus.RUNNING
        with bound_contextvars(request_id=fetch.request_id, fetch=str(fetch_id)), gate.passing(alone=lost_a_worker):
            use_cases.fetch_dataset(fetch_id)
    except (StoreUnavailable, FetchNotFound) as error:
        logger.warning("fetch not run", extra={"fetch": str(fetch_id), "reason": error.message})


def ring(app: Celery, fetch_id: UUID) -> None:
    """Send the task's message, waiting a few seconds at most; raises whatever the broker's client raises."""
    app.send_task(TASK, (str(fetch_id),), queue=QUEUE, expires=_EXPIRES_SECONDS, retry=False, confirm_timeout=_CONFIRM_SECONDS)


def _time_out(*_: Any) -> None:
    raise SourceTimedOut("The fetch took much longer than LANNER_FETCH_DEADLINE_SECONDS allows, and was cut.")
