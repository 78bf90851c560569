"""Requesting series, finding them, and reading one in Quandl's shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import falcon
from falcon.util import dt_to_http

from domain.api_keys import Scope
from domain.errors import SeriesNotFound, StoreUnavailable
from domain.series import SeriesStatus
from domain.use_cases import UseCases
from domain.use_cases.describe_series import Described, DescribeSeries
from domain.use_cases.read_series import Reading, Selection
from domain.use_cases.remove_series import RemoveSeries
from entrypoints.formats import Format, encode, rows
from entrypoints.rest.http.body import idempotency_key, read_object
from entrypoints.rest.http.errors import fetch_failed, seconds_until
from entrypoints.rest.http.links import add_next_link, permanent_path, public_path
from entrypoints.rest.http.params import QueryParameters, parse_selection, parse_uuid, series_query
from entrypoints.rest.http.prefer_wait import awaited
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import BY_ID, REMOVING, REQUESTING, SEARCHING, Order
from entrypoints.rest.openapi.response_schemas import DATA, PENDING, ROOT, page_of
from entrypoints.rest.quandl import QUANDL_ROOT
from entrypoints.rest.quandl.documents import column_names
from entrypoints.rest.schemas import FetchRequestSchema, FetchSchema, ItemSchema, RequestedSchema, SeriesSchema, load

_LINKS = {
    "timeseries": "/timeseries",
    "vintages": "/vintages",
    "quandl": f"{QUANDL_ROOT}/datasets",
    "openapi": "/openapi.json",
    "docs": "/docs",
    "fetches": "/fetches",
    "providers": "/providers",
    "metrics": "/metrics",
    "problems": "/problems",
    "health": "/healthz",
    "ready": "/readyz",
}
_NEXT_PARAMETERS = {"series_id": "$response.body#/id", "fetch_id": "$response.body#/fetch/id"}
_LISTED_OR_READ = {falcon.MEDIA_JSON: {"anyOf": [page_of(ItemSchema), DATA]}}


class RequestsResource:
    """Takes requests for series."""

    def __init__(self, use_cases: UseCases) -> None:
        self._request_fetch, self._await_fetch = use_cases.request_fetch, use_cases.await_fetch
        self._describe_series = use_cases.describe_series

    @operation({200: RequestedSchema, 201: RequestedSchema}, REQUESTING, body=FetchRequestSchema, links=_NEXT_PARAMETERS, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Commit the request and answer at once, or when the fetch has ended if that is preferred; the fetch is a worker's."""
        QueryParameters(req.params)
        arguments = load(FetchRequestSchema(), read_object(req))
        about = {"request_id": req.context.request_id, "key": idempotency_key(req), "requester": requester_of(req)}
        requested = self._request_fetch(**arguments, **about)
        fetch = awaited(req, resp, self._await_fetch, requested.fetch)
        if fetch is not requested.fetch:
            with suppress(SeriesNotFound, StoreUnavailable):
                requested = replace(requested, series=self._describe_series(requested.series.id).series, fetch=fetch)
        resp.media = RequestedSchema().dump(requested)
        if requested.created:
            resp.status = falcon.HTTP_CREATED
            resp.location = public_path(f"/timeseries/{requested.series.id}")


class RootResource(RequestsResource):
    """The front door, which takes requests too."""

    @operation({200: ROOT}, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Tell what there is."""
        QueryParameters(req.params)
        resp.media = {
            "name": "lanner",
            "version": version("lanner"),
            "links": {name: public_path(path) for name, path in {"self": "/", **_LINKS}.items()},
        }


class TimeSeriesResource(RequestsResource):
    """The series that are kept."""

    def __init__(self, use_cases: UseCases) -> None:
        super().__init__(use_cases)
        self._search_series, self._read_series = use_cases.search_series, use_cases.read_series

    @operation({200: _LISTED_OR_READ, 202: PENDING}, {**SEARCHING, **BY_ID}, problems=(404, 413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Read the observations of the series of an id, or list series."""
        if req.params.get("id"):
            self._read(req, resp)
        else:
            self._list(req, resp)

    def _list(self, req: falcon.Request, resp: falcon.Response) -> None:
        page = self._search_series(series_query(QueryParameters(req.params, SEARCHING)))
        resp.media = {"items": ItemSchema(many=True).dump(page.items), "next": add_next_link(req, resp, page.next)}

    def _read(self, req: falcon.Request, resp: falcon.Response) -> None:
        parameters = QueryParameters(req.params, BY_ID)
        series_id = parse_uuid(parameters.text("id") or "")
        order = parameters.choice("order", Order) or Order.DESCENDING
        query = parse_selection(parameters)
        standing = self._read_series.standing(series_id)
        if not standing.version.vintages:
            described = self._describe_series(series_id)
            if described.series.status is SeriesStatus.ERROR:
                raise fetch_failed(described.series)
            _answer_pending(resp, described)
            return

        def build() -> EncodedResponse:
            reading = self._read_series(series_id, query)
            req.context.sender.check_size(reading.observations)
            path = permanent_path(req, req.path, vintage=reading.vintage.number)
            headers = {"Content-Location": path, "Last-Modified": dt_to_http(reading.vintage.known_at)}
            return EncodedResponse(encode({"dataset_data": _quandl(reading, query, order)}), headers)

        key = (series_id, "quandl", query, order, standing.version.vintages, standing.version.entry)
        resp.set_header("Age", str(standing.age))
        req.context.sender.send(req, resp, CacheableResponse(key=key, format=Format.JSON, build=build))


class OneTimeSeriesResource:
    """One series."""

    def __init__(self, describe_series: DescribeSeries, remove_series: RemoveSeries) -> None:
        self._describe_series, self._remove_series = describe_series, remove_series

    @operation({200: SeriesSchema}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Show everything known about it but its observations."""
        QueryParameters(req.params)
        described = self._describe_series(parse_uuid(series_id))
        resp.media = {**SeriesSchema().dump(described.series), "stale": described.stale}

    @operation({204: None}, REMOVING, problems=(409,), scope=Scope.ADMIN)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Remove it with all its vintages, if its code is given as confirmation."""
        confirm = QueryParameters(req.params, REMOVING).text("confirm") or ""
        self._remove_series(parse_uuid(series_id), confirm=confirm)
        resp.status = falcon.HTTP_NO_CONTENT


def _answer_pending(resp: falcon.Response, described: Described) -> None:
    series = described.series
    fetch = series.fetch
    shown: dict[str, Any] = FetchSchema().dump(fetch) if fetch else {}
    resp.status = falcon.HTTP_ACCEPTED
    resp.retry_after = seconds_until(fetch, described.now)
    resp.media = {
        "id": series.id,
        "status": series.status,
        "attempts": shown.get("attempts", 0),
        "next_attempt": shown.get("next_attempt"),
        "last_error": shown.get("error"),
    }


def _quandl(reading: Reading, query: Selection, order: Order) -> dict[str, Any]:
    metadata, observations = reading.series.metadata, reading.observations
    return {
        "limit": query.limit,
        "transform": query.transform,
        "column_index": query.column_index,
        "column_names": column_names(reading.series, observations.columns),
        "start_date": query.start or reading.vintage.first,
        "end_date": query.end or reading.vintage.last,
        "frequency": metadata.frequency,
        "data": rows(observations, newest_first=order is Order.DESCENDING),
        "collapse": query.collapse,
        "order": order,
    }


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    yield "/", RootResource(use_cases)
    yield "/timeseries", TimeSeriesResource(use_cases)
    yield "/timeseries/{series_id}", OneTimeSeriesResource(use_cases.describe_series, use_cases.remove_series)
