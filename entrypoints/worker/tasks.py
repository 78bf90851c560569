"""The worker's one task, and how its bell is rung from inside the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from celery import Celery
from structlog.contextvars import bound_contextvars

from domain.errors import FetchNotFound, StoreUnavailable
from domain.use_cases import UseCases

logger = logging.getLogger(__name__)

TASK = "lanner.fetch_dataset"
QUEUE = "fetch"
_CONFIRM_SECONDS = 2
_EXPIRES_SECONDS = 60


def register(app: Celery, use_cases: UseCases, ended: Callable[[UUID], object]) -> None:
    """Let the application do fetches; ``ended`` is told of each one that was tried."""

    # A shared task would also be every other application's in this process.
    @app.task(name=TASK, shared=False)
    def fetch_dataset(fetch_id: str) -> None:
        try:
            wanted = UUID(fetch_id)
        except (ValueError, AttributeError, TypeError):
            logger.warning("message ignored", extra={"reason": "its argument is not a fetch's id"})
            return
        run(use_cases, wanted)
        ended(wanted)


def run(use_cases: UseCases, fetch_id: UUID) -> None:
    """Do a fetch, its request's id in every log line; what the store's absence prevents is left to a later sweep."""
    try:
        request_id = use_cases.follow_fetches(fetch_id).request_id
        with bound_contextvars(request_id=request_id, fetch=str(fetch_id)):
            use_cases.fetch_dataset(fetch_id)
    except (StoreUnavailable, FetchNotFound) as error:
        logger.warning("fetch not run", extra={"fetch": str(fetch_id), "reason": error.message})


def ring(app: Celery, fetch_id: UUID) -> None:
    """Send the task's message, waiting a few seconds at most; raises whatever the broker's client raises."""
    app.send_task(TASK, (str(fetch_id),), queue=QUEUE, expires=_EXPIRES_SECONDS, retry=False, confirm_timeout=_CONFIRM_SECONDS)
