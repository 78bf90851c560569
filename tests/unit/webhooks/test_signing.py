"""Signatures are those of Standard Webhooks, as its own verifier reads them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from domain.errors import WebhookSecretMissing
from domain.webhooks.signing import MasterSecret

MASTER = MasterSecret("m" * 32)
BODY = '{"type":"vintage.created","data":{"name":"Österreich"}}'.encode()


def test_the_verifier_accepts_both_rotations() -> None:
    """A receiver with the new secret and one with the old accept a message signed with both, others with neither."""
    webhook = uuid4()
    headers = dict(MASTER.headers(webhook, [2, 1], message_id="msg_1", at=datetime.now(UTC), body=BODY))

    assert len(headers["webhook-signature"].split(" ")) == 2
    for rotation in (1, 2):
        assert Verifier(MASTER.secret_of(webhook, rotation)).verify(BODY, headers)["type"] == "vintage.created"
    for secret in (MASTER.secret_of(webhook, 0), MASTER.secret_of(uuid4(), 2), MasterSecret("n" * 32).secret_of(webhook, 2)):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(BODY, headers)


def test_each_part_is_signed() -> None:
    """Another body, id or time is refused, and so is a message that is older than five minutes."""
    webhook, now = uuid4(), datetime.now(UTC)
    verifier = Verifier(MASTER.secret_of(webhook, 0))
    headers = dict(MASTER.headers(webhook, [0], message_id="msg_1", at=now, body=BODY))
    late = dict(MASTER.headers(webhook, [0], message_id="msg_1", at=now - timedelta(minutes=6), body=BODY))
    stamp = str(int(headers["webhook-timestamp"]) + 1)

    for body, sent in (
        (BODY + b" ", headers),
        (BODY, headers | {"webhook-id": "msg_2"}),
        (BODY, headers | {"webhook-timestamp": stamp}),
        (BODY, late),
    ):
        with pytest.raises(WebhookVerificationError):
            verifier.verify(body, sent)


def test_a_secret_follows_from_the_webhook_and_its_rotation() -> None:
    """It has 256 bits and its prefix, is the same each time, and shows nothing of the master secret, in no text of it either."""
    webhook = UUID(int=7)
    secrets = {MASTER.secret_of(webhook, rotation) for rotation in (0, 0, 1)} | {MASTER.secret_of(UUID(int=8), 0)}

    assert len(secrets) == 3
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in secrets} == {32}
    assert "mmm" not in repr(MASTER) + str(MASTER)


def test_without_a_master_secret_nothing_is_signed() -> None:
    """The error names the setting."""
    with pytest.raises(WebhookSecretMissing, match="LANNER_WEBHOOK_SECRET"):
        MasterSecret("").secret_of(uuid4(), 0)
