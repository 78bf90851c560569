"""Marshmallow schemas of responses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from domain.api_keys import ApiKey, Scope
from domain.fetches import Fetch, FetchStatus, WaitingFor
from domain.frequency import Frequency
from domain.providers import Redistribution
from domain.quotas import write_limits
from domain.searching import ProviderHits, SearchKind, SearchStatus
from domain.series import SeriesStatus
from domain.source_status import Failing, SourceStatus
from domain.throttling import Circuit
from domain.use_cases.list_vintages import VintagePage
from domain.use_cases.request_fetch import Requested
from domain.vintages import Cause, Vintage
from entrypoints.rest.fields import LINKS, DateOrInstantField, EnumField, InstantField
from entrypoints.rest.http.links import public_path
from entrypoints.rest.schedule_schemas import NextLookSchema
from entrypoints.rest.source_status_schemas import StatusChangeSchema

WAITING = {
    "type": ["object", "null"],
    "properties": {"reason": {"enum": [*WaitingFor]}, "until": {"type": "string", "format": "date-time"}},
}


class FailureSchema(Schema):
    """Why a fetch failed."""

    code = fields.String()
    message = fields.String()
    retryable = fields.Boolean()
    hint = fields.String()


def _next_attempt(fetch: Fetch) -> datetime | None:
    return fetch.not_before if fetch.status is FetchStatus.PENDING else None


def _waiting(fetch: Fetch) -> dict[str, Any] | None:
    return {"reason": fetch.waiting_for, "until": fetch.not_before} if fetch.waiting_for else None


def _unchanged(fetch: Fetch) -> bool | None:
    return None if fetch.vintages_added is None else fetch.vintages_added == 0


def _fetch_links(fetch: Fetch) -> dict[str, str]:
    return {"self": public_path(f"/fetches/{fetch.id}"), "timeseries": public_path(f"/timeseries/{fetch.series_id}")}


class FetchSchema(Schema):
    """A fetch in full."""

    id = fields.UUID()
    timeseries_id = fields.UUID(attribute="series_id")
    status = EnumField(FetchStatus)
    created_at = InstantField()
    finished_at = InstantField(allow_none=True)
    cancel_requested_at = InstantField(allow_none=True)
    attempts = fields.Integer()
    next_attempt = fields.Function(_next_attempt, metadata={"type": ["string", "null"], "format": "date-time"})
    waiting_for = fields.Function(_waiting, metadata=WAITING)
    error = fields.Nested(FailureSchema, attribute="failure", allow_none=True)
    unchanged = fields.Function(_unchanged, metadata={"type": ["boolean", "null"]})
    vintage = fields.Integer(allow_none=True)
    vintages_added = fields.Integer(allow_none=True)
    left_out = fields.List(fields.String())
    links = fields.Function(_fetch_links, metadata=LINKS)


class FetchBriefSchema(Schema):
    """A fetch's id and status."""

    id = fields.UUID()
    status = EnumField(FetchStatus)


class VintageSchema(Schema):
    """A vintage."""

    number = fields.Integer()
    published = DateOrInstantField()
    known_at = InstantField()
    fetched_at = InstantField()
    previous_check_at = InstantField(allow_none=True)
    rows = fields.Integer()
    first_date = DateOrInstantField(attribute="first")
    last_date = DateOrInstantField(attribute="last")
    added = fields.Integer()
    changed = fields.Integer()
    deleted = fields.Integer()
    digest = fields.String()
    cause = EnumField(Cause)


class OriginSchema(Schema):
    """The request that brought a vintage."""

    request = fields.String()
    response_sha256 = fields.String()
    adapter_version = fields.Integer()


class VintageInFullSchema(VintageSchema):
    """A vintage with its origin."""

    origin = fields.Nested(OriginSchema)
    fetch_id = fields.UUID()
    links = fields.Raw(metadata=LINKS)


class MetadataChangeSchema(Schema):
    """A change of what a series' values mean."""

    known_at = InstantField()
    field = fields.String()
    before = fields.Raw(metadata={})
    after = fields.Raw(metadata={})


class ListedVintageSchema(VintageInFullSchema):
    """A vintage in the list of a series, with the changes of metadata that were recorded while it was the last stored."""

    metadata_changes = fields.List(fields.Nested(MetadataChangeSchema))


class MetadataSchema(Schema):
    """A provider's metadata of a series."""

    name = fields.String()
    description = fields.String()
    unit = fields.String()
    frequency = EnumField(Frequency, allow_none=True)
    seasonal_adjustment = fields.String()
    column_units = fields.List(fields.String())
    source = fields.String()
    attribution = fields.String()
    terms = fields.String()
    date_column = fields.String()
    extra = fields.Raw(metadata={"type": "object"})


class IdentitySchema(Schema):
    """What identifies a series."""

    id = fields.UUID()
    code = fields.String()
    provider = fields.String()
    database_code = fields.String(attribute="code.database")
    dataset_code = fields.String(attribute="code.dataset")
    alias = fields.String()


class SourceSchema(IdentitySchema):
    """A series, in a response with its observations."""

    name = fields.String(attribute="metadata.name")
    unit = fields.String(attribute="metadata.unit")
    frequency = EnumField(Frequency, attribute="metadata.frequency", allow_none=True)
    attribution = fields.String(attribute="metadata.attribution")


class StateSchema(IdentitySchema):
    """A series with its status and range."""

    status = EnumField(SeriesStatus)
    status_at_source = EnumField(SourceStatus, attribute="at_source.status")
    replaced_by = fields.String(attribute="at_source.replaced_by", allow_none=True)
    rows = fields.Integer(attribute="newest.rows", dump_default=None, allow_none=True)
    first_date = DateOrInstantField(attribute="newest.first", dump_default=None)
    last_date = DateOrInstantField(attribute="newest.last", dump_default=None)
    checked_at = InstantField(allow_none=True)
    links = fields.Function(lambda series: links(series.id), metadata=LINKS)


class ItemSchema(StateSchema):
    """A series in a list."""

    name = fields.String(attribute="metadata.name")
    frequency = EnumField(Frequency, attribute="metadata.frequency", allow_none=True)


class SeriesSchema(StateSchema):
    """A series in full."""

    number = fields.Integer()
    created_at = InstantField()
    metadata = fields.Nested(MetadataSchema)
    vintage = fields.Nested(VintageSchema, attribute="newest", allow_none=True)
    fetch = fields.Nested(FetchSchema, allow_none=True)
    stale = fields.Boolean()
    next_look = fields.Nested(NextLookSchema, allow_none=True)
    status_since = InstantField(attribute="at_source.since", allow_none=True)
    last_seen_at = fields.Function(lambda series: series.checked_at, metadata={"type": ["string", "null"], "format": "date-time"})
    failing = EnumField(Failing, attribute="at_source.failing", allow_none=True)
    failing_since = InstantField(attribute="at_source.failing_since", allow_none=True)
    replaces = fields.List(fields.String())
    source_statuses = fields.List(fields.Nested(StatusChangeSchema))


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


def _requested_links(requested: Requested) -> dict[str, str]:
    return links(requested.series.id) | {"fetch": public_path(f"/fetches/{requested.fetch.id}")}


class RequestedSchema(Schema):
    """The response to a request for a series."""

    id = fields.UUID(attribute="series.id")
    status = EnumField(SeriesStatus, attribute="series.status")
    provider = fields.String(attribute="series.provider")
    database_code = fields.String(attribute="series.code.database")
    dataset_code = fields.String(attribute="series.code.dataset")
    fetch = fields.Nested(FetchBriefSchema)
    links = fields.Function(_requested_links, metadata=LINKS)


class ItemErrorSchema(Schema):
    """What is wrong with one of many."""

    code = fields.String()
    detail = fields.String(attribute="message")
    retryable = fields.Boolean()
    hint = fields.String()


class BatchItemSchema(Schema):
    """One of the series of a request for many: its state, or what is wrong with the code or mask."""

    code = fields.String()
    timeseries = fields.Nested(RequestedSchema, attribute="requested", allow_none=True)
    created = fields.Boolean(attribute="requested.created", dump_default=False)
    error = fields.Nested(ItemErrorSchema, allow_none=True)


def links(series_id: object) -> dict[str, str]:
    """Return the links of a series."""
    here = public_path(f"/timeseries/{series_id}")
    return {"self": here, "data": f"{here}/data", "vintages": f"{here}/vintages", "revisions": f"{here}/revisions"}


def vintage_documents(vintages: Iterable[tuple[UUID, Vintage]]) -> list[dict[str, Any]]:
    """Return documents of vintages, given with their series' ids."""
    schema = VintageInFullSchema()
    return [{**schema.dump(vintage), "links": _vintage_links(series_id, vintage)} for series_id, vintage in vintages]


def listed_vintage_documents(series_id: UUID, page: VintagePage) -> list[dict[str, Any]]:
    """Return documents of a page of vintages, with the changes of metadata beside them."""
    schema = MetadataChangeSchema(many=True)
    documents = vintage_documents((series_id, each) for each in page.items)
    return [{**each, "metadata_changes": schema.dump(page.changes.get(each["number"], ()))} for each in documents]


def _vintage_links(series_id: UUID, vintage: Vintage) -> dict[str, str]:
    here = public_path(f"/timeseries/{series_id}")
    return {
        "self": f"{here}/vintages/{vintage.number}",
        "data": f"{here}/data.json?vintage={vintage.number}",
        "fetch": public_path(f"/fetches/{vintage.fetch_id}"),
    }


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


class ProviderHitsSchema(Schema):
    """What a provider found."""

    provider = fields.String(attribute="provider.name")
    title = fields.String(attribute="provider.title")
    status = EnumField(SearchStatus)
    hits = fields.List(fields.Nested(SearchHitSchema))
    more = fields.Boolean()
    error = fields.Nested(FailureSchema, attribute="failure", allow_none=True)
    retry_after = fields.Function(_retry_after, metadata={"type": ["integer", "null"]})
