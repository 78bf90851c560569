"""The webhooks in memory, with their deliveries and the events that are no vintages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from adapters.memory.state import Clock, State
from domain.errors import LeaseLost, WebhookNotFound
from domain.fetches import LEASE_SECONDS, Lease
from domain.series import TimeSeries
from domain.webhooks.delivery import Delivery, DeliveryPage, DeliveryStatus
from domain.webhooks.events import Event, News
from domain.webhooks.webhook import Progress, Webhook


@dataclass(frozen=True, slots=True)
class MemoryWebhookRepository:
    """The webhooks of a state."""

    state: State
    clock: Clock

    def add(self, webhook: Webhook) -> None:
        self.state.webhooks[webhook.id] = webhook

    def get(self, webhook_id: UUID) -> Webhook:
        if webhook_id not in self.state.webhooks:
            raise WebhookNotFound
        return self.state.webhooks[webhook_id]

    def all(self) -> Sequence[Webhook]:
        return sorted(self.state.webhooks.values(), key=lambda webhook: (webhook.created_at, webhook.id))

    def change(self, webhook: Webhook) -> None:
        known = self.get(webhook.id)
        self.state.webhooks[webhook.id] = replace(
            webhook,
            position=known.position,
            holds=known.holds,
            retry_at=known.retry_at,
            last_success_at=known.last_success_at,
        )

    def enable(self, webhook_id: UUID) -> None:
        for delivery in self.pending(webhook_id):
            self._put(replace(delivery, attempts=0, first_at=None, next_at=self.clock()))
        free = replace(self.get(webhook_id), disabled_at=None, disabled_reason="", holds=False, retry_at=self.clock())
        self.state.webhooks[webhook_id] = free

    def remove(self, webhook_id: UUID) -> None:
        self.get(webhook_id)
        del self.state.webhooks[webhook_id]
        self.state.deliveries = {key: each for key, each in self.state.deliveries.items() if key[0] != webhook_id}

    def record(self, series: TimeSeries, news: News) -> None:
        if not self.state.webhooks:
            return
        self.state.position += 1
        event = Event(
            position=self.state.position,
            series_id=series.id,
            provider=series.provider,
            code=series.code,
            type=news.type,
            at=news.at,
            facts=news.facts,
        )
        self.state.series_events = (*self.state.series_events, event)

    def recorded(self, *, after: int, limit: int) -> Sequence[Event]:
        return [event for event in self.state.series_events if event.position > after][:limit]

    def has_due(self, lease_seconds: float = LEASE_SECONDS) -> bool:
        return any(self._is_due(webhook, lease_seconds) for webhook in self.state.webhooks.values())

    def claim(self, lease: Lease) -> Webhook | None:
        due = [webhook for webhook in self.state.webhooks.values() if self._is_due(webhook, lease.seconds)]
        if not due:
            return None
        held = self.state.webhook_leases
        webhook = min(due, key=lambda each: (each.id in held, held[each.id][1] if each.id in held else self.clock(), each.id))
        held[webhook.id] = lease.token, self.clock() + timedelta(seconds=lease.seconds)
        return webhook

    def pending(self, webhook_id: UUID) -> Sequence[Delivery]:
        return [each for each in self._of(webhook_id) if each.status is DeliveryStatus.PENDING]

    def finish(self, webhook_id: UUID, lease: Lease, progress: Progress, deliveries: Sequence[Delivery]) -> None:
        webhook, (token, _) = self.state.webhooks.get(webhook_id), self.state.webhook_leases.get(webhook_id, (None, None))
        if webhook is None or token != lease.token:
            raise LeaseLost
        self.state.webhook_leases[webhook_id] = None, self.clock()
        self.state.webhooks[webhook_id] = replace(
            webhook,
            position=progress.position,
            holds=progress.holds,
            retry_at=progress.retry_at,
            last_success_at=progress.last_success_at,
            disabled_at=self.clock() if progress.gone else webhook.disabled_at,
            disabled_reason=progress.gone or webhook.disabled_reason,
        )
        for delivery in deliveries:
            self._put(delivery)

    def deliveries(self, webhook_id: UUID, *, before: int | None, limit: int) -> DeliveryPage:
        found = [each for each in reversed(self._of(webhook_id)) if before is None or each.place < before]
        return DeliveryPage(found[:limit], found[limit - 1].place if len(found) > limit else None)

    def prune(self, *, seconds: float, limit: int) -> int:
        before = self.clock() - timedelta(seconds=seconds)
        ended = [key for key, each in self.state.deliveries.items() if each.ended_at and each.ended_at < before][:limit]
        old = [event for event in self.state.series_events if event.at < before][:limit]
        for key in ended:
            del self.state.deliveries[key]
        self.state.series_events = tuple(event for event in self.state.series_events if event not in old)
        return len(ended) + len(old)

    def _is_due(self, webhook: Webhook, lease_seconds: float) -> bool:
        now, (token, until) = self.clock(), self.state.webhook_leases.get(webhook.id, (None, None))
        is_held = token is not None and until is not None and now <= until <= now + timedelta(seconds=2 * lease_seconds)
        has_news = not webhook.holds and webhook.position < self.state.position
        return webhook.disabled_at is None and not is_held and (has_news or (webhook.retry_at is not None and webhook.retry_at <= now))

    def _of(self, webhook_id: UUID) -> Sequence[Delivery]:
        return [each for (of, _), each in sorted(self.state.deliveries.items()) if of == webhook_id]

    def _put(self, delivery: Delivery) -> None:
        self.state.deliveries[delivery.webhook_id, delivery.place] = delivery
