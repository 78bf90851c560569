"""Notifications over Celery: a task sent by name from a thread of its own, so that no broker can slow or fail a request."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from queue import Empty, Full, Queue
from threading import Lock, Thread
from typing import Any
from uuid import UUID

logger = logging.getLogger(__name__)

TASK = "lanner.fetch_dataset"
QUEUE = "fetch"
_CAPACITY = 10_000
_BATCH_SIZE = 16
_BATCH_INTERVAL_SECONDS = 0.04
_IDLE_SECONDS = 5
_CONFIRM_SECONDS = 2
_EXPIRES_SECONDS = 60
_COOLDOWN_SECONDS = 1.0
# Without these, closing the connection to a hanging broker would block for ever.
_SOCKET_TIMEOUTS = {"read_timeout": 4, "write_timeout": 4}


class CeleryDispatcher:
    """
    Queues fetches' ids; one thread sends them to the broker.

    The first notification in a while is sent at once; those that follow closely are batched, since a message costs the worker as much as
    a short fetch. Notifications are dropped while the queue is full, and for a moment after a failure to reach the broker.
    """

    def __init__(self, broker_url: str) -> None:
        self._broker_url = broker_url
        self._waiting: Queue[UUID] = Queue(_CAPACITY)
        self._lock = Lock()
        self._running = False
        self._app: Any = None
        self._next_at = self._cooldown_until = 0.0
        self.broker_reachable: bool | None = None

    def notify(self, fetch_id: UUID) -> None:
        try:
            self._waiting.put_nowait(fetch_id)
        except Full:
            logger.warning("notification dropped", extra={"fetch": str(fetch_id)})
            return
        with self._lock:
            if not self._running:
                self._running = True
                Thread(target=self._send_all, name="dispatcher", daemon=True).start()

    def _send_all(self) -> None:
        while True:
            try:
                first = self._waiting.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._running = False
                        return
                continue
            if self._waiting.qsize() < _BATCH_SIZE:
                time.sleep(max(0.0, self._next_at - time.monotonic()))
            self._send([first, *islice(self._others(), _BATCH_SIZE - 1)])
            self._next_at = time.monotonic() + _BATCH_INTERVAL_SECONDS

    def _others(self) -> Iterator[UUID]:
        with suppress(Empty):
            while True:
                yield self._waiting.get_nowait()

    def _send(self, fetch_ids: list[UUID]) -> None:
        if time.monotonic() < self._cooldown_until:
            return
        if self._app is None:
            self._app = _client(self._broker_url)
        try:
            self._app.send_task(
                TASK,
                tuple(map(str, fetch_ids)),
                queue=QUEUE,
                expires=_EXPIRES_SECONDS,
                retry=False,
                ignore_result=True,
                confirm_timeout=_CONFIRM_SECONDS,
            )
            self.broker_reachable = True
        except Exception as error:  # noqa: BLE001 - after any error of the broker's client, the poller finds the fetch
            self.broker_reachable = False
            self._cooldown_until = time.monotonic() + _COOLDOWN_SECONDS
            logger.warning("notification failed", extra={"fetches": len(fetch_ids), "reason": type(error).__name__})


def _client(broker_url: str) -> Any:
    from celery import Celery

    app = Celery("lanner", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        task_publish_retry=False,
        broker_connection_timeout=4,
        broker_transport_options={"confirm_publish": True, "max_retries": 0, **_SOCKET_TIMEOUTS},
    )
    return app
