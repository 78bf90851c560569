"""Schemas of series."""

from __future__ import annotations

from marshmallow import Schema, fields

from domain.frequency import Frequency
from domain.series import SeriesStatus
from domain.source_status import Failing, SourceStatus
from entrypoints.rest.fields import LINKS, DateOrInstantField, EnumField, InstantField
from entrypoints.rest.http.links import public_path
from entrypoints.rest.schemas.fetches import FetchSchema
from entrypoints.rest.schemas.gates import GatesSchema, SeriesGatesSchema
from entrypoints.rest.schemas.schedules import NextLookSchema
from entrypoints.rest.schemas.source_status import StatusChangeSchema
from entrypoints.rest.schemas.stand_ins import SpliceRuleSchema
from entrypoints.rest.schemas.vintages import VintageSchema


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
    gates = fields.Nested(SeriesGatesSchema)
    gates_in_force = fields.Nested(GatesSchema)
    splices = fields.List(fields.Nested(SpliceRuleSchema))


def links(series_id: object) -> dict[str, str]:
    """Return the links of a series."""
    here = public_path(f"/timeseries/{series_id}")
    return {"self": here, "data": f"{here}/data", "vintages": f"{here}/vintages", "revisions": f"{here}/revisions"}
