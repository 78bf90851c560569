"""Quandl's first and second version: flat documents of datasets, and their search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.use_cases import UseCases
from entrypoints.formats import cell
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_EARLIER_READING, QUANDL_SEARCHING
from entrypoints.rest.openapi.response_schemas import EARLIER_DATASET, EARLIER_DATASETS
from entrypoints.rest.quandl import EARLIER_ROOTS, documents
from entrypoints.rest.quandl.documents import QuandlDataset
from entrypoints.rest.quandl.formats import SUFFIXES, QuandlFormat, split_format
from entrypoints.rest.quandl.params import MAX_COUNT, DatasetQuery, flag
from entrypoints.rest.quandl.reader import DatasetReader, Shape
from entrypoints.rest.quandl.search import DatasetSearch, FoundPage
from entrypoints.rest.quandl.xml import xml

_PER_PAGE, _MAX_PER_PAGE = 10, 300
_NO_WORD = re.compile(r"[\W_]+")


def _flat(found: QuandlDataset, query: DatasetQuery, write_rows: documents.WriteRows) -> dict[str, Any]:
    metadata = _metadata(found) | {"column_names": documents.selected_names(found)}
    return {**metadata, "data": documents.selected_rows(found, query, write_rows)}


def _metadata(found: QuandlDataset, *_: object) -> dict[str, Any]:
    return {"errors": {}, **_earlier(documents.described(found), found.reading.series.metadata.source or found.reading.series.provider)}


_SHAPES = {
    False: Shape(name="flat", document=_flat, csv=documents.data_csv, root="dataset"),
    True: Shape(name="flat metadata", document=_metadata, csv=lambda *_: b"", root="dataset", has_data=False),
}


class EarlierDatasetResource:
    """One dataset, in the form of Quandl's first version."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._reader = DatasetReader(use_cases, sender)

    @operation({200: EARLIER_DATASET}, QUANDL_EARLIER_READING, problems=(413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, database: str, dataset: str) -> None:
        """Return it as JSON, CSV or XML, fetched first if it is missing or stale."""
        name, kind = split_format(req, resp, dataset)
        self._reader.send(req, resp, DatasetCode(database, name), shape=_SHAPES[flag(req, "exclude_data")], kind=kind)


class EarlierDatasetsResource:
    """Datasets, in the form of Quandl's first version."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._search, self._list_datasets, self._sender = DatasetSearch(use_cases, sender), use_cases.list_datasets, sender

    @operation({200: EARLIER_DATASETS}, QUANDL_SEARCHING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a page of the datasets that match all words of ``query``."""
        found = self._search(req, default=_PER_PAGE, most=_MAX_PER_PAGE)
        kind = split_format(req, resp, req.path)[1]
        with self._sender.read_slots.acquire(req.context.client):
            described = self._described(found)
            resp.content_type = kind.media_type
            if kind is QuandlFormat.CSV:
                resp.data = b"".join(map(_line, described))
                return
            document = self._document(found, described)
        if kind is QuandlFormat.XML:
            resp.data = xml(document, "datasets")
        else:
            resp.media = document

    def _described(self, found: FoundPage) -> list[dict[str, Any]]:
        sources = [series.metadata.source or series.provider for series in found.datasets.stored]
        sources += [code.database for code in found.datasets.unfetched]
        return [_earlier(each, source) for each, source in zip(self._search.described(found.datasets), sources, strict=True)]

    def _document(self, found: FoundPage, described: list[dict[str, Any]]) -> dict[str, Any]:
        names = {each["source_code"]: each["source_name"] for each in described}
        sources = [
            {
                "id": documents.database_id(code),
                "code": code,
                "datasets_count": self._list_datasets.count(code, most=MAX_COUNT),
                "description": "",
                "name": name,
                "host": "",
                "premium": False,
            }
            for code, name in names.items()
        ]
        counts = {"total_count": found.datasets.total, "current_page": found.page, "per_page": found.per_page}
        return {**counts, "docs": described, "sources": sources}


def _earlier(described: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a dataset's metadata under their earlier names."""
    return {
        "id": described["id"],
        "source_name": source,
        "source_code": described["database_code"],
        "code": described["dataset_code"],
        "name": described["name"],
        "urlize_name": _NO_WORD.sub("-", described["name"]).strip("-"),
        "display_url": None,
        "description": described["description"],
        "updated_at": described["refreshed_at"],
        "frequency": described["frequency"],
        "from_date": described["oldest_available_date"],
        "to_date": described["newest_available_date"],
        "column_names": described["column_names"],
        "private": False,
        "type": None,
        "premium": False,
    }


def _line(each: Mapping[str, Any]) -> bytes:
    """Return a dataset as a line of CSV, which has no header: the code, and what scripts look for behind it."""
    cells = (each[name] for name in ("name", "from_date", "to_date", "frequency", "updated_at"))
    return ",".join([f"{each['source_code']}/{each['code']}", *(cell(str(value or "")) for value in cells)]).encode() + b"\n"


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    dataset, datasets = EarlierDatasetResource(use_cases, sender), EarlierDatasetsResource(use_cases, sender)
    for root in EARLIER_ROOTS:
        yield f"{root}/datasets/{{database}}/{{dataset}}", dataset
        for suffix in SUFFIXES:
            yield f"{root}/datasets{suffix}", datasets
