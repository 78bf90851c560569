"""Schemas of fetches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields

from domain.fetches import Fetch, FetchStatus, WaitingFor
from entrypoints.rest.fields import LINKS, EnumField, InstantField
from entrypoints.rest.http.links import public_path
from entrypoints.rest.schemas.gates import SuspiciousCellSchema

WAITING = {
    "type": ["object", "null"],
    "properties": {"reason": {"enum": [*WaitingFor]}, "until": {"type": "string", "format": "date-time"}},
}


class FailureSchema(Schema):
    """Why a fetch failed; ``cells`` are the first of those for which its answer was refused."""

    code = fields.String()
    message = fields.String()
    retryable = fields.Boolean()
    hint = fields.String()
    cells = fields.List(fields.Nested(SuspiciousCellSchema))


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
