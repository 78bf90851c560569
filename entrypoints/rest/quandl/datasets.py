"""Datasets of the Quandl-compatible API: data and metadata of one, and the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

import falcon
from falcon.util import dt_to_http

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import DamagedVintage, InvalidInput, NotFound
from domain.formulas.lines import FORMULA_COLUMN
from domain.moments import AsOf
from domain.series import SeriesQuery, SeriesStatus, TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Selection
from entrypoints.formats import Format, encode
from entrypoints.rest.http.errors import Problem, fetch_failed, seconds_until
from entrypoints.rest.http.params import parse_words
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.http.source_status import add_source_status
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_READING, QUANDL_SEARCHING
from entrypoints.rest.openapi.response_schemas import DATASET_OR_PART, DATASETS
from entrypoints.rest.quandl import QUANDL_ROOT, documents
from entrypoints.rest.quandl.params import DatasetQuery, dataset_query, number, text

MAX_COUNT = 10_000
_MAX_RETRY_AFTER = 10
_MAX_WAIT_FOR_RETRY = 60
_MAX_PER_PAGE = 100
_CACHE_SIZE = 10_000
_WHOLE = Selection()
_SUFFIXES = {"json": Format.JSON, "csv": Format.CSV}


class DatasetResource:
    """One dataset, fetched first if it is missing or stale."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._read_through, self._read_series = use_cases.read_through, use_cases.read_series
        self._describe_series, self._sender = use_cases.describe_series, sender

    @operation({200: DATASET_OR_PART}, QUANDL_READING, problems=(413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Return it as JSON or CSV."""
        dataset, part = place["dataset"], place.get("part")
        if part:
            name, kind = split_format(req, resp, part)
            if name not in ("data", "metadata"):
                raise falcon.HTTPRouteNotFound
        else:
            name, (dataset, kind) = "dataset", split_format(req, resp, dataset)
        query = dataset_query(req)
        series = self._series(req, DatasetCode(place["database"], dataset))
        stored = self._read_series.stored_version(series.id, query.selection.moment)
        wanted = replace(query, selection=replace(query.selection, by_rule=stored.version.rules > 0))

        def build() -> EncodedResponse:
            found = self._read(series, wanted, all_columns=name != "data")
            if name != "metadata" and found.column_exists:
                self._sender.check_size(found.reading.observations)
            headers = {"Last-Modified": dt_to_http(found.reading.vintage.known_at)}
            return EncodedResponse(_encode(name, kind, found, query), headers)

        key = (series.id, name, query, *stored.version.state)
        response = CacheableResponse(key=key if name == "data" else (*key, stored.version.checked_at), format=kind, build=build)
        resp.set_header("Age", str(stored.age))
        add_source_status(resp, stored.version)
        self._sender.send(req, resp, response)

    def _series(self, req: falcon.Request, code: DatasetCode) -> TimeSeries:
        context = req.context
        series = self._read_through(
            code,
            may_fetch=Scope.FETCH in context.scopes,
            acquire_slot=partial(self._sender.wait_slots.acquire, context.client),
            request_id=context.request_id,
            requester=requester_of(req),
        )
        if series.newest is None and not series.is_formula:
            raise _no_data_problem(self._describe_series(series.id))
        return series

    def _read(self, series: TimeSeries, query: DatasetQuery, *, all_columns: bool) -> documents.QuandlDataset:
        try:
            reading = self._read_series(series.id, query.selection)
        except InvalidInput as error:
            if error.field != "column_index":
                raise
            reading = self._read_series(series.id, replace(_WHOLE, moment=query.selection.moment, by_rule=query.selection.by_rule))
            return documents.QuandlDataset(reading, reading.observations.columns, column_exists=False)
        columns = reading.observations.columns
        if all_columns and query.selection.column_index is not None:
            row = replace(_WHOLE, moment=query.selection.moment, by_rule=query.selection.by_rule, limit=1)
            columns = self._read_series(series.id, row).observations.columns
        return documents.QuandlDataset(reading, columns)


class DatasetsResource:
    """Datasets."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._use_cases, self._sender = use_cases, sender
        # Reading a vintage for its columns' names takes milliseconds, a page has a hundred, and a vintage never changes.
        self._columns = lru_cache(_CACHE_SIZE)(self._read_columns)

    @operation({200: DATASETS}, QUANDL_SEARCHING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a page of the datasets that match all words of ``query``."""
        wanted = search_text(req)
        page, per_page = paging(req)
        database = (text(req, "database_code") or "").upper() or None
        matching = SeriesQuery(words=tuple(wanted.split()), database=database, status=SeriesStatus.SUCCESS)
        query = replace(matching, skip=(page - 1) * per_page, limit=per_page)
        total = self._use_cases.search_series.count(query, most=MAX_COUNT)
        with self._sender.read_slots.acquire(req.context.client):
            found = [documents.metadata(series, self._columns_of(series)) for series in self._use_cases.search_series(query).items]
        if split_format(req, resp, req.path)[1] is Format.CSV:
            resp.content_type, resp.data = Format.CSV.media_type, documents.metadata_csv(found)
        else:
            resp.media = {"datasets": found, "meta": documents.page_of(wanted, page=page, per_page=per_page, total=total)}

    def _columns_of(self, series: TimeSeries) -> Sequence[str]:
        if series.is_formula:
            return [FORMULA_COLUMN]
        try:
            return self._columns(series.id, series.newest.number) if series.newest else ()
        except (NotFound, DamagedVintage):  # a removed or damaged series must not hide the others
            return ()

    def _read_columns(self, series_id: UUID, vintage: int) -> Sequence[str]:
        return self._use_cases.read_series(series_id, Selection(moment=AsOf(vintage=vintage), limit=1)).observations.columns


def split_format(req: falcon.Request, resp: falcon.Response, name: str) -> tuple[str, Format]:
    """Return a name without its suffix, and the format by that or by Accept; other suffixes are parts of codes with dots."""
    bare, dot, suffix = name.rpartition(".")
    if dot and suffix in _SUFFIXES:
        return bare, _SUFFIXES[suffix]
    if dot and suffix == "xml":
        raise InvalidInput("XML is not available: use .json or .csv.", field="format")
    resp.append_header("Vary", "Accept")
    return name, Format.CSV if req.client_prefers(["application/json", "text/csv"]) == "text/csv" else Format.JSON


def search_text(req: falcon.Request) -> str:
    """Return the words of a search, which scripts join by ``+``; raises InvalidInput for too many."""
    return " ".join(parse_words((text(req, "query") or "").replace("+", " ")))


def paging(req: falcon.Request) -> tuple[int, int]:
    """Return the page number, counted from 1, and the number of items in a page."""
    return number(req, "page", maximum=MAX_COUNT) or 1, min(number(req, "per_page") or _MAX_PER_PAGE, _MAX_PER_PAGE)


def _encode(name: str, kind: Format, found: documents.QuandlDataset, query: DatasetQuery) -> bytes:
    if name == "metadata":
        described = documents.described(found)
        return encode({"dataset": described}) if kind is Format.JSON else documents.metadata_csv([described])
    if kind is Format.CSV:
        return documents.data_csv(found, query)
    document: dict[str, Any] = {"dataset": documents.dataset(found, query)} if name == "dataset" else {}
    return encode(document or {"dataset_data": documents.data(found, query)})


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


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    dataset = DatasetResource(use_cases, sender)
    yield f"{QUANDL_ROOT}/datasets/{{database}}/{{dataset}}", dataset
    yield f"{QUANDL_ROOT}/datasets/{{database}}/{{dataset}}/{{part}}", dataset
    for suffix in ("", ".json", ".csv"):
        yield f"{QUANDL_ROOT}/datasets{suffix}", DatasetsResource(use_cases, sender)
