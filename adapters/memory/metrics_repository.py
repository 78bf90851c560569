"""The metrics in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from adapters.memory.state import Clock, State
from domain.metrics import Counted, FetchDurations, Metrics
from domain.moments import is_ahead

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MemoryMetricsRepository:
    """The metrics of a state."""

    state: State
    clock: Clock

    def heartbeat(self, worker: str, *, consumes: bool = True) -> None:
        now, beats = self.clock(), self.state.heartbeats
        self.state.heartbeats = {name: beat for name, beat in beats.items() if now - beat[0] < _DAY} | {worker: (now, consumes)}

    def workers(self, seconds: float) -> tuple[int, int]:
        now = self.clock()
        since = now - timedelta(seconds=seconds)
        found = [consumes for seen, consumes in self.state.heartbeats.values() if seen > since and not is_ahead(seen, now)]
        return len(found), sum(found)

    def count(self, what: Counted, times: int = 1) -> None:
        self.state.counts[what] = self.state.counts.get(what, 0) + times

    def add_durations(self, taken: FetchDurations) -> None:
        known = self.state.durations
        added = {of: [a + b for a, b in zip(known.get(of, [0.0] * len(new)), new, strict=True)] for of, new in taken.items()}
        self.state.durations = {**known, **added}

    def all(self) -> Metrics:
        fetches = self.state.fetches.values()
        return Metrics(
            fetches=Counter(fetch.status for fetch in fetches),
            waits=Counter(fetch.waiting_for for fetch in fetches if fetch.waiting_for),
            counted=dict(self.state.counts),
            durations=self.state.durations,
        )
