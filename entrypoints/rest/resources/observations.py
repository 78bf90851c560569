"""The observations of a series, oldest first: JSON, CSV, Parquet or Arrow by suffix or negotiation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
from entrypoints.formats import Format, axis_name, columnar, csv, encode, records, table
from entrypoints.rest.http.errors import Problem, without_vintage
from entrypoints.rest.http.links import permanent_path
from entrypoints.rest.http.params import Parameters, identifier, reference, selection
from entrypoints.rest.http.response_cache import Encoded
from entrypoints.rest.http.responses import CacheableResponse
from entrypoints.rest.openapi.description import answering
from entrypoints.rest.openapi.parameters import BY_CODE, FORMED, Order, Shape
from entrypoints.rest.openapi.shapes import FILES
from entrypoints.rest.schemas import SourceSchema, VintageSchema

#: Few things are asked for again and again; what a process remembers of the others stays small.
_REMEMBERED = 256


@dataclass(frozen=True)
class Wanted:
    """What is asked for: a part of a state, and how it is written."""

    selection: Selection
    newest_first: bool
    shape: Shape
    format: Format

    @property
    def permanent(self) -> bool:
        """Tell whether it is a numbered vintage, whatever else becomes known."""
        moment = self.selection.moment
        return moment.vintage is not None and moment.as_of is None and moment.seen_by is None

    @cached_property
    def text(self) -> str:
        """Tell it from every other."""
        return repr(self)


class ObservationsResource:
    """What is kept of a series; never fetches."""

    def __init__(self, use_cases: UseCases, kind: Format | None) -> None:
        self._read_series, self._describe_series, self._format = use_cases.read_series, use_cases.describe_series, kind

    @answering({200: FILES}, FORMED, problems=(404, 413, 502), kept=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Send the part that is asked for."""
        self._send(req, resp, identifier(series_id), by_code=False)

    def _send(self, req: falcon.Request, resp: falcon.Response, key: UUID, *, by_code: bool) -> None:
        wanted = _wanted(req.query_string, self._format or negotiated(req, resp), by_code=by_code)
        standing = self._read_series.stored_version(key)
        if not standing.version.vintages:
            raise without_vintage(self._describe_series(key))
        resp.set_header("Age", str(standing.age))

        def make() -> Encoded:
            reading = self._read_series(key, wanted.selection)
            req.context.answers.check_size(reading.observations)
            headers = {
                "Content-Location": permanent_path(req, f"/timeseries/{key}/data.{wanted.format}", vintage=reading.vintage.number),
                "Last-Modified": dt_to_http(reading.vintage.known_at),
            }
            return Encoded(_written(reading, wanted, standing), headers)

        offer = CacheableResponse(key=_key(key, wanted, standing), format=wanted.format, make=make, permanent=wanted.permanent)
        req.context.answers.send(req, resp, offer)


class ObservationsByCodeResource(ObservationsResource):
    """The same by the series' code."""

    @answering({200: FILES}, BY_CODE, problems=(404, 413, 502), kept=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:  # type: ignore[override]
        """Send the part that is asked for of the series that has the code."""
        parameters = Parameters(req.params, BY_CODE)
        text = parameters.text("code")
        if text is None:
            raise InvalidInput("code is missing.", field="code", hint="Name the series: /data?code=DATABASE/DATASET.")
        provider, code = reference(text, parameters.text("provider"))
        self._send(req, resp, self._describe_series.by_code(code, provider).series.id, by_code=True)


def negotiated(req: falcon.Request, resp: falcon.Response) -> Format:
    """Choose the format a client likes best."""
    resp.append_header("Vary", "Accept")
    chosen = _liked_best(req.accept)
    if chosen is None:
        detail = "None of the media types of the Accept header can be sent."
        hint = f"There is {', '.join(map(_bare, Format))}."
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", detail, hint=hint, errors=[{"header": "Accept", "detail": detail}])
    return chosen


@lru_cache(_REMEMBERED)
def _liked_best(accept: str) -> Format | None:
    offered = {_bare(kind): kind for kind in Format}
    try:
        return offered.get(best_match(list(offered), accept))
    except ValueError:
        return None


def _bare(kind: Format) -> str:
    return kind.media_type.partition(";")[0]


@lru_cache(_REMEMBERED)
def _wanted(query: str, kind: Format, *, by_code: bool) -> Wanted:
    parameters = Parameters(parse_query_string(query, keep_blank=True), BY_CODE if by_code else FORMED)
    return Wanted(
        selection(parameters),
        parameters.choice("order", Order) is Order.DESCENDING,
        parameters.choice("shape", Shape) or Shape.TABLE,
        kind,
    )


def _key(series_id: UUID, wanted: Wanted, standing: StoredVersion) -> tuple[Any, ...]:
    if wanted.permanent:
        return (series_id, wanted.text)
    version = standing.version
    told = (version.checked_at, standing.stale) if wanted.format is Format.JSON else ()
    return (series_id, wanted.text, version.vintages, version.entry, *told)


def _written(reading: Reading, wanted: Wanted, standing: StoredVersion) -> bytes:
    observations, newest_first = reading.observations, wanted.newest_first
    if wanted.format is Format.CSV:
        return csv(observations, (axis_name(observations), *observations.columns), newest_first=newest_first)
    if wanted.format.is_columnar:
        return columnar(reading, wanted.format, newest_first=newest_first)
    about: dict[str, Any] = {"series": SourceSchema().dump(reading.series), "vintage": VintageSchema().dump(reading.vintage)}
    if not wanted.permanent:
        about |= {"checked_at": standing.version.checked_at, "stale": standing.stale}
    if wanted.shape is Shape.RECORDS:
        return encode({"data": records(observations, newest_first=newest_first), **about})
    return encode({**table(observations, newest_first=newest_first), **about})


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    for kind in (None, *Format):
        suffix = f".{kind}" if kind else ""
        yield f"/timeseries/{{series_id}}/data{suffix}", ObservationsResource(use_cases, kind)
        yield f"/data{suffix}", ObservationsByCodeResource(use_cases, kind)
