"""DeliverEvents: tell a webhook what has happened since it was told last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event as Flag
from time import monotonic
from uuid import uuid4

from domain.errors import DamagedVintage, LeaseLost, NotFound
from domain.fetches import LEASE_SECONDS, Lease
from domain.moments import AsOf
from domain.ports import CONSISTENCY_HEADER, Store, UnitOfWork, WebhookSender
from domain.use_cases.compare_vintages import CompareVintages
from domain.vintages import Cause
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.events import Event, EventType, largest_change, revision_large, vintage_created
from domain.webhooks.outcome import MOST_PENDING, Outcome, by_series
from domain.webhooks.signing import MasterSecret
from domain.webhooks.webhook import Webhook

logger = logging.getLogger(__name__)

_PAGE = 200
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Turn:
    """
    A worker's turn with a webhook.

    Attributes:
        now: by the store's clock, at ``begun`` of the monotonic one.
        over: set when no further message is to be begun.

    """

    webhook: Webhook
    now: datetime
    begun: float
    over: Flag = field(default_factory=Flag)

    def seconds(self) -> float:
        return monotonic() - self.begun

    def time(self) -> datetime:
        return self.now + timedelta(seconds=self.seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvents:
    """
    Deliver the events of a due webhook: at least once, and those of a series in order.

    The feed is the queue. A worker holds a webhook under a lease, reads what is new in the feed, sends it, and stores how far it has
    come with what was delivered and what is still pending. If it dies before, another sends the same again, with the same ids. No message
    is begun after half the lease; should a worker lose it all the same, both send the same in the same order.

    Attributes:
        lease_seconds: how long a worker that has gone silent keeps a webhook.
        root_path: before the links in messages.
        stopping: set when the process is to stop.
        consistency_token: returns the token of all that is stored by now; an empty one where receivers need none.

    """

    store: Store
    sender: WebhookSender
    master: MasterSecret
    compare_vintages: CompareVintages
    root_path: str = ""
    lease_seconds: float = LEASE_SECONDS
    stopping: Flag = field(default_factory=Flag)
    consistency_token: Callable[[], str] = str

    def has_due(self) -> bool:
        """Return whether anything may be due, at the cost of one small query."""
        with self.store.reading() as uow:
            return uow.webhooks.has_due(self.lease_seconds)

    def __call__(self) -> bool:
        """
        Deliver to the due webhook that has waited longest; return whether there was one.

        Raises:
            WebhookSecretMissing: there is a due webhook, but no master secret.

        """
        lease = Lease(uuid4(), self.lease_seconds)
        begun = monotonic()
        with self.store.writing() as uow:
            webhook = uow.webhooks.claim(lease)
            if webhook is None:
                return False
            self.master.secret_of(webhook.id, webhook.rotation)
            turn = _Turn(webhook, uow.now(), begun)
            uow.commit()
        self._deliver(turn, lease)
        return True

    def stop(self) -> None:
        """Begin nothing more, and end what is being sent; it is sent again later."""
        self.stopping.set()
        self.sender.abort()

    def _deliver(self, turn: _Turn, lease: Lease) -> None:
        webhook = turn.webhook
        with self.store.reading() as uow:
            known = uow.webhooks.pending(webhook.id)
            reads = not webhook.holds and len(known) < MOST_PENDING
            end, found = self._read(uow, webhook) if reads else (webhook.position, [])
        position, events = self._measured(turn, end, found)
        queue = [*known, *(Delivery.of(event, webhook.id, turn.now, self.root_path) for event in events)]
        tried = {each.place: each for each in self._send_all(turn, queue)}
        outcome = Outcome(webhook=webhook, queue=queue, tried=tried, position=position, now=turn.time())
        try:
            with self.store.writing() as uow:
                uow.webhooks.finish(webhook.id, lease, outcome.progress(), outcome.changed(known))
                uow.commit()
        except LeaseLost:
            logger.warning("webhook lost", extra={"webhook": str(webhook.id)})
            return
        _log(outcome)

    def _read(self, uow: UnitOfWork, webhook: Webhook) -> tuple[int, Sequence[Event]]:
        """Return the events of the next part of the feed in order, large revisions left out, and the position of its end."""
        feed = uow.vintages.feed(after=webhook.position, limit=_PAGE)
        recorded = uow.webhooks.recorded(after=webhook.position, limit=_PAGE)
        ends = [page[-1].position for page in (feed, recorded) if len(page) == _PAGE]
        position = min(ends) if ends else uow.vintages.position()
        events = [event for event in recorded if event.position <= position]
        for entry in feed:
            of_vintages = (EventType.VINTAGE_CREATED, EventType.REVISION_LARGE)
            if entry.position <= position and any(webhook.wants(kind, entry.provider, entry.code) for kind in of_vintages):
                events.append(vintage_created(entry))
        return position, sorted(events, key=lambda event: event.position)

    def _measured(self, turn: _Turn, end: int, found: Sequence[Event]) -> tuple[int, Sequence[Event]]:
        """Return what a webhook is told of events, large revisions included, and the position up to which there was time for that."""
        events: list[Event] = []
        for index, event in enumerate(found):
            if index and turn.seconds() > self.lease_seconds / 4:
                # The rest of the turn is for sending.
                return found[index - 1].position, events
            events += self._wanted(turn.webhook, event)
        return end, events

    def _wanted(self, webhook: Webhook, event: Event) -> Iterator[Event]:
        if webhook.wants(event.type, event.provider, event.code):
            yield event
        if event.type is EventType.VINTAGE_CREATED and webhook.wants(EventType.REVISION_LARGE, event.provider, event.code):
            large = self._large_revision(event, webhook.threshold)
            if large:
                yield large

    def _large_revision(self, created: Event, threshold: float) -> Event | None:
        vintage = created.facts["vintage"]
        # What files tell of years ago is no news.
        if vintage["cause"] == Cause.IMPORT or not vintage["revision"]["changed"]:
            return None
        try:
            compared = self.compare_vintages(created.series_id, None, AsOf(vintage=vintage["number"]))
        except (NotFound, DamagedVintage) as error:
            logger.warning("revision not measured", extra={"series": str(created.series_id), "reason": error.message})
            return None
        largest = largest_change(compared.revision.changed)
        return revision_large(created, largest) if largest and largest[1] >= threshold else None

    def _send_all(self, turn: _Turn, queue: Sequence[Delivery]) -> Iterator[Delivery]:
        """Send what is due, several series at once, and yield each delivery that was tried."""
        due = [group for group in by_series(queue).values() if group[0].next_at and group[0].next_at <= turn.now]
        if turn.webhook.holds:
            due = due[:1]
        if due:
            # A receiver that reads at a replica sends it back, so that it finds what it is told of.
            token = self.consistency_token()
            headers = {CONSISTENCY_HEADER: token} if token else {}
            with ThreadPoolExecutor(min(_AT_ONCE, len(due)), "webhook") as executor:
                for tried in executor.map(lambda group: self._send_in_order(turn, group, headers), due):
                    yield from tried

    def _send_in_order(self, turn: _Turn, deliveries: Sequence[Delivery], more: Mapping[str, str]) -> Sequence[Delivery]:
        """Send deliveries of a series, with more headers, until one is not accepted: the others wait for it."""
        tried: list[Delivery] = []
        for delivery in deliveries:
            if turn.over.is_set() or self.stopping.is_set() or turn.seconds() > self.lease_seconds / 2:
                break
            at, webhook = turn.time(), turn.webhook
            headers = self.master.headers(webhook.id, webhook.rotations(at), message_id=delivery.message_id, at=at, body=delivery.body)
            reply = self.sender.send(webhook.url, {**headers, **more}, delivery.body)
            if self.stopping.is_set() and not reply.accepts:
                break
            tried.append(delivery.tried(reply, turn.time()))
            if tried[-1].says_gone:
                turn.over.set()
            if tried[-1].status is not DeliveryStatus.DELIVERED:
                break
        return tried


def _log(outcome: Outcome) -> None:
    webhook, gone = str(outcome.webhook.id), outcome.gone
    if outcome.tried:
        facts = {"webhook": webhook, "delivered": outcome.delivered, "failed": len(outcome.tried) - outcome.delivered}
        logger.info("webhook told", extra=facts)
    if gone:
        logger.warning("webhook disabled", extra={"webhook": webhook, "reason": gone})
