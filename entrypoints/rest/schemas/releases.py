"""The marshmallow schema of a release of a followed series."""

from __future__ import annotations

from marshmallow import Schema, fields

from domain.schedules.listed import Standing
from entrypoints.rest.fields import LINKS, DateOrInstantField, EnumField, InstantField
from entrypoints.rest.http.links import public_path


class ReleasedSeriesSchema(Schema):
    """The series of a release."""

    id = fields.UUID(attribute="series_id")
    provider = fields.String()
    code = fields.String()
    name = fields.String()


class ListedReleaseSchema(Schema):
    """A release that came, or that is expected; then ``vintage`` and ``newest`` are null, else ``schedule_id`` and ``reason``."""

    at = InstantField()
    standing = EnumField(Standing)
    timeseries = fields.Nested(ReleasedSeriesSchema, attribute="_self")
    reason = fields.Function(lambda release: release.reason or None, metadata={"type": ["string", "null"]})
    schedule_id = fields.UUID(allow_none=True)
    vintage = fields.Integer(allow_none=True)
    newest = DateOrInstantField(allow_none=True)
    links = fields.Function(lambda release: {"timeseries": public_path(f"/timeseries/{release.series_id}")}, metadata=LINKS)

    def get_attribute(self, obj: object, attr: str, default: object) -> object:
        """Return the release itself for the series that it names."""
        return obj if attr == "_self" else super().get_attribute(obj, attr, default)
