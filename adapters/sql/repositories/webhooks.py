"""The webhooks in SQL, with their deliveries and the events that are no vintages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, and_, delete, exists, insert, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.rows.webhooks import decided_of, delivery_from, delivery_row_of, event_from, row_of, webhook_from
from adapters.sql.tables import deliveries, feed, series, series_events, webhooks
from adapters.sql.transaction import Transaction
from domain.errors import LeaseLost, WebhookNotFound
from domain.fetches import LEASE_SECONDS, Lease
from domain.series import TimeSeries
from domain.webhooks.delivery import Delivery, DeliveryPage
from domain.webhooks.events import Event, News
from domain.webhooks.webhook import Progress, Webhook

# Written as in the partial index, which SQLite does not use otherwise.
_PENDING: ColumnElement[bool] = literal_column("deliveries.status = 'pending'")
_POSITION = select(feed.c.position).scalar_subquery()
_PARTS = 200


@dataclass(frozen=True, slots=True)
class SqlWebhookRepository:
    """The webhooks of a transaction."""

    transaction: Transaction

    def add(self, webhook: Webhook) -> None:
        self.transaction.run(insert(webhooks).values(row_of(webhook)))

    def get(self, webhook_id: UUID) -> Webhook:
        row = self.transaction.run(select(webhooks).where(webhooks.c.id == webhook_id)).mappings().one_or_none()
        if row is None:
            raise WebhookNotFound
        return webhook_from(row)

    def all(self) -> Sequence[Webhook]:
        rows = self.transaction.run(select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)).mappings()
        return [webhook_from(row) for row in rows]

    def change(self, webhook: Webhook) -> None:
        changed = update(webhooks).where(webhooks.c.id == webhook.id).values(decided_of(webhook))
        if self.transaction.run(changed).rowcount != 1:
            raise WebhookNotFound

    def enable(self, webhook_id: UUID) -> None:
        now = self.transaction.now()
        anew = {"attempts": 0, "first_at": None, "next_at": now}
        self.transaction.run(update(deliveries).where(deliveries.c.webhook == webhook_id, _PENDING).values(anew))
        free = {"disabled_at": None, "disabled_reason": "", "holds": False, "retry_at": now}
        self.transaction.run(update(webhooks).where(webhooks.c.id == webhook_id).values(free))

    def remove(self, webhook_id: UUID) -> None:
        if self.transaction.run(delete(webhooks).where(webhooks.c.id == webhook_id)).rowcount != 1:
            raise WebhookNotFound

    def record(self, of: TimeSeries, news: News) -> None:
        if not self.transaction.run(select(exists(select(webhooks.c.id)))).scalar_one():
            return
        taken = self.transaction.run(update(feed).values(position=feed.c.position + 1).returning(feed.c.position))
        facts = orjson.dumps(news.facts).decode()
        row = {"position": taken.scalar_one(), "series": of.number, "type": news.type.value, "at": news.at, "facts": facts}
        self.transaction.run(insert(series_events).values(row))

    def recorded(self, *, after: int, limit: int) -> Sequence[Event]:
        identity = series.c.id, series.c.provider, series.c.database_code, series.c.dataset_code
        found = select(series_events, *identity).join(series).where(series_events.c.position > after)
        rows = self.transaction.run(found.order_by(series_events.c.position).limit(limit)).mappings()
        return [event_from(row) for row in rows]

    def has_due(self, lease_seconds: float = LEASE_SECONDS) -> bool:
        return bool(self.transaction.run(select(exists(select(webhooks.c.id).where(self._is_due(lease_seconds))))).scalar_one())

    def claim(self, lease: Lease) -> Webhook | None:
        due = (
            select(webhooks.c.id)
            .where(self._is_due(lease.seconds))
            .order_by(webhooks.c.lease_until.asc().nulls_first(), webhooks.c.id)
            .limit(1)
        )
        one = due.with_for_update(skip_locked=True).scalar_subquery()
        held = {"lease_token": lease.token, "lease_until": self.transaction.later(lease.seconds)}
        claimed = update(webhooks).where(webhooks.c.id == one).values(held).returning(webhooks)
        row = self.transaction.run(claimed).mappings().one_or_none()
        return webhook_from(row) if row else None

    def pending(self, webhook_id: UUID) -> Sequence[Delivery]:
        found = select(deliveries).where(deliveries.c.webhook == webhook_id, _PENDING).order_by(deliveries.c.place)
        return [delivery_from(row) for row in self.transaction.run(found).mappings()]

    def finish(self, webhook_id: UUID, lease: Lease, progress: Progress, changed: Sequence[Delivery]) -> None:
        values = asdict(progress) | {"lease_token": None, "lease_until": self.transaction.now()}
        reason = values.pop("gone")
        if reason:
            values |= {"disabled_at": self.transaction.now(), "disabled_reason": reason}
        mine = update(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.lease_token == lease.token)
        if self.transaction.run(mine.values(values)).rowcount != 1:
            raise LeaseLost
        dialect = postgresql if self.transaction.on_postgres else sqlite
        for first in range(0, len(changed), _PARTS):
            added = dialect.insert(deliveries).values([delivery_row_of(each) for each in changed[first : first + _PARTS]])
            new = {column.name: added.excluded[column.name] for column in deliveries.c if not column.primary_key}
            self.transaction.run(added.on_conflict_do_update(index_elements=[deliveries.c.webhook, deliveries.c.place], set_=new))

    def deliveries(self, webhook_id: UUID, *, before: int | None, limit: int) -> DeliveryPage:
        found = select(deliveries).where(deliveries.c.webhook == webhook_id)
        if before is not None:
            found = found.where(deliveries.c.place < before)
        rows = self.transaction.run(found.order_by(deliveries.c.place.desc()).limit(limit + 1)).mappings().all()
        items = [delivery_from(row) for row in rows[:limit]]
        return DeliveryPage(items, items[-1].place if len(rows) > limit else None)

    def prune(self, *, seconds: float, limit: int) -> int:
        before = self.transaction.later(-seconds)
        places = select(deliveries.c.webhook, deliveries.c.place).where(deliveries.c.ended_at < before).limit(limit).subquery()
        is_old = exists().where(places.c.webhook == deliveries.c.webhook, places.c.place == deliveries.c.place)
        old = select(series_events.c.position).where(series_events.c.at < before).limit(limit)
        counts = [
            self.transaction.run(delete(deliveries).where(is_old)).rowcount,
            self.transaction.run(delete(series_events).where(series_events.c.position.in_(old))).rowcount,
        ]
        return sum(counts)

    def _is_due(self, lease_seconds: float) -> ColumnElement[bool]:
        now, latest = self.transaction.now(), self.transaction.later(2 * lease_seconds)
        # A lease that ends later than any is one from before the clock was set back.
        is_free = or_(webhooks.c.lease_token.is_(None), webhooks.c.lease_until < now, webhooks.c.lease_until > latest)
        has_news = and_(~webhooks.c.holds, webhooks.c.position < _POSITION)
        return and_(webhooks.c.disabled_at.is_(None), is_free, or_(webhooks.c.retry_at <= now, has_news))
