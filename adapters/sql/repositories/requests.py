"""The responses to requests with an idempotency key, in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.tables import requests, series
from adapters.sql.transaction import Transaction
from domain.errors import IdempotencyKeyReused
from domain.fetches import IdempotencyKey, RequestRecord


@dataclass(frozen=True, slots=True)
class SqlRequestRepository:
    """The stored responses of a transaction."""

    transaction: Transaction

    def begin(self, key: IdempotencyKey) -> RequestRecord | None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        row = {"owner": key.owner, "key": key.key, "digest": key.digest, "made_at": self.transaction.now()}
        known = select(requests.c.digest, series.c.id, requests.c.fetch, requests.c.created).join(series).where(*_is(key))
        while True:
            # The second of two concurrent requests blocks here until the first has ended.
            if self.transaction.run(dialect.insert(requests).values(row).on_conflict_do_nothing()).rowcount:
                return None
            found = self.transaction.run(known).one_or_none()
            if found:
                digest, series_id, fetch_id, created = found
                if digest != key.digest:
                    raise IdempotencyKeyReused
                return RequestRecord(series_id, fetch_id, created)

    def remember(self, key: IdempotencyKey, answered: RequestRecord) -> None:
        number = select(series.c.number).where(series.c.id == answered.series_id).scalar_subquery()
        values = {"series": number, "fetch": answered.fetch_id, "created": answered.created}
        self.transaction.run(update(requests).where(*_is(key)).values(values))

    def forget(self, *, seconds: float, limit: int) -> int:
        name = tuple_(requests.c.owner, requests.c.key)
        old = select(requests.c.owner, requests.c.key).where(requests.c.made_at < self.transaction.later(-seconds))
        return self.transaction.run(delete(requests).where(name.in_(old.order_by(requests.c.made_at).limit(limit)))).rowcount


def _is(key: IdempotencyKey) -> tuple[ColumnElement[bool], ...]:
    return requests.c.owner == key.owner, requests.c.key == key.key
