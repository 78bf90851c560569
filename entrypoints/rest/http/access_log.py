"""The access log: one line for each completed request, which is also counted."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

from entrypoints.rest.http.request_metrics import REQUESTS, Completed

logger = logging.getLogger(__name__)

#: Requested by monitoring every few seconds, so logged at debug level.
_PROBES = ("/healthz", "/readyz", "/metrics")
_SECONDS = 0.05
_MAX_QUEUED = 1000


class AccessLog:
    """
    Writes the lines of some hundredths of a second together, and counts their requests, from a thread of its own.

    Written one by one, between responses, they take a sixth of a busy process's time. A process that shuts down writes the last lines
    first; only one that is killed loses them.
    """

    def __init__(self) -> None:
        self._queue = deque[tuple[Mapping[str, Any], Completed]]()
        self._writer = ThreadPoolExecutor(1, "access-lines")
        self._due = False

    def add(self, facts: Mapping[str, Any], completed: Completed) -> None:
        """Queue a request's ``path`` and other facts; where the log is slower than the requests, block until it is written."""
        self._queue.append((facts, completed))
        if len(self._queue) > _MAX_QUEUED:
            self._write()
        elif not self._due:
            # Two threads may both get here: then one of two writers finds an empty queue.
            self._due = True
            try:
                self._writer.submit(self._write_later)
            except RuntimeError:  # no thread can be started, or the process is shutting down
                self._due = False
                self._write()

    def _write_later(self) -> None:
        sleep(_SECONDS)
        # Requests that complete from here on schedule the next write.
        self._due = False
        self._write()

    def _write(self) -> None:
        requests: list[Mapping[str, Any]] = []
        probes: list[Mapping[str, Any]] = []
        counted: list[Completed] = []
        while self._queue:
            try:
                facts, completed = self._queue.popleft()
            except IndexError:  # another thread was faster
                break
            counted.append(completed)
            (probes if facts["path"] in _PROBES else requests).append(facts)
        REQUESTS.add(counted)
        for level, each in ((logging.INFO, requests), (logging.DEBUG, probes)):
            if each:
                logger.log(level, "request", extra={"each": each})
