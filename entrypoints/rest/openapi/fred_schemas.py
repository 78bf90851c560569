"""Schemas of the answers of FRED's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from entrypoints.rest.openapi.operation import Content
from entrypoints.rest.openapi.response_schemas import FLAG, NUMBER, TEXT, TEXTS, make_schema, optional

_XML = {"text/xml": {"type": "string"}}
_FILE = {"type": "string", "format": "binary"}
_OBJECTS = fields.Raw(metadata={"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}})
_PERIOD: dict[str, Any] = dict.fromkeys(("realtime_start", "realtime_end"), TEXT)
_COUNTS: dict[str, Any] = dict.fromkeys(("count", "offset", "limit"), NUMBER)
_PAGE: dict[str, Any] = {
    **_PERIOD,
    **dict.fromkeys(("order_by", "sort_order"), TEXT),
    **_COUNTS,
}


def _either(schema: type[Schema]) -> Mapping[str, type[Schema] | Mapping[str, Any]]:
    return {"application/json": schema, **_XML}


_TEXTS_OF_SERIES = (
    *("id", "realtime_start", "realtime_end", "title", "observation_start", "observation_end", "frequency", "frequency_short"),
    *("units", "units_short", "seasonal_adjustment", "seasonal_adjustment_short", "last_updated"),
)
_SERIES = make_schema("FredSeries", **dict.fromkeys(_TEXTS_OF_SERIES, TEXT), popularity=NUMBER, notes=optional(fields.String()))
_RELEASE = make_schema("FredRelease", id=NUMBER, **_PERIOD, name=TEXT, press_release=FLAG, link=optional(fields.String()))
_DATE = make_schema("FredReleaseDate", release_id=NUMBER, release_name=optional(fields.String()), date=TEXT)
_HEADER: dict[str, Any] = {
    **_PAGE,
    **dict.fromkeys(("observation_start", "observation_end", "units", "file_type"), TEXT),
    "output_type": NUMBER,
}
OBSERVATIONS: Content = {
    **_either(make_schema("FredObservations", **_HEADER, observations=_OBJECTS)),
    "application/zip": _FILE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _FILE,
}
SERIES = _either(make_schema("FredSeriesList", **_PERIOD, seriess=fields.List(fields.Nested(_SERIES))))
SERIES_PAGE = _either(make_schema("FredSeriesPage", **_PAGE, seriess=fields.List(fields.Nested(_SERIES))))
VINTAGE_DATES = _either(make_schema("FredVintageDates", **_PAGE, vintage_dates=TEXTS))
RELEASE = _either(make_schema("FredReleaseList", **_PERIOD, releases=fields.List(fields.Nested(_RELEASE))))
RELEASES = _either(make_schema("FredReleasePage", **_PAGE, releases=fields.List(fields.Nested(_RELEASE))))
RELEASE_DATES = _either(make_schema("FredReleaseDates", **_PAGE, release_dates=fields.List(fields.Nested(_DATE))))
_EMPTY = fields.Raw(metadata={"type": "array", "maxItems": 0, "optional": True})
_EMPTY_LISTS = dict.fromkeys(("categories", "tags", "sources", "seriess", "releases"), _EMPTY)
EMPTY = _either(make_schema("FredEmptyList", **_PERIOD, **_COUNTS, **_EMPTY_LISTS))
GRAPH: Content = {"text/csv": {"type": "string"}}
TEXT_PAGE: Content = {"text/html": {"type": "string"}, "text/plain": {"type": "string"}}
FRED_ERROR = make_schema("FredError", error_code=NUMBER, error_message=TEXT)
