"""The search for datasets in the Quandl-compatible API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import falcon

from domain.api_keys import Scope
from domain.errors import DamagedVintage, NotFound
from domain.formulas.lines import FORMULA_COLUMN
from domain.moments import AsOf
from domain.series import SeriesQuery, TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.list_datasets import DatasetPage
from domain.use_cases.read_series import Selection
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_SEARCHING
from entrypoints.rest.openapi.response_schemas import DATASETS
from entrypoints.rest.quandl import QUANDL_ROOT, documents
from entrypoints.rest.quandl.formats import SUFFIXES, QuandlFormat, split_format
from entrypoints.rest.quandl.params import MAX_COUNT, paging, search_text, text
from entrypoints.rest.quandl.xml import xml

_CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page of a search, with what was searched for."""

    words: str
    page: int
    per_page: int
    datasets: DatasetPage

    @property
    def meta(self) -> dict[str, Any]:
        """The member ``meta`` of a page."""
        return documents.page_of(self.words, page=self.page, per_page=self.per_page, total=self.datasets.total)


class DatasetSearch:
    """Finds datasets for any version of the API."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._list_datasets, self._read_series, self._sender = use_cases.list_datasets, use_cases.read_series, sender
        # Reading a vintage for its columns' names takes milliseconds, a page has a hundred, and a vintage never changes.
        self._columns = lru_cache(_CACHE_SIZE)(self._read_columns)

    def __call__(self, req: falcon.Request, **limits: int) -> FoundPage:
        """Return the page that a request asks for; ``limits`` are those of ``paging``."""
        words = search_text(req)
        page, per_page = paging(req, **limits)
        database = (text(req, "database_code") or "").upper() or None
        query = SeriesQuery(words=tuple(words.split()), database=database, skip=(page - 1) * per_page, limit=per_page)
        with self._sender.read_slots.acquire(req.context.client):
            found = self._list_datasets(query, most=MAX_COUNT)
        return FoundPage(words=words, page=page, per_page=per_page, datasets=found)

    def described(self, found: DatasetPage) -> list[dict[str, Any]]:
        """Return the metadata of all datasets of a page."""
        stored = [documents.metadata(series, self.columns_of(series)) for series in found.stored]
        return stored + [documents.unfetched(code) for code in found.unfetched]

    def columns_of(self, series: TimeSeries) -> Sequence[str]:
        """Return the names of a series' columns."""
        if series.is_formula:
            return [FORMULA_COLUMN]
        try:
            return self._columns(series.id, series.newest.number) if series.newest else ()
        except (NotFound, DamagedVintage):  # a removed or damaged series must not hide the others
            return ()

    def _read_columns(self, series_id: UUID, vintage: int) -> Sequence[str]:
        return self._read_series(series_id, Selection(moment=AsOf(vintage=vintage), limit=1)).observations.columns


class DatasetsResource:
    """Datasets."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._search, self._sender = DatasetSearch(use_cases, sender), sender

    @operation({200: DATASETS}, QUANDL_SEARCHING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a page of the datasets that match all words of ``query``."""
        found = self._search(req)
        with self._sender.read_slots.acquire(req.context.client):
            described = self._search.described(found.datasets)
        kind = split_format(req, resp, req.path)[1]
        send_page(resp, kind, {"datasets": described, "meta": found.meta}, documents.METADATA_NAMES)


def send_page(resp: falcon.Response, kind: QuandlFormat, document: dict[str, Any], names: Sequence[str]) -> None:
    """Respond with a page of a list, whose items have members of these names."""
    resp.content_type = kind.media_type
    if kind is QuandlFormat.CSV:
        resp.data = documents.metadata_csv(next(iter(document.values())), names)
    elif kind is QuandlFormat.XML:
        resp.data = xml(document)
    else:
        resp.media = document


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    datasets = DatasetsResource(use_cases, sender)
    for suffix in SUFFIXES:
        yield f"{QUANDL_ROOT}/datasets{suffix}", datasets
