"""What the poller's process and the worker's main one tell each other."""

from __future__ import annotations

import multiprocessing
from time import monotonic
from typing import Any


class PollerReport:
    """
    Numbers of both, in memory shared with a process started later.

    Args:
        shared: whether the poller has a process of its own; if not, no shared memory is needed.

    Attributes:
        longest_wait: for how many seconds the longest due fetch has waited while the poller runs nothing.

    """

    def __init__(self, *, shared: bool = True) -> None:
        first = [0.0, monotonic(), 0.0]
        self._values: Any = multiprocessing.get_context("spawn").Array("d", first, lock=False) if shared else first

    @property
    def longest_wait(self) -> float:
        return float(self._values[0])

    def report_wait(self, seconds: float) -> None:
        """Set the longest wait."""
        self._values[0] = seconds

    def report_attempt(self) -> None:
        """Note that the poller has looked for work, or tried to."""
        self._values[1] = monotonic()

    def silence(self) -> float:
        """Return for how many seconds the poller has not reported an attempt."""
        return monotonic() - float(self._values[1])

    @property
    def consumers(self) -> float:
        """Return how many receive messages."""
        return float(self._values[2])

    def report_consumers(self, count: float) -> None:
        """Set how many receive messages."""
        self._values[2] = count
