"""The repository of the webhooks, their deliveries, and the events that are no vintages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.fetches import LEASE_SECONDS, Lease
from domain.series import TimeSeries
from domain.webhooks.delivery import Delivery, DeliveryPage
from domain.webhooks.events import Event, News
from domain.webhooks.webhook import Progress, Webhook


class WebhookRepository(Protocol):
    """The webhooks; each has its own place in the feed, whose vintages and recorded events are its queue."""

    def add(self, webhook: Webhook) -> None:
        """Add a webhook."""
        ...

    def get(self, webhook_id: UUID) -> Webhook:
        """
        Return a webhook.

        Raises:
            WebhookNotFound: none has this id.

        """
        ...

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first."""
        ...

    def change(self, webhook: Webhook) -> None:
        """Change what a user decides about a webhook, and nothing of its progress; raises like ``get``."""
        ...

    def enable(self, webhook_id: UUID) -> None:
        """Have a disabled webhook go on where it stopped: what is pending is tried at once, as if for the first time."""
        ...

    def remove(self, webhook_id: UUID) -> None:
        """Remove a webhook with its deliveries; raises like ``get``."""
        ...

    def record(self, series: TimeSeries, news: News) -> None:
        """Record an event at the next position in the feed, if there is a webhook; the caller has locked the series."""
        ...

    def recorded(self, *, after: int, limit: int) -> Sequence[Event]:
        """Return the events recorded after a position, oldest first; vintages are in the feed."""
        ...

    def has_due(self, lease_seconds: float = LEASE_SECONDS) -> bool:
        """Return whether anything may be due for a webhook that no worker holds, under leases of this length."""
        ...

    def claim(self, lease: Lease) -> Webhook | None:
        """Claim the due webhook that was held least recently under a lease; None if another worker got it, or there is none."""
        ...

    def pending(self, webhook_id: UUID) -> Sequence[Delivery]:
        """Return the pending deliveries of a webhook, in order."""
        ...

    def finish(self, webhook_id: UUID, lease: Lease, progress: Progress, deliveries: Sequence[Delivery]) -> None:
        """
        Store how far a worker has come, with new and changed deliveries, and give the webhook back.

        Raises:
            LeaseLost: the webhook is not held under this lease, or was removed.

        """
        ...

    def deliveries(self, webhook_id: UUID, *, before: int | None, limit: int) -> DeliveryPage:
        """
        Return the deliveries of a webhook, the last recorded first.

        Args:
            before: a place in the list, as a page's ``next``.

        """
        ...

    def prune(self, *, seconds: float, limit: int) -> int:
        """Delete at most ``limit`` each of deliveries that ended and of events recorded longer ago than this; return how many."""
        ...
