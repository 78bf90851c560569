"""The metrics in SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.tables import counts, fetches, workers
from adapters.sql.transaction import Transaction
from domain.fetches import FetchStatus, WaitingFor
from domain.metrics import Counted, Metrics
from domain.moments import CLOCK_SLACK

_DAY = 86_400.0


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

    def all(self) -> Metrics:
        grouped = select(fetches.c.status, fetches.c.waiting_for, func.count()).group_by(fetches.c.status, fetches.c.waiting_for)
        statuses: Counter[FetchStatus] = Counter()
        waits: Counter[WaitingFor] = Counter()
        for status, waiting_for, number in self.transaction.run(grouped):
            statuses[FetchStatus(status)] += number
            if waiting_for:
                waits[WaitingFor(waiting_for)] += number
        counted = {Counted(name): times for name, times in self.transaction.run(select(counts.c.name, counts.c.times))}
        return Metrics(fetches=statuses, waits=waits, counted=counted)

    def _upsert(self, table: Table, row: dict[str, Any], changes: dict[str, Any]) -> None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        inserted = dialect.insert(table).values(row)
        self.transaction.run(inserted.on_conflict_do_update(index_elements=[table.c.name], set_=changes))
