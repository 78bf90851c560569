"""Secrets and signatures by Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.errors import WebhookSecretMissing

_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class MasterSecret:
    """What the secrets of all webhooks are derived from, so that none of them is stored; empty if it is not set."""

    text: str = field(repr=False)

    def secret_of(self, webhook_id: UUID, rotation: int) -> str:
        """
        Return a webhook's secret after so many rotations, ``whsec_`` and 256 bits in base64.

        Raises:
            WebhookSecretMissing: there is no master secret.

        """
        return _PREFIX + b64encode(self._key_of(webhook_id, rotation)).decode()

    def headers(self, webhook_id: UUID, rotations: Sequence[int], *, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
        """
        Return the headers of a message, with a signature by the secret of each rotation.

        Args:
            message_id: the same for each attempt to deliver the message.
            at: the moment of this attempt.

        Raises:
            WebhookSecretMissing: there is no master secret.

        """
        timestamp = str(int(at.timestamp()))
        signed = b".".join([message_id.encode(), timestamp.encode(), body])
        digests = [hmac.digest(self._key_of(webhook_id, rotation), signed, hashlib.sha256) for rotation in rotations]
        signature = " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests)
        return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}

    def _key_of(self, webhook_id: UUID, rotation: int) -> bytes:
        if not self.text:
            raise WebhookSecretMissing
        return hmac.digest(self.text.encode(), f"lanner-webhook:{webhook_id}:{rotation}".encode(), hashlib.sha256)
