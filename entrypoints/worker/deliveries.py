"""Delivers what is due for webhooks, beside the poller: no receiver keeps a fetch waiting."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread

from domain.errors import DomainError
from domain.use_cases.deliver_events import DeliverEvents

logger = logging.getLogger(__name__)

_THREADS = 4


class Deliveries:
    """
    Serves several webhooks at once, each in a thread; those without due events cost one small query a poll.

    Args:
        deliver_events: the use case of this process.

    """

    def __init__(self, deliver_events: DeliverEvents) -> None:
        self._deliver_events = deliver_events
        self._executor = ThreadPoolExecutor(_THREADS, "deliveries")
        self._running: set[Future[None]] = set()
        self._last_error: type[Exception] | None = None

    def start(self, seconds: float, stop: Event) -> None:
        """Poll every ``seconds`` in a thread until ``stop`` is set; then end what is being sent."""
        Thread(target=self._run, args=(seconds, stop), name="deliveries-poll", daemon=True).start()
        Thread(target=self._end, args=(stop,), name="deliveries-end", daemon=True).start()

    def poll_once(self) -> None:
        """Have one more thread deliver if anything is due; log an error unless the previous one was the same."""
        self._running = {each for each in self._running if not each.done()}
        try:
            if len(self._running) < _THREADS and self._deliver_events.has_due():
                self._running.add(self._executor.submit(self._deliver_all))
        except Exception as error:  # noqa: BLE001 - as for the poller: a loop that ends would leave everything untold
            self._log(error)

    def _run(self, seconds: float, stop: Event) -> None:
        while not stop.wait(seconds):
            self.poll_once()

    def _end(self, stop: Event) -> None:
        stop.wait()
        self._deliver_events.stop()
        self._executor.shutdown(cancel_futures=True)

    def _deliver_all(self) -> None:
        try:
            while not self._deliver_events.stopping.is_set() and self._deliver_events():
                self._last_error = None
        except Exception as error:  # noqa: BLE001 - as above
            self._log(error)

    def _log(self, error: Exception) -> None:
        if type(error) is not self._last_error:
            if isinstance(error, DomainError):
                logger.warning("webhooks not told", extra={"reason": error.message})
            else:
                logger.error("unhandled error", exc_info=error, extra={"in": "deliveries"})
        self._last_error = type(error)
