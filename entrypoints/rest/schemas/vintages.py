"""Schemas of vintages, and documents of lists of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from domain.use_cases.list_vintages import VintagePage
from domain.vintages import Cause, Vintage
from entrypoints.rest.fields import LINKS, DateOrInstantField, EnumField, InstantField
from entrypoints.rest.http.links import public_path


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
    fetch = {} if vintage.cause is Cause.IMPORT else {"fetch": public_path(f"/fetches/{vintage.fetch_id}")}
    return {
        "self": f"{here}/vintages/{vintage.number}",
        "data": f"{here}/data.json?vintage={vintage.number}",
        **fetch,
    }
