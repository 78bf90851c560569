"""Schemas of what a request for one or many series leads to."""

from __future__ import annotations

from marshmallow import Schema, fields

from domain.series import SeriesStatus
from domain.use_cases.request_fetch import Requested
from entrypoints.rest.fields import LINKS, EnumField
from entrypoints.rest.http.links import public_path
from entrypoints.rest.schemas.fetches import FetchBriefSchema
from entrypoints.rest.schemas.series import links


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
