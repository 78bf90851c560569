"""The outcome of a worker's turn with a webhook: what is stored of it, and when it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.webhook import Progress, Webhook

#: With so many pending deliveries nothing more is read for a webhook.
MOST_PENDING = 500


def by_series(deliveries: Sequence[Delivery]) -> Mapping[UUID, Sequence[Delivery]]:
    """Return the deliveries of each series, in order."""
    found: dict[UUID, list[Delivery]] = {}
    for delivery in deliveries:
        found.setdefault(delivery.series_id, []).append(delivery)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What has become of the deliveries of a turn.

    Attributes:
        queue: all that were pending or new, in order.
        tried: those of them that were tried, as they are now.
        position: up to which the feed was read.

    """

    webhook: Webhook
    queue: Sequence[Delivery]
    tried: Mapping[int, Delivery]
    position: int
    now: datetime

    @property
    def delivered(self) -> int:
        """Number of messages that were accepted."""
        return sum(each.status is DeliveryStatus.DELIVERED for each in self.tried.values())

    @property
    def gone(self) -> str:
        """Why the webhook is disabled: it asked for that, or has accepted nothing since a message that is given up; else empty."""
        if any(each.says_gone for each in self.tried.values()):
            return "It answered 410 Gone."
        since = min((each.first_at for each in self.tried.values() if each.status is DeliveryStatus.FAILED and each.first_at), default=None)
        heard = self.now if self.delivered else self.webhook.last_success_at
        is_silent = since is not None and (heard is None or heard < since)
        return f"It has accepted nothing since {since:%Y-%m-%d %H:%M} UTC." if is_silent else ""

    def changed(self, known: Sequence[Delivery]) -> Sequence[Delivery]:
        """Return what is to be stored, given what is stored as pending; a disabled webhook keeps what it would have lost."""
        gone, stored = self.gone, {each.place for each in known}
        kept = {place: each for place, each in self.tried.items() if not (gone and each.status is DeliveryStatus.FAILED)}
        return [kept.get(each.place, each) for each in self.queue if each.place in kept or each.place not in stored]

    def progress(self) -> Progress:
        """
        Return how far the webhook has come.

        If nothing of what was tried was accepted, it is asked again for the first of them alone, and told everything once that is.
        """
        waiting = [each for each in (self.tried.get(each.place, each) for each in self.queue) if each.status is DeliveryStatus.PENDING]
        fails = len(self.tried) > 0 and not self.delivered
        refused = [each.next_at for each in self.tried.values() if each.next_at]
        heads = [group[0].next_at for group in by_series(waiting).values()]
        retry_at = min((at for at in (refused if fails and refused else heads) if at), default=None)
        is_full = len(waiting) >= MOST_PENDING and retry_at is not None and retry_at > self.now
        return Progress(
            position=self.position,
            holds=bool(waiting) and (fails or is_full or (self.webhook.holds and not self.delivered)),
            retry_at=retry_at,
            last_success_at=self.now if self.delivered else self.webhook.last_success_at,
            gone=self.gone,
        )
