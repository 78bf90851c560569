"""Marshmallow schemas of webhooks: requests and responses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load

from domain.schedules.durations import parse_duration
from domain.schedules.selector import Selector
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.events import EventType
from domain.webhooks.webhook import Webhook
from entrypoints.rest.fields import LINKS, EnumField, InstantField, StrictFlag, StrictNumber, TextField, enum_list
from entrypoints.rest.http.links import public_path

_LONGEST_OVERLAP = timedelta(days=30)
_EVENTS = {"type": "array", "items": {"type": "string", "enum": [*EventType]}}


class WebhookChangeSchema(Schema):
    """The body of ``PATCH /webhooks/{id}``; loads as the changes of ``ManageWebhooks``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    url = TextField("https://example.org/hooks")
    events = enum_list(EventType, None)
    selector = fields.String(allow_none=True, metadata={"examples": ["FRED/GS*"]}, error_messages={"invalid": "must be a string or null."})
    threshold = StrictNumber(metadata={"examples": [5]})
    enabled = StrictFlag()

    @post_load
    def changes(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the changes as domain values; raises InvalidInput."""
        if "events" in given:
            given["events"] = frozenset(map(EventType, given["events"]))
        if given.get("selector") is not None:
            given["selector"] = Selector.parse(given["selector"])
        return given


class WebhookRequestSchema(WebhookChangeSchema):
    """The body of ``POST /webhooks``; loads as the arguments of ``ManageWebhooks.create``."""

    class Meta:
        """A new one is enabled."""

        unknown = RAISE
        exclude = ("enabled",)

    url = TextField("https://example.org/hooks", required=True)


class RotationSchema(Schema):
    """The body of ``POST /webhooks/{id}/rotate``, which may be empty."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    overlap = TextField("24h")

    @post_load
    def arguments(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the arguments as domain values; raises InvalidInput."""
        if "overlap" not in given:
            return {}
        return {"overlap": parse_duration(given["overlap"], field="overlap", least=timedelta(0), most=_LONGEST_OVERLAP)}


def _links(webhook: Webhook) -> dict[str, str]:
    here = public_path(f"/webhooks/{webhook.id}")
    return {"self": here, "deliveries": f"{here}/deliveries"}


class WebhookSchema(Schema):
    """A webhook, without its secret."""

    id = fields.UUID()
    url = fields.String()
    events = fields.Function(lambda webhook: sorted(webhook.events), metadata=_EVENTS)
    selector = fields.Function(lambda webhook: webhook.selector and str(webhook.selector), metadata={"type": ["string", "null"]})
    threshold = fields.Float()
    enabled = fields.Function(lambda webhook: webhook.disabled_at is None, metadata={"type": "boolean"})
    disabled_at = InstantField(allow_none=True)
    disabled_reason = fields.Function(lambda webhook: webhook.disabled_reason or None, metadata={"type": ["string", "null"]})
    created_at = InstantField()
    rotation = fields.Integer()
    previous_until = InstantField(allow_none=True)
    position = fields.Integer()
    retry_at = InstantField(allow_none=True)
    last_success_at = InstantField(allow_none=True)
    links = fields.Function(_links, metadata=LINKS)


class NewWebhookSchema(WebhookSchema):
    """A webhook with its new secret."""

    secret = fields.String()


class TriedSchema(Schema):
    """What a receiver answered to a message of the type ``webhook.test``."""

    id = fields.String()
    accepted = fields.Boolean()
    response_status = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)


def _timeseries(delivery: Delivery) -> str:
    return public_path(f"/timeseries/{delivery.series_id}")


class DeliverySchema(Schema):
    """A delivery of an event."""

    id = fields.String(attribute="message_id")
    type = fields.String()
    position = fields.Integer()
    series = fields.String()
    status = EnumField(DeliveryStatus)
    attempts = fields.Integer()
    created_at = InstantField()
    next_at = InstantField(allow_none=True)
    ended_at = InstantField(allow_none=True)
    response_status = fields.Integer(allow_none=True)
    error = fields.Function(lambda delivery: delivery.error or None, metadata={"type": ["string", "null"]})
    links = fields.Function(lambda delivery: {"timeseries": _timeseries(delivery)}, metadata=LINKS)
