"""Schemas of providers and of what they find."""

from __future__ import annotations

from math import ceil

from marshmallow import Schema, fields

from domain.frequency import Frequency
from domain.providers import Redistribution
from domain.searching import ProviderHits, SearchKind, SearchStatus
from domain.throttling import Circuit
from entrypoints.rest.fields import DateOrInstantField, EnumField, InstantField
from entrypoints.rest.schemas.fetches import FailureSchema
from entrypoints.rest.schemas.gates import GatesSchema


class LimitSchema(Schema):
    """A rate limit: calls per seconds."""

    calls = fields.Integer()
    seconds = fields.Integer()


class ProviderSchema(Schema):
    """A provider and its current state."""

    name = fields.String(attribute="provider.name")
    title = fields.String(attribute="provider.title")
    database_codes = fields.List(fields.String(), attribute="provider.databases")
    configured = fields.Function(lambda listed: not listed.provider.problem, metadata={"type": "boolean"})
    problem = fields.String(attribute="provider.problem")
    key_needed = fields.Boolean(attribute="provider.key_needed")
    key_url = fields.String(attribute="provider.key_url")
    limits = fields.List(fields.Nested(LimitSchema), attribute="provider.limits")
    concurrency = fields.Integer(allow_none=True)
    blocked_until = InstantField(allow_none=True)
    circuit = EnumField(Circuit, allow_none=True)
    open_until = InstantField(allow_none=True)
    attribution = fields.String(attribute="provider.terms.attribution")
    terms = fields.String(attribute="provider.terms.url")
    redistribution = EnumField(Redistribution, attribute="provider.terms.redistribution")
    search = EnumField(SearchKind, attribute="provider.search", allow_none=True)
    gates = fields.Nested(GatesSchema, attribute="provider.gates")


class SearchHitSchema(Schema):
    """Something that a provider has."""

    code = fields.String()
    name = fields.String()
    is_series = fields.Boolean()
    lists_series = fields.Boolean()
    hint = fields.String()
    description = fields.String()
    frequency = EnumField(Frequency, allow_none=True)
    unit = fields.String()
    first_date = DateOrInstantField(attribute="first", allow_none=True)
    last_date = DateOrInstantField(attribute="last", allow_none=True)
    timeseries_id = fields.UUID(attribute="series_id", allow_none=True)


def _retry_after(found: ProviderHits) -> int | None:
    return None if found.retry_after is None else max(1, ceil(found.retry_after))


class SearchErrorSchema(FailureSchema):
    """Why a provider gave no hits."""

    class Meta:
        """A search refuses no cells."""

        exclude = ("cells",)


class ProviderHitsSchema(Schema):
    """What a provider found."""

    provider = fields.String(attribute="provider.name")
    title = fields.String(attribute="provider.title")
    status = EnumField(SearchStatus)
    hits = fields.List(fields.Nested(SearchHitSchema))
    more = fields.Boolean()
    error = fields.Nested(SearchErrorSchema, attribute="failure", allow_none=True)
    retry_after = fields.Function(_retry_after, metadata={"type": ["integer", "null"]})
