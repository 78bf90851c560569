"""Schemas of API keys."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from domain.api_keys import ApiKey, Scope
from domain.quotas import write_limits
from entrypoints.rest.schemas import EnumField, InstantField, TextField

_MOST_DAYS = 36_500
_SCOPES = f"must be one of {', '.join(Scope)}."


class KeyRequestSchema(Schema):
    """The body of ``POST /keys``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    name = TextField("dashboard", required=True)
    scopes = fields.List(
        EnumField(Scope, error=_SCOPES),
        load_default=[Scope.READ.value, Scope.FETCH.value],
        error_messages={"invalid": "must be a list.", "null": "must be a list."},
    )
    days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, _MOST_DAYS, error=f"must be from 1 to {_MOST_DAYS}."),
        error_messages={"invalid": "must be a whole number."},
    )
    limit = TextField("20/1,100/10", load_default=None)


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
