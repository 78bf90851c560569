"""ManageWebhooks: create, change, rotate, test and remove webhooks, and see what was delivered."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from domain.audit import audit
from domain.errors import InvalidInput
from domain.moments import written
from domain.ports import Providers, Store, WebhookSender
from domain.schedules.selector import Selector
from domain.webhooks.delivery import DeliveryPage, Reply
from domain.webhooks.events import TEST, EventType
from domain.webhooks.signing import MasterSecret
from domain.webhooks.webhook import DEFAULT_THRESHOLD, MOST_WEBHOOKS, OVERLAP, Webhook


@dataclass(frozen=True, slots=True)
class ManageWebhooks:
    """Manage the webhooks; a secret is returned when it is made, and never again."""

    store: Store
    sender: WebhookSender
    providers: Providers
    master: MasterSecret

    def create(
        self,
        url: str,
        *,
        events: Collection[EventType] = tuple(EventType),
        selector: Selector | None = None,
        threshold: float = DEFAULT_THRESHOLD,
    ) -> tuple[Webhook, str]:
        """
        Have an address told the events that come from now on, and return the webhook with its secret.

        Raises:
            InvalidInput: a field is not valid, or there are too many webhooks.
            WebhookSecretMissing: there is no master secret.

        """
        webhook_id = uuid4()
        secret = self.master.secret_of(webhook_id, 0)
        with self.store.writing() as uow:
            if len(uow.webhooks.all()) >= MOST_WEBHOOKS:
                raise InvalidInput(f"There are {MOST_WEBHOOKS} webhooks already.", hint="Remove one.")
            webhook = Webhook(
                id=webhook_id,
                url=url,
                events=frozenset(events),
                selector=selector,
                threshold=threshold,
                created_at=uow.now(),
                position=uow.vintages.position(),
            )
            self._check(webhook)
            uow.webhooks.add(webhook)
            uow.commit()
        audit("webhook created", webhook=str(webhook.id))
        return webhook, secret

    def get(self, webhook_id: UUID) -> Webhook:
        """Return a webhook; raises WebhookNotFound."""
        with self.store.reading() as uow:
            return uow.webhooks.get(webhook_id)

    def list(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first."""
        with self.store.reading() as uow:
            return uow.webhooks.all()

    def change(self, webhook_id: UUID, changes: Mapping[str, Any]) -> Webhook:
        """
        Change fields of a webhook, or with ``enabled`` stop it or have it go on where it stopped.

        Raises:
            WebhookNotFound: none has this id.
            InvalidInput: a field is not valid.

        """
        fields = {name: value for name, value in changes.items() if name != "enabled"}
        enabled = changes.get("enabled")
        with self.store.writing() as uow:
            webhook = replace(uow.webhooks.get(webhook_id), **fields)
            self._check(webhook)
            if enabled is False and webhook.disabled_at is None:
                webhook = replace(webhook, disabled_at=uow.now(), disabled_reason="It was stopped by a request.")
            uow.webhooks.change(webhook)
            if enabled and webhook.disabled_at:
                uow.webhooks.enable(webhook_id)
            webhook = uow.webhooks.get(webhook_id)
            uow.commit()
        audit("webhook changed", webhook=str(webhook_id), fields=sorted(changes))
        return webhook

    def rotate(self, webhook_id: UUID, overlap: timedelta = OVERLAP) -> tuple[Webhook, str]:
        """
        Give a webhook another secret and return it; messages are signed with the one before, too, for so long.

        Raises:
            WebhookNotFound: none has this id.
            WebhookSecretMissing: there is no master secret.

        """
        with self.store.writing() as uow:
            known = uow.webhooks.get(webhook_id)
            webhook = replace(known, rotation=known.rotation + 1, previous_until=uow.now() + overlap)
            secret = self.master.secret_of(webhook_id, webhook.rotation)
            uow.webhooks.change(webhook)
            uow.commit()
        audit("webhook rotated", webhook=str(webhook_id))
        return webhook, secret

    def remove(self, webhook_id: UUID) -> None:
        """Remove a webhook with its deliveries; raises WebhookNotFound."""
        with self.store.writing() as uow:
            uow.webhooks.remove(webhook_id)
            uow.commit()
        audit("webhook removed", webhook=str(webhook_id))

    def test(self, webhook_id: UUID) -> tuple[str, Reply]:
        """
        Send a message of the type ``webhook.test`` now, also to a disabled webhook; return its id and the answer.

        Raises:
            WebhookNotFound: none has this id.
            WebhookSecretMissing: there is no master secret.

        """
        with self.store.reading() as uow:
            webhook, now = uow.webhooks.get(webhook_id), uow.now()
        message_id = f"msg_{uuid4().hex}"
        body = json.dumps({"type": TEST, "timestamp": written(now), "data": {"webhook": str(webhook_id)}}, separators=(",", ":")).encode()
        headers = self.master.headers(webhook_id, webhook.rotations(now), message_id=message_id, at=now, body=body)
        return message_id, self.sender.send(webhook.url, headers, body)

    def deliveries(self, webhook_id: UUID, *, before: int | None, limit: int) -> DeliveryPage:
        """Return a page of a webhook's deliveries, the last recorded first; raises WebhookNotFound."""
        with self.store.reading() as uow:
            return uow.webhooks.deliveries(uow.webhooks.get(webhook_id).id, before=before, limit=limit)

    def _check(self, webhook: Webhook) -> None:
        webhook.check()
        self.sender.check(webhook.url)
        if webhook.selector and webhook.selector.provider:
            self.providers.get(webhook.selector.provider)
