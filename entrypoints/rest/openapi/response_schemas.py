"""Schemas of the responses that resources write without a marshmallow schema."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from entrypoints.formats import Format
from entrypoints.rest.fields import LINKS, DateOrInstantField, InstantField
from entrypoints.rest.openapi.operation import Content
from entrypoints.rest.schemas.fetches import FailureSchema
from entrypoints.rest.schemas.formulas import ComputedSchema
from entrypoints.rest.schemas.imports import ImportedSeriesSchema
from entrypoints.rest.schemas.keys import KeySchema
from entrypoints.rest.schemas.providers import ProviderHitsSchema, ProviderSchema
from entrypoints.rest.schemas.requested import BatchItemSchema
from entrypoints.rest.schemas.schedules import PreviewedLookSchema
from entrypoints.rest.schemas.series import ItemSchema, SourceSchema
from entrypoints.rest.schemas.stand_ins import EquivalenceSchema
from entrypoints.rest.schemas.states import SplicedSchema
from entrypoints.rest.schemas.vintages import VintageInFullSchema, VintageSchema
from entrypoints.rest.schemas.webhooks import WebhookSchema

TEXT, NUMBER, FLAG = fields.String(), fields.Integer(), fields.Boolean()
MAYBE_TEXT, MAYBE_NUMBER = fields.String(allow_none=True), fields.Integer(allow_none=True)
TEXTS = fields.List(TEXT)
SOURCE, VINTAGE = fields.Nested(SourceSchema), fields.Nested(VintageSchema)

_VALUE = {"type": ["number", "string", "null"]}
_ROW = {"type": "array", "prefixItems": [{"type": "string"}], "items": _VALUE}
_RECORD = {"type": "object", "additionalProperties": {"type": ["number", "string", "null"]}}
_ROWS = fields.Raw(metadata={"type": "array", "items": _ROW})
_FLAGGED_ROW = {**_ROW, "items": {"type": ["number", "string", "null"]}}
_ERRORS = {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}}


def make_schema(name: str, /, **members: Any) -> type[Schema]:
    """Return a schema with these members, each a field or a nested schema."""
    document = {member: fields.Nested(kind) if isinstance(kind, type) else kind for member, kind in members.items()}
    return Schema.from_dict(document, name=f"{name}Schema")


def optional(field: fields.Field[Any]) -> fields.Field[Any]:
    """Mark a member as one that may be absent."""
    field.metadata = {**field.metadata, "optional": True}
    return field


def page_of(kind: type[Schema]) -> type[Schema]:
    """Return the schema of a page of a list."""
    name = kind.__name__.removesuffix("Schema")
    return make_schema(f"{name}Page", items=fields.List(fields.Nested(kind)), next=MAYBE_TEXT)


PROBLEM = make_schema(
    "Problem",
    **dict.fromkeys(("type", "title", "detail", "code", "hint", "instance"), TEXT),
    status=NUMBER,
    retryable=FLAG,
    errors=fields.Raw(metadata=_ERRORS),
)
MEANING = make_schema("Meaning", **dict.fromkeys(("type", "title", "detail", "code", "hint"), TEXT), status=NUMBER, retryable=FLAG)
MEANINGS = make_schema("Meanings", items=fields.List(fields.Nested(MEANING)))
BATCH = make_schema("Batch", batch=fields.UUID(), items=fields.List(fields.Nested(BatchItemSchema)), links=fields.Raw(metadata=LINKS))
LOOKS = make_schema("PreviewedLooks", items=fields.List(fields.Nested(PreviewedLookSchema)))
ROOT = make_schema("Root", name=TEXT, version=TEXT, links=fields.Raw(metadata=LINKS))
ALIVE = make_schema("Alive", status=TEXT)
READY = make_schema(
    "Ready",
    status=TEXT,
    oldest_due_seconds=fields.Float(),
    workers=NUMBER,
    consumers=NUMBER,
    broker=TEXT,
    primary=optional(fields.String()),
    replica=optional(fields.String()),
    replica_lag_bytes=optional(fields.Integer(allow_none=True)),
    replica_lag_seconds=optional(fields.Float(allow_none=True)),
)
FOUND = make_schema("Found", stored=fields.List(fields.Nested(ItemSchema)), providers=fields.List(fields.Nested(ProviderHitsSchema)))
PROVIDERS = make_schema("Providers", items=fields.List(fields.Nested(ProviderSchema)))
EQUIVALENCES = make_schema("Equivalences", items=fields.List(fields.Nested(EquivalenceSchema)))
WEBHOOKS = make_schema("Webhooks", items=fields.List(fields.Nested(WebhookSchema)))
KEYS = make_schema("Keys", items=fields.List(fields.Nested(KeySchema)))
PENDING = make_schema(
    "Pending",
    id=fields.UUID(),
    status=TEXT,
    attempts=NUMBER,
    next_attempt=InstantField(allow_none=True),
    last_error=fields.Nested(FailureSchema, allow_none=True),
)

TABLE = make_schema("Table", columns=TEXTS, data=_ROWS)
OBSERVATIONS = make_schema(
    "Observations",
    columns=optional(fields.List(TEXT)),
    data=fields.Raw(metadata={"type": "array", "items": {"anyOf": [_FLAGGED_ROW, _RECORD]}}),
    series=SOURCE,
    vintage=fields.Nested(VintageSchema, allow_none=True),
    formula=optional(fields.Nested(ComputedSchema)),
    splice=optional(fields.Nested(SplicedSchema)),
    checked_at=optional(InstantField(allow_none=True)),
    stale=optional(fields.Boolean()),
    note=optional(fields.String()),
    flags=optional(fields.Raw(metadata={"type": "object", "additionalProperties": {"type": "string"}})),
)


def in_every_format(document: type[Schema] | dict[str, Any]) -> Content:
    """Return the content of a table that is sent as JSON, CSV, Parquet or Arrow."""
    return {
        Format.JSON.media_type: document,
        Format.CSV.media_type: {"type": "string"},
        Format.PARQUET.media_type: {"type": "string", "format": "binary"},
        Format.ARROW.media_type: {"type": "string", "format": "binary"},
    }


FILES = in_every_format(OBSERVATIONS)
_CHANGE = make_schema(
    "Change", date=DateOrInstantField(), column=TEXT, old=fields.Float(allow_none=True), new=fields.Float(allow_none=True)
)
_FLAG_CHANGE = make_schema("FlagChange", date=DateOrInstantField(), column=TEXT, old=MAYBE_TEXT, new=MAYBE_TEXT)
REVISIONS = make_schema(
    "Revisions",
    **{"series": SOURCE, "from": VINTAGE, "to": VINTAGE, "added": TABLE},
    changed=fields.List(fields.Nested(_CHANGE)),
    deleted=TABLE,
    columns_added=TEXTS,
    columns_removed=TEXTS,
    flags_changed=fields.List(fields.Nested(_FLAG_CHANGE)),
    flags_alone=FLAG,
)
_NAMED = make_schema("Named", id=fields.UUID(), provider=TEXT, code=TEXT)
_NEWS = make_schema("News", position=NUMBER, timeseries=_NAMED, is_newest=fields.Boolean(), vintage=VintageInFullSchema)
FEED = make_schema("Feed", items=fields.List(fields.Nested(_NEWS)), next=NUMBER)
IMPORTED = make_schema("Imported", series=NUMBER, vintages=NUMBER, rows=NUMBER, items=fields.List(fields.Nested(ImportedSeriesSchema)))

_SELECTION: dict[str, Any] = {
    "limit": MAYBE_NUMBER,
    "transform": MAYBE_TEXT,
    "column_index": MAYBE_NUMBER,
    "column_names": fields.List(MAYBE_TEXT),
    "start_date": MAYBE_TEXT,
    "end_date": MAYBE_TEXT,
    "frequency": MAYBE_TEXT,
    "data": _ROWS,
    "collapse": MAYBE_TEXT,
    "order": TEXT,
}
_DATASET_METADATA: dict[str, Any] = {
    "id": NUMBER,
    **dict.fromkeys(("dataset_code", "database_code", "name", "description"), TEXT),
    **dict.fromkeys(("refreshed_at", "newest_available_date", "oldest_available_date"), MAYBE_TEXT),
    "column_names": fields.List(MAYBE_TEXT),
    "frequency": TEXT,
    "type": TEXT,
    "premium": FLAG,
    "database_id": NUMBER,
}
_DATA = make_schema("DoorData", **_SELECTION)
_METADATA = make_schema("DoorMetadata", **_DATASET_METADATA)
_WHOLE = make_schema("DoorWhole", **_DATASET_METADATA, **{name: kind for name, kind in _SELECTION.items() if name not in _DATASET_METADATA})
_DATABASE = make_schema(
    "DoorDatabase",
    **dict.fromkeys(("name", "database_code", "description", "image"), TEXT),
    **dict.fromkeys(("id", "datasets_count", "downloads"), NUMBER),
    premium=FLAG,
)
_META = make_schema(
    "DoorPage",
    query=TEXT,
    **dict.fromkeys(("per_page", "current_page", "total_pages", "total_count", "current_first_item", "current_last_item"), NUMBER),
    prev_page=MAYBE_NUMBER,
    next_page=MAYBE_NUMBER,
)
_ERROR = make_schema("DoorCode", code=TEXT, message=TEXT)

DATA = make_schema("DatasetData", dataset_data=_DATA)
_CSV = {"text/csv": {"type": "string"}}
_WHOLE_OR_PART = [make_schema("Dataset", dataset=_WHOLE), DATA, make_schema("DatasetMetadata", dataset=_METADATA)]
DATASET_OR_PART: Content = {"application/json": {"anyOf": _WHOLE_OR_PART}, **_CSV}
DATASETS: Content = {"application/json": make_schema("Datasets", datasets=fields.List(fields.Nested(_METADATA)), meta=_META), **_CSV}
DATABASES: Content = {"application/json": make_schema("Databases", databases=fields.List(fields.Nested(_DATABASE)), meta=_META), **_CSV}
DATABASE: Content = {"application/json": make_schema("Database", database=_DATABASE), **_CSV}
ARCHIVE: Content = {"application/zip": {"type": "string", "format": "binary"}}
QUANDL_ERROR = make_schema("DoorError", quandl_error=_ERROR, errors=optional(fields.Raw(metadata=_ERRORS)))
