"""Deliveries: one event for one webhook, with its attempts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID, uuid5

from domain.webhooks.events import Event, EventType

#: Svix's schedule, after whose last attempt, 27 h 35 min after the first, a message is given up.
RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 36_000))
_LONGEST_ERROR = 200


class DeliveryStatus(StrEnum):
    """Whether a message has been accepted, is still to be, or has been given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What a receiver answered.

    Attributes:
        status: None if there was no answer.
        error: why there was none.

    """

    status: int | None
    error: str = ""

    @property
    def accepts(self) -> bool:
        """Return whether it accepted the message; a redirect is no acceptance, and is not followed."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    An event on its way to a webhook.

    Attributes:
        id: follows from the webhook, the position and the type, so that a repeated attempt has the same.
        series: as ``provider:DATABASE/DATASET``.
        body: the same for each attempt; empty once it has ended.
        next_at: when it is tried next, if no earlier message of its series is pending.
        first_at: when it was tried first.
        response_status, error: of the last attempt.

    """

    id: UUID
    webhook_id: UUID
    position: int
    type: str
    series_id: UUID
    series: str
    body: bytes
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    created_at: datetime
    first_at: datetime | None = None
    next_at: datetime | None
    ended_at: datetime | None = None
    response_status: int | None = None
    error: str = ""

    @classmethod
    def of(cls, event: Event, webhook_id: UUID, now: datetime, root_path: str) -> Delivery:
        """Return the delivery of an event that has not been tried yet."""
        return cls(
            id=uuid5(webhook_id, f"{event.position}:{event.type}"),
            webhook_id=webhook_id,
            position=event.position,
            type=event.type.value,
            series_id=event.series_id,
            series=event.reference,
            body=json.dumps(event.message(root_path), ensure_ascii=False, separators=(",", ":")).encode(),
            created_at=now,
            next_at=now,
        )

    @property
    def place(self) -> int:
        """Its place among the deliveries of its webhook: by position, a vintage before its large revision."""
        return 2 * self.position + (self.type == EventType.REVISION_LARGE)

    @property
    def message_id(self) -> str:
        """The ``webhook-id`` of each attempt."""
        return f"msg_{self.id.hex}"

    @property
    def says_gone(self) -> bool:
        """Return whether the receiver answered that it wants no messages any more."""
        return self.response_status == HTTPStatus.GONE

    def tried(self, reply: Reply, now: datetime) -> Delivery:
        """Return it after an attempt: delivered, or pending until its next one; without one it is failed."""
        tried = replace(
            self,
            attempts=self.attempts + 1,
            first_at=self.first_at or now,
            response_status=reply.status,
            error=reply.error[:_LONGEST_ERROR],
        )
        if reply.accepts:
            return replace(tried, status=DeliveryStatus.DELIVERED, body=b"", next_at=None, ended_at=now)
        if self.attempts < len(RETRIES):
            return replace(tried, next_at=now + RETRIES[self.attempts])
        return replace(tried, status=DeliveryStatus.FAILED, body=b"", next_at=None, ended_at=now)


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A page of deliveries, the last recorded first, and ``before`` of the next page, if there is one."""

    items: Sequence[Delivery]
    next: int | None
