"""The metrics in SQL."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.tables import counts, durations, fetches, workers
from adapters.sql.transaction import Transaction
from domain.fetches import FetchStatus, WaitingFor
from domain.metrics import FETCH_SECONDS, Counted, FetchDurations, Metrics
from domain.moments import CLOCK_SLACK

_DAY = 86_400.0
_SUM = "sum"
_BOUNDS = (*(f"{bound:g}" for bound in FETCH_SECONDS), "inf", _SUM)


@dataclass(frozen=True, slots=True)
class SqlMetricsRepository:
    """The metrics of a transaction."""

    transaction: Transaction

    def heartbeat(self, worker: str, *, consumes: bool = True) -> None:
        seen = {"seen_at": self.transaction.now(), "consumes": consumes}
        self._upsert(workers, {"name": worker, **seen}, seen)
        self.transaction.run(delete(workers).where(workers.c.seen_at < self.transaction.later(-_DAY)))

    def workers(self, seconds: float) -> tuple[int, int]:
        later = self.transaction.later
        found = select(func.count(), func.count().filter(workers.c.consumes))
        lively = found.where(workers.c.seen_at > later(-seconds), workers.c.seen_at <= later(CLOCK_SLACK.total_seconds()))
        all_of_them, consuming = self.transaction.run(lively).one()
        return all_of_them, consuming

    def count(self, what: Counted, times: int = 1) -> None:
        self._upsert(counts, {"name": what.value, "times": times}, {"times": counts.c.times + times})

    def add_durations(self, taken: FetchDurations) -> None:
        # In one order, so that two workers wait for each other rather than crosswise.
        rows = [
            {"provider": provider, "status": status, "bound": bound, "total": number}
            for (provider, status), numbers in sorted(taken.items())
            for bound, number in zip(_BOUNDS, numbers, strict=True)
            if number
        ]
        if rows:
            added = self._insert(durations).values(rows)
            total = {"total": durations.c.total + added.excluded.total}
            self.transaction.run(added.on_conflict_do_update(index_elements=list(durations.primary_key), set_=total))

    def all(self) -> Metrics:
        grouped = select(fetches.c.status, fetches.c.waiting_for, func.count()).group_by(fetches.c.status, fetches.c.waiting_for)
        statuses: Counter[FetchStatus] = Counter()
        waits: Counter[WaitingFor] = Counter()
        for status, waiting_for, number in self.transaction.run(grouped):
            statuses[FetchStatus(status)] += number
            if waiting_for:
                waits[WaitingFor(waiting_for)] += number
        counted = {Counted(name): times for name, times in self.transaction.run(select(counts.c.name, counts.c.times))}
        return Metrics(fetches=statuses, waits=waits, counted=counted, durations=self._durations())

    def _durations(self) -> FetchDurations:
        found: dict[tuple[str, ...], list[float]] = {}
        for provider, status, bound, total in self.transaction.run(select(*durations.c)):
            # Another version may have had other bounds.
            place = -1 if bound == _SUM else bisect_left(FETCH_SECONDS, float(bound))
            found.setdefault((provider, status), [0.0] * len(_BOUNDS))[place] += total
        return found

    def _upsert(self, table: Table, row: dict[str, Any], changes: dict[str, Any]) -> None:
        inserted = self._insert(table).values(row)
        self.transaction.run(inserted.on_conflict_do_update(index_elements=[table.c.name], set_=changes))

    def _insert(self, table: Table) -> Any:
        return (postgresql if self.transaction.on_postgres else sqlite).insert(table)
