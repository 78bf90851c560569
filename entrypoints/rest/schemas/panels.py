"""Schemas of panels: the body of a request, and the JSON of an answer."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields, validate

from domain.panels.query import MOST_SERIES
from entrypoints.formats import Format
from entrypoints.rest.fields import TextField
from entrypoints.rest.openapi.operation import Content
from entrypoints.rest.openapi.panel_parameters import PANEL_OPTIONS

_UNKNOWN: dict[str, Any] = {"unknown": "is not a field of this request."}
_LIST: dict[str, Any] = {"required": "is missing.", "null": "must be a list.", "invalid": "must be a list."}


def _option(name: str) -> fields.Raw:
    """Return a field whose values the domain reads, as it does those of query parameters."""
    described = PANEL_OPTIONS[name]
    return fields.Raw(metadata={**described.schema, "description": described.text})


class _Options(Schema):
    class Meta:
        include: ClassVar[dict[str, fields.Raw]] = {name: _option(name) for name in PANEL_OPTIONS}


class PanelSeriesSchema(_Options):
    """A series of a panel, or a mask."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = _UNKNOWN | {"type": "must be an object."}

    code = TextField("FRED/GDP", required=True)
    column = TextField("Close")
    name = TextField("gdp")
    checked_at = TextField("2024-06-01T12:00:00Z")


class PanelRequestSchema(_Options):
    """The body of ``POST /panel``: moments, series, and what is said of all series."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = _UNKNOWN

    series = fields.List(
        fields.Nested(PanelSeriesSchema, error_messages={"null": "must be an object."}),
        required=True,
        validate=validate.Length(1, MOST_SERIES, error=f"must name 1 to {MOST_SERIES} series."),
        error_messages=_LIST,
    )
    dates = fields.List(TextField("2024-01-31"), error_messages=_LIST)
    start = TextField("1992-01-31")
    end = TextField("2024-12-31")
    every = TextField("month_ends")
    at = TextField("16:00")
    position = fields.Integer(
        strict=True,
        validate=validate.Range(0, 10**18, error="must be a position of the feed."),
        error_messages={"invalid": "must be a whole number.", "null": "must be a whole number."},
    )


_CELL = {"type": ["string", "number", "null"]}
_ANSWER = Schema.from_dict(
    {
        "query": fields.Raw(metadata={"type": "object"}),
        "columns": fields.List(fields.String()),
        "data": fields.Raw(metadata={"type": "array", "items": {"type": "array", "items": _CELL}}),
    },
    name="PanelSchema",
)
PANEL_FILES: Content = {
    Format.JSON.media_type: _ANSWER,
    Format.CSV.media_type: {"type": "string"},
    Format.PARQUET.media_type: {"type": "string", "format": "binary"},
    Format.ARROW.media_type: {"type": "string", "format": "binary"},
}
