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
from urllib.parse import unquote, urlsplit
from uuid import UUID

from domain.outages import Outage

logger = logging.getLogger(__name__)

TASK = "lanner.fetch_dataset"
QUEUE = "fetch"
_CAPACITY = 10_000
_BATCH_SIZE = 16
_BATCH_INTERVAL_SECONDS = 0.04
_IDLE_SECONDS = 5
_CONFIRM_SECONDS = 2
_EXPIRES_SECONDS = 60
_CONNECT_SECONDS = 4
#: AMQP's reply codes.
_ACCESS_REFUSED, _NOT_ALLOWED = 403, 530
#: What each of RabbitMQ's rights permits; a message is sent through the default exchange.
_RIGHTS = {"Queue.declare": "configure", "Basic.consume": "read", "Basic.qos": "read", "Basic.publish": "write"}
# Without these, closing the connection to a hanging broker would block for ever.
_SOCKET_TIMEOUTS = {"read_timeout": 4, "write_timeout": 4}


class CeleryDispatcher:
    """
    Queues fetches' ids; one thread sends them to the broker.

    The first notification in a while is sent at once; those that follow closely are batched, since a message costs the worker as much as
    a short fetch. Notifications are dropped while the queue is full, and for a while after a failure to reach the broker.
    """

    def __init__(self, broker_url: str) -> None:
        self._broker_url = broker_url
        self._waiting: Queue[UUID] = Queue(_CAPACITY)
        self._lock = Lock()
        self._running = False
        self._app: Any = None
        self._next_at = 0.0
        self._outage = Outage()
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
        if self._outage.seconds_left:
            return
        if self._app is None:
            self._app = _client(self._broker_url)
        try:
            self._send_to_any_host(fetch_ids)
        except Exception as error:  # noqa: BLE001 - after any error of the broker's client, the poller finds the fetch
            self.broker_reachable = False
            if self._outage.failed():
                reason = explain_broker_error(error, self._broker_url)
                logger.warning("notification failed", extra={"fetches": len(fetch_ids), "reason": reason})
        else:
            self.broker_reachable = True
            if self._outage.ended():
                logger.info("notifications sent again")

    def _send_to_any_host(self, fetch_ids: list[UUID]) -> None:
        try:
            self._send_once(fetch_ids)
        except Exception:
            if ";" not in self._broker_url:
                raise
            # The connection was to a host that is gone; the next one may be to another.
            self._send_once(fetch_ids)

    def _send_once(self, fetch_ids: list[UUID]) -> None:
        self._app.send_task(
            TASK,
            tuple(map(str, fetch_ids)),
            queue=QUEUE,
            # The worker declares its queue: here that would need a further right, and fail for a queue of another type.
            declare=[],
            expires=_EXPIRES_SECONDS,
            retry=False,
            ignore_result=True,
            confirm_timeout=_CONFIRM_SECONDS,
        )


def explain_broker_error(error: Exception, broker_url: str) -> str:
    """Return a sentence that says why a broker took no message, or gave none, without its password."""
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    parts = [urlsplit(url) for url in broker_url.split(";")]
    place, user = " and ".join(part.netloc.rpartition("@")[2] for part in parts), unquote(parts[0].username or "guest")
    said = str(getattr(error, "reply_text", "") or "").partition(" - ")[2]
    code, method = getattr(error, "reply_code", None), getattr(error, "method_name", "") or ""
    if code == _ACCESS_REFUSED and "Login was refused" in said:
        return f"The broker at {place} refuses the user {user} or the password of LANNER_BROKER_URL."
    if code == _ACCESS_REFUSED:
        right = _RIGHTS.get(method)
        return f"The broker at {place} refuses the user {user} the right{f' to {right}' if right else ''}: {said}."
    if code == _NOT_ALLOWED:
        return f"The broker at {place} opens no virtual host of this name for the user {user}: {said}."
    if said:
        return f"The broker at {place} refuses {method or 'a request'}: {said}."
    reason = getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
    return f"The broker at {place} cannot be reached: {reason.rstrip('.')}."


def _client(broker_url: str) -> Any:
    from celery import Celery

    app = Celery("lanner", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        task_publish_retry=False,
        broker_connection_timeout=_CONNECT_SECONDS,
        broker_transport_options={"confirm_publish": True, **_tries(broker_url), **_SOCKET_TIMEOUTS},
    )
    return app


def _tries(broker_url: str) -> dict[str, int]:
    """Return the options with which each host is tried once."""
    others = broker_url.count(";")
    return {"max_retries": others, "connect_retries_timeout": _CONNECT_SECONDS * (others + 1)}
