"""Datasets of the Quandl-compatible API: data and metadata of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.use_cases import UseCases
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_READING
from entrypoints.rest.openapi.response_schemas import DATASET_OR_PART
from entrypoints.rest.quandl import QUANDL_ROOT, documents
from entrypoints.rest.quandl.documents import QuandlDataset
from entrypoints.rest.quandl.formats import split_format
from entrypoints.rest.quandl.params import DatasetQuery
from entrypoints.rest.quandl.reader import DatasetReader, Shape


def _whole(found: QuandlDataset, query: DatasetQuery, write_rows: documents.WriteRows) -> dict[str, Any]:
    return {"dataset": documents.dataset(found, query, write_rows)}


def _data(found: QuandlDataset, query: DatasetQuery, write_rows: documents.WriteRows) -> dict[str, Any]:
    return {"dataset_data": documents.data(found, query, write_rows)}


def _metadata(found: QuandlDataset, *_: object) -> dict[str, Any]:
    return {"dataset": documents.described(found)}


def _metadata_csv(found: QuandlDataset, _query: DatasetQuery) -> bytes:
    return documents.metadata_csv([documents.described(found)], documents.METADATA_NAMES)


_SHAPES = {
    None: Shape(name="dataset", document=_whole, csv=documents.data_csv),
    "data": Shape(name="data", document=_data, csv=documents.data_csv, has_metadata=False),
    "metadata": Shape(name="metadata", document=_metadata, csv=_metadata_csv, has_data=False),
}


class DatasetResource:
    """One dataset, fetched first if it is missing or stale."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._reader = DatasetReader(use_cases, sender)

    @operation({200: DATASET_OR_PART}, QUANDL_READING, problems=(413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Return it as JSON, CSV or XML."""
        dataset, part = place["dataset"], place.get("part")
        if part:
            part, kind = split_format(req, resp, part)
        else:
            dataset, kind = split_format(req, resp, dataset)
        if part not in _SHAPES:
            raise falcon.HTTPRouteNotFound
        self._reader.send(req, resp, DatasetCode(place["database"], dataset), shape=_SHAPES[part], kind=kind)


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    dataset = DatasetResource(use_cases, sender)
    yield f"{QUANDL_ROOT}/datasets/{{database}}/{{dataset}}", dataset
    yield f"{QUANDL_ROOT}/datasets/{{database}}/{{dataset}}/{{part}}", dataset
