"""The Quandl door's datasets: data and metadata of one, and the search for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

import falcon
from falcon.util import dt_to_http

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import DamagedVintage, DatasetNotFound, InvalidInput, NotFound
from domain.series import SeriesQuery, SeriesStatus, TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Selection
from domain.vintages import AsOf
from entrypoints.formats import Format, encode
from entrypoints.rest.http.errors import Problem, failed, seconds_until
from entrypoints.rest.http.params import words
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.response_cache import Encoded
from entrypoints.rest.http.responses import CacheableResponse
from entrypoints.rest.openapi.description import answering
from entrypoints.rest.openapi.parameters import DOOR_READING, DOOR_SEARCHING
from entrypoints.rest.openapi.shapes import DATASET_OR_PART, DATASETS
from entrypoints.rest.quandl import DOOR, shapes
from entrypoints.rest.quandl.params import Question, number, question, text

MOST_COUNTED = 10_000
_LONGEST_RETRY = 10
_SOON = 60
_MOST_PAGES = 100
_MOST_REMEMBERED = 10_000
_SUFFIXES = {"json": Format.JSON, "csv": Format.CSV}


class DatasetResource:
    """One dataset, fetched first where it is not kept or stale."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases

    @answering({200: DATASET_OR_PART}, DOOR_READING, problems=(413, 502), kept=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Send it as JSON or CSV."""
        dataset, part = place["dataset"], place.get("part")
        if part:
            name, kind = suffixed(req, resp, part)
            if name not in ("data", "metadata"):
                raise falcon.HTTPRouteNotFound
        else:
            name, (dataset, kind) = "dataset", suffixed(req, resp, dataset)
        asked = question(req)
        series = self._series(req, DatasetCode(place["database"], dataset))
        standing = self._use_cases.read_series.stored_version(series.id)

        def make() -> Encoded:
            answered = self._answered(series, asked, whole=name != "data")
            if name != "metadata" and answered.part is not None:
                req.context.answers.check_size(answered.part)
            headers = {"Last-Modified": dt_to_http(answered.reading.vintage.known_at)}
            return Encoded(_written(name, kind, answered, asked), headers)

        key = (series.id, name, asked, standing.version.vintages, standing.version.entry)
        offer = CacheableResponse(key=key if name == "data" else (*key, standing.version.checked_at), format=kind, make=make)
        resp.set_header("Age", str(standing.age))
        req.context.answers.send(req, resp, offer)

    def _series(self, req: falcon.Request, code: DatasetCode) -> TimeSeries:
        series, good = self._use_cases.read_through.held(code)
        may_fetch = Scope.FETCH in req.context.scopes
        if series is None and not may_fetch:
            raise DatasetNotFound(f"{code} is not kept here, and neither this key nor another site's page may have it fetched.")
        if series is None or (may_fetch and not good):
            series = self._fetched(req, code, series)
        if series.newest is None:
            raise _without_data(self._use_cases.describe_series(series.id))
        return series

    def _fetched(self, req: falcon.Request, code: DatasetCode, kept: TimeSeries | None) -> TimeSeries:
        with ExitStack() as places:
            try:
                places.enter_context(req.context.answers.waits.taken(req.context.client))
            except Problem:
                if kept and kept.newest:
                    return kept  # nobody may wait now, and this is what waiting in vain would give
                raise
            return self._use_cases.read_through.fetched(code, kept, request_id=req.context.request_id, requester=requester_of(req))

    def _answered(self, series: TimeSeries, asked: Question, *, whole: bool) -> shapes.Answered:
        read = self._use_cases.read_series
        try:
            reading = read(series.id, asked.selection)
        except InvalidInput as error:
            if error.field != "column_index":
                raise
            reading = read(series.id, Selection(moment=asked.selection.moment))
            return shapes.Answered(reading.series, reading.observations.columns, reading, None)
        columns = reading.observations.columns
        if whole and asked.selection.column_index is not None:
            columns = read(series.id, Selection(moment=asked.selection.moment, limit=1)).observations.columns
        return shapes.Answered(reading.series, columns, reading, reading.observations)


class DatasetsResource:
    """The datasets that are kept."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases
        # A vintage never changes, and to read one for its columns' names takes milliseconds: a page has a hundred.
        self._columns = lru_cache(_MOST_REMEMBERED)(self._read_columns)

    @answering({200: DATASETS}, DOOR_SEARCHING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Search for all words of ``query``, page by page."""
        wanted = searched(req)
        page, per_page = paging(req)
        database = (text(req, "database_code") or "").upper() or None
        kept = SeriesQuery(words=tuple(wanted.split()), database=database, status=SeriesStatus.SUCCESS)
        query = replace(kept, skip=(page - 1) * per_page, limit=per_page)
        total = self._use_cases.search_series.count(query, most=MOST_COUNTED)
        with req.context.answers.seats.taken(req.context.client):
            found = [shapes.metadata(series, self._columns_of(series)) for series in self._use_cases.search_series(query).items]
        if suffixed(req, resp, req.path)[1] is Format.CSV:
            resp.content_type, resp.data = Format.CSV.media_type, shapes.metadata_csv(found)
        else:
            resp.media = {"datasets": found, "meta": shapes.page_of(wanted, page=page, per_page=per_page, total=total)}

    def _columns_of(self, series: TimeSeries) -> Sequence[str]:
        try:
            return self._columns(series.id, series.newest.number) if series.newest else ()
        except (NotFound, DamagedVintage):  # one that is removed or damaged hides no other
            return ()

    def _read_columns(self, series_id: UUID, vintage: int) -> Sequence[str]:
        return self._use_cases.read_series(series_id, Selection(moment=AsOf(vintage=vintage), limit=1)).observations.columns


def suffixed(req: falcon.Request, resp: falcon.Response, name: str) -> tuple[str, Format]:
    """Take the format off the end of a name, or from the Accept header: only these few suffixes count, dots belong to codes."""
    bare, dot, suffix = name.rpartition(".")
    if dot and suffix in _SUFFIXES:
        return bare, _SUFFIXES[suffix]
    if dot and suffix == "xml":
        raise InvalidInput("XML is not answered here: ask for .json or .csv.", field="format")
    resp.append_header("Vary", "Accept")
    return name, Format.CSV if req.client_prefers(["application/json", "text/csv"]) == "text/csv" else Format.JSON


def searched(req: falcon.Request) -> str:
    """Give the words that are searched for, which scripts join by ``+``; raises InvalidInput where they are too many."""
    return " ".join(words((text(req, "query") or "").replace("+", " ")))


def paging(req: falcon.Request) -> tuple[int, int]:
    """Give the page asked for, counted from 1, and how many items it has."""
    return number(req, "page", most=MOST_COUNTED) or 1, min(number(req, "per_page") or _MOST_PAGES, _MOST_PAGES)


def _written(name: str, kind: Format, answered: shapes.Answered, asked: Question) -> bytes:
    if name == "metadata":
        described = shapes.metadata(answered.series, answered.columns, answered.reading.vintage)
        return encode({"dataset": described}) if kind is Format.JSON else shapes.metadata_csv([described])
    if kind is Format.CSV:
        return shapes.data_csv(answered, asked)
    document: dict[str, Any] = {"dataset": shapes.dataset(answered, asked)} if name == "dataset" else {}
    return encode(document or {"dataset_data": shapes.data(answered, asked)})


def _without_data(described: Described) -> Problem:
    series = described.series
    fetch = series.fetch
    if fetch is None or fetch.ended:
        return failed(series)
    wait = seconds_until(fetch, described.now)
    why = f" The last try failed: {fetch.failure.message}" if fetch.failure else ""
    if fetch.waiting_for and wait > _SOON:
        detail = f"{series.alias} cannot be fetched before {fetch.not_before:%Y-%m-%d %H:%M:%S} UTC.{why}"
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no_observations_yet", detail)
    detail = f"{series.alias} is being fetched. Please try again.{why}"
    headers = {"Retry-After": str(min(wait, _LONGEST_RETRY))}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no_observations_yet", detail, retryable=True, headers=headers)


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    dataset = DatasetResource(use_cases)
    yield f"{DOOR}/datasets/{{database}}/{{dataset}}", dataset
    yield f"{DOOR}/datasets/{{database}}/{{dataset}}/{{part}}", dataset
    for suffix in ("", ".json", ".csv"):
        yield f"{DOOR}/datasets{suffix}", DatasetsResource(use_cases)
