"""Rows of the tables of webhooks, their deliveries, and events of series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from adapters.sql.tables import deliveries, series, series_events, webhooks
from domain.codes import DatasetCode
from domain.schedules.selector import Selector
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.events import Event, EventType
from domain.webhooks.webhook import Webhook

_CARRIED = ("id", "url", "threshold", "created_at", "rotation", "previous_until", "disabled_at", "disabled_reason")
_PROGRESS = ("position", "holds", "retry_at", "last_success_at")
_SAME = (
    "id",
    "type",
    "series_id",
    "series",
    "body",
    "attempts",
    "created_at",
    "first_at",
    "next_at",
    "ended_at",
    "response_status",
    "error",
)


def decided_of(webhook: Webhook) -> dict[str, Any]:
    """Return the columns that a user decides."""
    selector = webhook.selector
    return {
        **{name: getattr(webhook, name) for name in _CARRIED},
        "events": " ".join(sorted(webhook.events)),
        "provider": selector.provider if selector else None,
        "database_code": selector.database if selector else None,
        "pattern": selector.pattern if selector else None,
    }


def row_of(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook's row."""
    return decided_of(webhook) | {name: getattr(webhook, name) for name in _PROGRESS}


def webhook_from(row: Mapping[Any, Any]) -> Webhook:
    """Return the webhook in a row."""
    table, pattern = webhooks.c, row[webhooks.c.pattern]
    selector = Selector(provider=row[table.provider], database=row[table.database_code], pattern=pattern) if pattern else None
    values = {name: row[table[name]] for name in (*_CARRIED, *_PROGRESS)}
    return Webhook(**values, events=frozenset(map(EventType, row[table.events].split())), selector=selector)


def event_from(row: Mapping[Any, Any]) -> Event:
    """Return the event in a row joined with its series."""
    return Event(
        position=row[series_events.c.position],
        series_id=row[series.c.id],
        provider=row[series.c.provider],
        code=DatasetCode(row[series.c.database_code], row[series.c.dataset_code]),
        type=EventType(row[series_events.c.type]),
        at=row[series_events.c.at],
        facts=orjson.loads(row[series_events.c.facts]),
    )


def delivery_row_of(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery's row."""
    values = {name: getattr(delivery, name) for name in _SAME}
    return values | {"webhook": delivery.webhook_id, "place": delivery.place, "status": delivery.status.value}


def delivery_from(row: Mapping[Any, Any]) -> Delivery:
    """Return the delivery in a row."""
    table = deliveries.c
    values = {name: row[table[name]] for name in _SAME} | {"body": bytes(row[table.body])}
    status = DeliveryStatus(row[table.status])
    return Delivery(**values, webhook_id=row[table.webhook], position=row[table.place] // 2, status=status)
