"""Schemas of API keys."""

from __future__ import annotations

from marshmallow import Schema, fields

from domain.api_keys import ApiKey, Scope
from domain.quotas import write_limits
from entrypoints.rest.fields import InstantField


def _limit(key: ApiKey) -> str | None:
    return write_limits(key.limits) if key.limits else None


class KeySchema(Schema):
    """An API key, without its token."""

    id = fields.String()
    name = fields.String()
    scopes = fields.Function(lambda key: sorted(key.scopes), metadata={"type": "array", "items": {"enum": [*Scope], "type": "string"}})
    created_at = InstantField()
    expires_at = InstantField(allow_none=True)
    revoked_at = InstantField(allow_none=True)
    limit = fields.Function(_limit, metadata={"type": ["string", "null"]})


class NewKeySchema(KeySchema):
    """A new key with its token."""

    token = fields.String()
