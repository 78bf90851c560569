"""The observations of a series, oldest first, as JSON, CSV, Parquet or Arrow by suffix or content negotiation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

import falcon
from falcon.uri import parse_query_string
from falcon.util import dt_to_http
from falcon.util.mediatypes import best_match

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.use_cases import UseCases
from domain.use_cases.read_series import Reading, Selection, StoredVersion
from entrypoints.formats import Format, columnar, csv, encode, heading, records, table
from entrypoints.rest.http.errors import Problem, no_observations
from entrypoints.rest.http.links import permanent_path, pinned_path
from entrypoints.rest.http.params import QueryParameters, parse_code, parse_selection, parse_uuid
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.http.source_status import add_source_status, source_note
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import BY_CODE, READING_WITH_SHAPE, DataTransform, Order, RowLayout
from entrypoints.rest.openapi.response_schemas import FILES
from entrypoints.rest.schemas.series import SourceSchema
from entrypoints.rest.schemas.states import state_document

#: Few queries are repeated often; the cache of parsed ones stays small.
_CACHE_SIZE = 256


@dataclass(frozen=True)
class DataQuery:
    """A request for data: a part of a state, and its format."""

    selection: Selection
    newest_first: bool
    shape: RowLayout
    format: Format

    @property
    def permanent(self) -> bool:
        """Whether it names a vintage by number, or a position of the feed, so that its response never changes."""
        moment = self.selection.moment
        return moment.position is not None or (moment.vintage is not None and moment.as_of is None and moment.seen_by is None)

    @cached_property
    def cache_key(self) -> str:
        """The key of this query in the response cache."""
        return repr(self)


class ObservationsResource:
    """Observations of a series; never fetches."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender, kind: Format | None) -> None:
        self._read_series, self._describe_series = use_cases.read_series, use_cases.describe_series
        self._sender, self._format = sender, kind

    @operation({200: FILES}, READING_WITH_SHAPE, problems=(404, 413, 422, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return the requested part."""
        self._send(req, resp, parse_uuid(series_id), by_code=False)

    def _send(self, req: falcon.Request, resp: falcon.Response, key: UUID, *, by_code: bool) -> None:
        query = _parse_query(req.query_string, self._format or negotiate(req, resp), by_code=by_code)
        stored = self._read_series.stored_version(key, query.selection.moment)
        if not stored.version.vintages:
            raise no_observations(self._describe_series(key))
        resp.set_header("Age", str(stored.age))
        add_source_status(resp, stored.version)

        def build() -> EncodedResponse:
            selection = query.selection
            reading = self._read_series(key, replace(selection, by_rule=stored.version.rules > 0))
            self._sender.check_size(reading.observations, further=reading.observations.values.size if selection.flags else 0)
            headers = {
                "Content-Location": permanent_path_of(req, f"/timeseries/{key}/data.{query.format}", reading),
                "Last-Modified": dt_to_http(reading.vintage.known_at),
            }
            return EncodedResponse(_encode(reading, query, stored), headers)

        response = CacheableResponse(key=_cache_key(key, query, stored), format=query.format, build=build, permanent=query.permanent)
        self._sender.send(req, resp, response)


class ObservationsByCodeResource(ObservationsResource):
    """Observations by the series' code."""

    @operation({200: FILES}, BY_CODE, problems=(404, 413, 422, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:  # type: ignore[override]
        """Return the requested part of the series with this code."""
        parameters = QueryParameters(req.params, BY_CODE)
        text = parameters.text("code")
        if text is None:
            raise InvalidInput("code is missing.", field="code", hint="Name the series: /data?code=DATABASE/DATASET.")
        provider, code = parse_code(text, parameters.text("provider"))
        self._send(req, resp, self._describe_series.find(code, provider).id, by_code=True)


def permanent_path_of(req: falcon.Request, path: str, reading: Reading) -> str:
    """Return the path that always returns what was read."""
    if made := reading.computed or reading.spliced:
        return pinned_path(req, path, position=made.position)
    return permanent_path(req, path, vintage=reading.vintage.number)


def negotiate(req: falcon.Request, resp: falcon.Response) -> Format:
    """Return the format that the client prefers; raises Problem (406) if it accepts none."""
    resp.append_header("Vary", "Accept")
    chosen = _best_format(req.accept)
    if chosen is None:
        detail = "None of the media types in the Accept header is available."
        hint = f"There is {', '.join(map(_media_type, Format))}."
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", detail, hint=hint, errors=[{"header": "Accept", "detail": detail}])
    return chosen


@lru_cache(_CACHE_SIZE)
def _best_format(accept: str) -> Format | None:
    offered = {_media_type(kind): kind for kind in Format}
    try:
        return offered.get(best_match(list(offered), accept))
    except ValueError:
        return None


def _media_type(kind: Format) -> str:
    return kind.media_type.partition(";")[0]


@lru_cache(_CACHE_SIZE)
def _parse_query(query: str, kind: Format, *, by_code: bool) -> DataQuery:
    parameters = QueryParameters(parse_query_string(query, keep_blank=True), BY_CODE if by_code else READING_WITH_SHAPE)
    return DataQuery(
        parse_selection(parameters, DataTransform),
        parameters.choice("order", Order) is Order.DESCENDING,
        parameters.choice("shape", RowLayout) or RowLayout.TABLE,
        kind,
    )


def _cache_key(series_id: UUID, query: DataQuery, stored: StoredVersion) -> tuple[Any, ...]:
    version = stored.version
    if query.permanent:
        return (series_id, query.cache_key, *version.inputs[:1])
    tells_more = query.format is Format.JSON and query.shape is not RowLayout.LIST
    changing = (version.checked_at, stored.stale, source_note(version)) if tells_more else ()
    return (series_id, query.cache_key, *version.state, *changing)


def _encode(reading: Reading, query: DataQuery, stored: StoredVersion) -> bytes:
    observations, labels = reading.observations, reading.provenance
    newest_first, flags = query.newest_first, query.selection.flags
    if query.format is Format.CSV:
        names = heading(observations, flags=flags, provenance=labels)
        return csv(observations, names, newest_first=newest_first, flags=flags, provenance=labels)
    if query.format.is_columnar:
        return columnar(reading, query.format, newest_first=newest_first, flags=flags)
    if query.shape is RowLayout.LIST:
        return encode(records(observations, newest_first=newest_first, flags=flags, provenance=labels))
    about: dict[str, Any] = {"series": SourceSchema().dump(reading.series), **state_document(reading)}
    if not query.permanent:
        about |= {"checked_at": stored.version.checked_at, "stale": stored.stale}
        if note := source_note(stored.version):
            about["note"] = note
    if flags:
        about["flags"] = reading.series.metadata.flags
    if query.shape is RowLayout.RECORDS:
        return encode({"data": records(observations, newest_first=newest_first, flags=flags, provenance=labels), **about})
    return encode({**table(observations, newest_first=newest_first, flags=flags, provenance=labels), **about})


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    for kind in (None, *Format):
        suffix = f".{kind}" if kind else ""
        yield f"/timeseries/{{series_id}}/data{suffix}", ObservationsResource(use_cases, sender, kind)
        yield f"/data{suffix}", ObservationsByCodeResource(use_cases, sender, kind)
