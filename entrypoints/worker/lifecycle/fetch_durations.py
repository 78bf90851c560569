"""How long the fetches of a worker's processes take, until its poller has stored that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.fetches import FetchStatus
from domain.metrics import FETCH_SECONDS, FetchDurations
from entrypoints.histograms import SharedHistograms


class FetchDurationCounts:
    """The durations of one worker; each of its processes has its part."""

    def __init__(self) -> None:
        self._histograms = SharedHistograms(FETCH_SECONDS)
        self._stored: FetchDurations = {}

    def memory(self, processes: int) -> Any:
        """Return memory for so many processes, as ``SharedHistograms`` has it."""
        return self._histograms.memory(processes)

    def join(self, memory: Any, part: int) -> None:
        """Count in a part of what other processes count in, too."""
        self._histograms.join(memory, part)

    def add(self, provider: str, status: FetchStatus, seconds: float) -> None:
        """Count a fetch."""
        self._histograms.add([((provider, status.value), seconds)])

    @contextmanager
    def to_store(self) -> Iterator[FetchDurations]:
        """Give what is to be stored, which counts as stored unless the block raises."""
        totals, none = self._histograms.totals(), [0.0] * (len(FETCH_SECONDS) + 2)
        changes = {of: [a - b for a, b in zip(now, self._stored.get(of, none), strict=True)] for of, now in totals.items()}
        yield {of: change for of, change in changes.items() if any(change)}
        self._stored = totals
