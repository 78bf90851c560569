"""The consumer of the queue: takes it as the broker has it, and goes on trying while the broker is away or refuses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from amqp import Channel
from amqp.exceptions import NotFound
from celery.worker import consumer, state
from kombu import Exchange, Queue
from kombu.common import ignore_errors
from kombu.exceptions import OperationalError

from domain.outages import Outage
from entrypoints.worker.message_validation import ValidatingConsumer
from entrypoints.worker.tasks import QUEUE

logger = logging.getLogger(__name__)

_Blueprint: Any = consumer.Consumer.Blueprint
_TICK_SECONDS = 0.2
#: A connection that lasted so long had worked.
_LASTING_SECONDS = 30.0


def fetch_queue() -> Queue:
    """
    Return the queue.

    Its argument makes Celery set the prefetch for the consumer rather than for its channel, which quorum queues refuse; to classic ones it
    is the same.
    """
    return FetchQueue(QUEUE, routing_key=QUEUE, queue_arguments={"x-queue-type": "quorum"})


class FetchQueue(Queue):
    """The queue, declared only where there is none: an existing one may be of any type, and needs no right to configure it."""

    @property
    def exchange(self) -> Exchange:
        """The default exchange, to which every queue belongs by its name."""
        return Exchange("")

    @exchange.setter
    def exchange(self, _exchange: Exchange) -> None:
        """Keep it: Celery would set one that has to be declared."""

    def queue_declare(self, nowait: bool = False, passive: bool = False, channel: Any = None) -> str:  # noqa: FBT001, FBT002 - kombu's signature
        """Declare it as a classic queue, or of the type that the virtual host prefers, unless it is there."""
        channel = channel or self.channel
        if not _is_there(channel):
            channel.queue_declare(queue=self.name, passive=passive, durable=True, exclusive=False, auto_delete=False, nowait=nowait)
        return QUEUE


class FetchConsumer(ValidatingConsumer):
    """
    Celery's consumer, which neither ends nor fills the log while it cannot consume.

    Args:
        explain: returns a sentence about an error of the broker's client.
        report_consumers: called with 1 when messages are received, and with 0 when they no longer are.

    """

    class Blueprint(_Blueprint):  # type: ignore[misc] # the stubs do not say that it is a class
        """Celery's steps without the one that would declare exchanges for messages with a delay, of which there are none."""

        default_steps = tuple(step for step in _Blueprint.default_steps if not step.endswith(":DelayedDelivery"))

    def __init__(
        self, *arguments: Any, explain: Callable[[Exception], str], report_consumers: Callable[[int], object], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._explain, self._report_consumers = explain, report_consumers
        self._outage, self._ready_at = Outage(), 0.0
        # It would say the same again for each try.
        logging.getLogger(consumer.__name__).setLevel(logging.CRITICAL)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect to the first host that answers, after a pause if the last try failed."""
        while True:
            end = monotonic() + self._outage.seconds_left
            while (left := end - monotonic()) > 0:
                state.maybe_shutdown()
                sleep(min(left, _TICK_SECONDS))
            state.maybe_shutdown()
            try:
                return conn.ensure_connection(max_retries=max(len(conn.alt) - 1, 0), timeout=conn.connect_timeout * max(len(conn.alt), 1))
            except (OperationalError, *conn.connection_errors, *conn.channel_errors) as error:
                self._failed(error)
                ignore_errors(conn, conn.close)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Count a failure to connect."""
        self._failed(exc)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Count a lost connection or a refusal, and clean up after it."""
        if self._ready_at and monotonic() - self._ready_at >= _LASTING_SECONDS:
            self._outage.ended()
        self._failed(exc)
        super().on_connection_error_after_connected(exc)

    def on_ready(self) -> None:
        """Note that messages are received."""
        super().on_ready()
        self._ready_at = monotonic()
        self._report_consumers(1)
        if self._outage.failures:
            logger.info("messages received again")

    def _failed(self, error: Exception) -> None:
        self._report_consumers(0)
        # The first loss of a connection that lasted is followed by a try at once.
        pause = 0.0 if self._ready_at and not self._outage.failures else 1.0
        if self._outage.failed(pause=pause):
            logger.warning("no messages received", extra={"reason": self._explain(error)})


def _is_there(channel: Any) -> bool:
    if not isinstance(channel, Channel):
        # The broker in memory has one type of queue.
        return False
    # On a channel of its own, which the broker closes if there is none.
    probe = channel.connection.channel()
    try:
        probe.queue_declare(queue=QUEUE, passive=True)
    except NotFound:
        return False
    with suppress(OSError):
        probe.close()
    return True
