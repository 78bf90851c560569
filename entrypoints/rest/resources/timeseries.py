"""Time series: requesting one, searching them, and reading one in Quandl's format."""

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
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Reading, Selection
from entrypoints.formats import Format, encode
from entrypoints.rest.http.body import idempotency_key, read_object
from entrypoints.rest.http.errors import check_not_refused, fetch_failed, seconds_until
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, parse_selection, parse_uuid, series_query
from entrypoints.rest.http.prefer_wait import PreferWait
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.http.source_status import add_source_status
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import BY_ID, REMOVING, REQUESTING, SEARCHING, Order
from entrypoints.rest.openapi.response_schemas import DATA, PENDING, ROOT, page_of
from entrypoints.rest.quandl import QUANDL_ROOT
from entrypoints.rest.quandl.documents import QuandlDataset, data
from entrypoints.rest.quandl.params import DatasetQuery
from entrypoints.rest.requests import FetchRequestSchema, load
from entrypoints.rest.resources.observations import permanent_path_of
from entrypoints.rest.schemas.fetches import FetchSchema
from entrypoints.rest.schemas.gates import GatesSchema, SeriesChangeSchema
from entrypoints.rest.schemas.requested import RequestedSchema
from entrypoints.rest.schemas.schedules import NextLookSchema
from entrypoints.rest.schemas.series import ItemSchema, SeriesSchema
from entrypoints.rest.schemas.source_status import StatusChangeSchema
from entrypoints.rest.schemas.stand_ins import SpliceRuleSchema

_LINKS = {
    "timeseries": "/timeseries",
    "vintages": "/vintages",
    "quandl": f"{QUANDL_ROOT}/datasets",
    "openapi": "/openapi.json",
    "docs": "/docs",
    "fetches": "/fetches",
    "formulas": "/formulas",
    "schedules": "/schedules",
    "equivalences": "/equivalences",
    "divergences": "/divergences",
    "providers": "/providers",
    "search": "/search",
    "metrics": "/metrics",
    "problems": "/problems",
    "health": "/healthz",
    "ready": "/readyz",
}
_NEXT_PARAMETERS = {"series_id": "$response.body#/id", "fetch_id": "$response.body#/fetch/id"}
_LISTED_OR_READ = {falcon.MEDIA_JSON: {"anyOf": [page_of(ItemSchema), DATA]}}


class RequestsResource:
    """Requests for series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._request_fetch, self._describe_series = use_cases.request_fetch, use_cases.describe_series
        self._prefer_wait, self._sender = PreferWait(use_cases.await_fetch, sender.wait_slots), sender

    @operation({200: RequestedSchema, 201: RequestedSchema}, REQUESTING, body=FetchRequestSchema, links=_NEXT_PARAMETERS, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Commit the request and respond at once, or when a worker has ended the fetch if that is preferred."""
        arguments = load(FetchRequestSchema(), read_object(req, self._sender.body_slots))
        about = {"request_id": req.context.request_id, "key": idempotency_key(req), "requester": requester_of(req)}
        requested = self._request_fetch(**arguments, **about)
        fetch = self._prefer_wait(req, resp, requested.fetch)
        if self._prefer_wait.is_asked(req):
            with suppress(SeriesNotFound, StoreUnavailable):
                described = self._describe_series(requested.series.id)
                check_not_refused(described, fetch)
                requested = replace(requested, series=described.series, fetch=fetch)
        resp.media = RequestedSchema().dump(requested)
        if requested.created:
            resp.status = falcon.HTTP_CREATED
            resp.location = public_path(f"/timeseries/{requested.series.id}")


class RootResource(RequestsResource):
    """The API's root, which accepts requests for series too."""

    @operation({200: ROOT}, scope=None)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Return links to all resources."""
        resp.media = {
            "name": "lanner",
            "version": version("lanner"),
            "links": {name: public_path(path) for name, path in {"self": "/", **_LINKS}.items()},
        }


class TimeSeriesResource(RequestsResource):
    """Time series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        super().__init__(use_cases, sender)
        self._search_series, self._read_series = use_cases.search_series, use_cases.read_series

    @operation({200: _LISTED_OR_READ, 202: PENDING}, {**SEARCHING, **BY_ID}, problems=(404, 413, 422, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the observations of the series with an id, or list series."""
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
        stored = self._read_series.stored_version(series_id, query.moment)
        if not stored.version.vintages:
            described = self._describe_series(series_id)
            if described.series.status is SeriesStatus.ERROR:
                raise fetch_failed(described)
            _respond_pending(resp, described)
            return

        def build() -> EncodedResponse:
            reading = self._read_series(series_id, replace(query, by_rule=stored.version.rules > 0))
            self._sender.check_size(reading.observations)
            path = permanent_path_of(req, req.path, reading)
            headers = {"Content-Location": path, "Last-Modified": dt_to_http(reading.vintage.known_at)}
            return EncodedResponse(encode({"dataset_data": _quandl_data(reading, query, order)}), headers)

        key = (series_id, "quandl", query, order, *stored.version.state)
        resp.set_header("Age", str(stored.age))
        add_source_status(resp, stored.version)
        self._sender.send(req, resp, CacheableResponse(key=key, format=Format.JSON, build=build))


class OneTimeSeriesResource:
    """One series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._describe_series, self._remove_series = use_cases.describe_series, use_cases.remove_series
        self._manage_gates, self._sender = use_cases.manage_gates, sender

    @operation({200: SeriesSchema}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return its metadata and status, without observations."""
        resp.media = self._document(self._describe_series(parse_uuid(series_id)))

    @operation({200: SeriesSchema}, body=SeriesChangeSchema, scope=Scope.FETCH)
    def on_patch(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Set the gates that the answers for it have to pass; what is absent stays."""
        wanted = parse_uuid(series_id)
        self._manage_gates.change(wanted, load(SeriesChangeSchema(), read_object(req, self._sender.body_slots)))
        resp.media = self._document(self._describe_series(wanted))

    @operation({204: None}, REMOVING, problems=(409,), scope=Scope.ADMIN)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Remove it with all its vintages, if its code is given as confirmation."""
        confirm = QueryParameters(req.params, REMOVING).text("confirm") or ""
        self._remove_series(parse_uuid(series_id), confirm=confirm)
        resp.status = falcon.HTTP_NO_CONTENT

    def _document(self, described: Described) -> dict[str, Any]:
        gates = self._manage_gates(described.series)
        return {
            **SeriesSchema().dump(described.series),
            "stale": described.stale,
            "next_look": NextLookSchema().dump(described.next_look) if described.next_look else None,
            "replaces": described.replaces,
            "source_statuses": StatusChangeSchema(many=True).dump(described.source_statuses),
            "gates_in_force": GatesSchema().dump(gates.in_force),
            "splices": SpliceRuleSchema(many=True).dump(described.rules),
        }


def _respond_pending(resp: falcon.Response, described: Described) -> None:
    series = described.series
    fetch = series.fetch
    document: dict[str, Any] = FetchSchema().dump(fetch) if fetch else {}
    resp.status = falcon.HTTP_ACCEPTED
    resp.retry_after = seconds_until(fetch, described.now)
    resp.media = {
        "id": series.id,
        "status": series.status,
        "attempts": document.get("attempts", 0),
        "next_attempt": document.get("next_attempt"),
        "last_error": document.get("error"),
    }


def _quandl_data(reading: Reading, query: Selection, order: Order) -> dict[str, Any]:
    """Return Quandl's members, but the dates and the frequency as they are."""
    own = {
        "start_date": query.start or reading.vintage.first,
        "end_date": query.end or reading.vintage.last,
        "frequency": reading.series.metadata.frequency,
    }
    return {**data(QuandlDataset(reading, reading.observations.columns), DatasetQuery(query, order, header=True)), **own}


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/", RootResource(use_cases, sender)
    yield "/timeseries", TimeSeriesResource(use_cases, sender)
    yield "/timeseries/{series_id}", OneTimeSeriesResource(use_cases, sender)
