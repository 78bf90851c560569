"""Reading a dataset for any version of the API, after a fetch if it is missing or stale, and sending it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any

import falcon
from falcon.util import dt_to_http

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Selection
from entrypoints.formats import encode, rows
from entrypoints.rest.http.errors import Problem, fetch_failed, seconds_until
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.http.source_status import add_source_status
from entrypoints.rest.quandl.documents import QuandlDataset
from entrypoints.rest.quandl.formats import QuandlFormat
from entrypoints.rest.quandl.params import DatasetQuery, dataset_query
from entrypoints.rest.quandl.xml import ROOT, xml, xml_rows

_MAX_RETRY_AFTER = 10
_MAX_WAIT_FOR_RETRY = 60
_WHOLE = Selection()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """
    A form in which a dataset is sent.

    Attributes:
        name: distinguishes it from all others, also by what it depends on.
        document: returns the document of a dataset and a query, given how to write rows.
        csv: returns the same as CSV.
        root: the name of the outermost element of XML; without one it is the document's only member.
        has_data: whether observations are in it.
        has_metadata: whether all names of columns, and what the last check found, are in it.

    """

    name: str
    document: Callable[[QuandlDataset, DatasetQuery, Any], dict[str, Any]]
    csv: Callable[[QuandlDataset, DatasetQuery], bytes]
    root: str = ROOT
    has_data: bool = True
    has_metadata: bool = True


class DatasetReader:
    """Reads and sends datasets; what is missing or stale is fetched first."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._read_through, self._read_series = use_cases.read_through, use_cases.read_series
        self._describe_series, self._sender = use_cases.describe_series, sender

    def send(self, req: falcon.Request, resp: falcon.Response, code: DatasetCode, *, shape: Shape, kind: QuandlFormat) -> None:
        """Respond with the part of a dataset that the request's parameters select."""
        query = dataset_query(req, resp)
        series = self._series(req, code)
        stored = self._read_series.stored_version(series.id, query.selection.moment)
        wanted = replace(query, selection=replace(query.selection, by_rule=stored.version.rules > 0))

        def build() -> EncodedResponse:
            found = self.read(series, wanted, all_columns=shape.has_metadata)
            if shape.has_data and found.column_exists:
                self._sender.check_size(found.reading.observations)
            headers = {"Last-Modified": dt_to_http(found.reading.vintage.known_at)}
            return EncodedResponse(encode_as(shape, kind, found, query), headers)

        key = (series.id, shape.name, query, *stored.version.state)
        response = CacheableResponse(key=(*key, stored.version.checked_at) if shape.has_metadata else key, format=kind, build=build)
        resp.set_header("Age", str(stored.age))
        add_source_status(resp, stored.version)
        self._sender.send(req, resp, response)

    def _series(self, req: falcon.Request, code: DatasetCode) -> TimeSeries:
        series = self._read_through(code, **self.fetching(req))
        if series.newest is None and not series.is_formula:
            raise self.no_data(series)
        return series

    def fetching(self, req: falcon.Request) -> dict[str, Any]:
        """Return what ``ReadThrough`` takes besides codes: who requests, and what that client may."""
        context = req.context
        return {
            "may_fetch": Scope.FETCH in context.scopes,
            "acquire_slot": partial(self._sender.wait_slots.acquire, context.client),
            "request_id": context.request_id,
            "requester": requester_of(req),
        }

    def no_data(self, series: TimeSeries) -> Problem:
        """Return the problem of a series that has no data yet, or never will."""
        return _no_data_problem(self._describe_series(series.id))

    def read(self, series: TimeSeries, query: DatasetQuery, *, all_columns: bool) -> QuandlDataset:
        """
        Return the selected part of a dataset; of a column that does not exist, that fact.

        Args:
            all_columns: whether the names of columns that are not selected are wanted too.

        """
        if query.columns:
            return self._read_named(series, query)
        try:
            reading = self._read_series(series.id, query.selection)
        except InvalidInput as error:
            if error.field != "column_index":
                raise
            return self._without_column(series, query)
        columns = reading.observations.columns
        if all_columns and query.selection.column_index is not None:
            columns = self._columns(series, query)
        return QuandlDataset(reading, columns)

    def _read_named(self, series: TimeSeries, query: DatasetQuery) -> QuandlDataset:
        columns = self._columns(series, query)
        by_name = {name.casefold(): name for name in reversed(columns)} | {str(place): name for place, name in enumerate(columns, 1)}
        chosen = tuple(dict.fromkeys(by_name[name.casefold()] for name in query.columns if name.casefold() in by_name))
        if not chosen:
            return self._without_column(series, query)
        return QuandlDataset(self._read_series(series.id, replace(query.selection, column_index=None, columns=chosen)), columns)

    def _columns(self, series: TimeSeries, query: DatasetQuery) -> tuple[str, ...]:
        return self._read_series(series.id, replace(_all_of(query), limit=1)).observations.columns

    def _without_column(self, series: TimeSeries, query: DatasetQuery) -> QuandlDataset:
        reading = self._read_series(series.id, _all_of(query))
        return QuandlDataset(reading, reading.observations.columns, column_exists=False)


def _all_of(query: DatasetQuery) -> Selection:
    return replace(_WHOLE, moment=query.selection.moment, by_rule=query.selection.by_rule)


def encode_as(shape: Shape, kind: QuandlFormat, found: QuandlDataset, query: DatasetQuery) -> bytes:
    """Return a dataset in a shape and a format."""
    if kind is QuandlFormat.CSV:
        return shape.csv(found, query)
    if kind is QuandlFormat.XML:
        return xml(shape.document(found, query, xml_rows), shape.root)
    return encode(shape.document(found, query, rows))


def _no_data_problem(described: Described) -> Problem:
    series = described.series
    fetch = series.fetch
    if fetch is None or fetch.ended:
        return fetch_failed(described)
    wait = seconds_until(fetch, described.now)
    why = f" The last attempt failed: {fetch.failure.message}" if fetch.failure else ""
    if fetch.waiting_for and wait > _MAX_WAIT_FOR_RETRY:
        detail = f"{series.alias} cannot be fetched before {fetch.not_before:%Y-%m-%d %H:%M:%S} UTC.{why}"
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no_observations_yet", detail)
    detail = f"{series.alias} is being fetched. Please try again.{why}"
    headers = {"Retry-After": str(min(wait, _MAX_RETRY_AFTER))}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no_observations_yet", detail, retryable=True, headers=headers)
