"""The quotas of clients in SQL: a row for each limit of a client, locked while it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.tables import quotas
from adapters.sql.transaction import Transaction
from domain.providers import Limit
from domain.quotas import take_token, wait_for_token


@dataclass(frozen=True, slots=True)
class SqlQuotaRepository:
    """The quotas of a transaction."""

    transaction: Transaction

    def take(self, client: str, limits: Sequence[Limit]) -> float:
        # In a fixed order, so that two requests of a client cannot deadlock.
        full_at = {limit: self._locked(client, limit) for limit in sorted(limits, key=lambda limit: (limit.seconds, limit.calls))}
        now = self.transaction.time().timestamp()
        waiting = max((wait_for_token(moment, limit, now) for limit, moment in full_at.items()), default=0.0)
        for limit, moment in full_at.items() if not waiting else ():
            changed = update(quotas).where(*_is(client, limit)).values(full_at=take_token(moment, limit, now))
            self.transaction.run(changed)
        return waiting

    def forget(self, limit: int) -> int:
        now = self.transaction.time().timestamp()
        name = tuple_(quotas.c.client, quotas.c.calls, quotas.c.seconds)
        whole = select(quotas.c.client, quotas.c.calls, quotas.c.seconds).where(quotas.c.full_at < now).limit(limit)
        return self.transaction.run(delete(quotas).where(name.in_(whole))).rowcount

    def _locked(self, client: str, limit: Limit) -> float:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        first = {"client": client, "calls": limit.calls, "seconds": limit.seconds, "full_at": 0.0}
        self.transaction.run(dialect.insert(quotas).values(first).on_conflict_do_nothing())
        full_at: float = self.transaction.run(select(quotas.c.full_at).where(*_is(client, limit)).with_for_update()).scalar_one()
        return full_at


def _is(client: str, limit: Limit) -> tuple[ColumnElement[bool], ...]:
    return quotas.c.client == client, quotas.c.calls == limit.calls, quotas.c.seconds == limit.seconds
