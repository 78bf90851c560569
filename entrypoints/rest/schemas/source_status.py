"""Schemas of the status of series at their sources."""

from __future__ import annotations

from marshmallow import Schema, fields

from domain.source_status import SourceStatus
from entrypoints.rest.fields import EnumField, InstantField


class StatusChangeSchema(Schema):
    """A change of the status at the source, with its evidence."""

    at = InstantField()
    status = EnumField(SourceStatus)
    replaced_by = fields.String(allow_none=True)
    reason = fields.String()
    words = fields.String()
    url = fields.String()
