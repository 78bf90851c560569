"""Quandl's JSON and CSV documents, with the names and the order of Quandl's own server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from domain.observations import Observations
from domain.series import Database, TimeSeries
from domain.use_cases.read_series import Reading
from domain.vintages import Vintage
from entrypoints.formats import cell, csv, label_names, rows
from entrypoints.rest.openapi.parameters import Order
from entrypoints.rest.quandl.params import DatasetQuery


@dataclass(frozen=True, slots=True)
class QuandlDataset:
    """
    A reading of a dataset.

    Attributes:
        columns: the names of all its columns, not only of those that were read.
        column_exists: whether the dataset has the requested column.

    """

    reading: Reading
    columns: Sequence[str]
    column_exists: bool = True


def code_of(series: TimeSeries) -> tuple[str, str]:
    """Return the two parts of a series' code in the Quandl-compatible API."""
    database, _, dataset = series.alias.partition("/")
    return database, dataset


def database_id(code: str) -> int:
    """Return a stable number for a database code, which has no id here."""
    return crc32(code.encode())


def column_names(series: TimeSeries, columns: Sequence[str], labels: Sequence[str] = ()) -> list[str]:
    """Return the columns' names, the date's first and those of labels last; a single column without a name is ``Value``."""
    names = ["Value"] if list(columns) == [""] else list(columns)
    return [series.metadata.date_column or "Date", *names, *labels]


def metadata(series: TimeSeries, columns: Sequence[str], vintage: Vintage | None = None, *, labels: Sequence[str] = ()) -> dict[str, Any]:
    """Return a dataset's metadata as of a vintage, by default the newest; its code is the alias."""
    database, dataset = code_of(series)
    state = vintage or series.newest
    return {
        "id": series.number,
        "dataset_code": dataset,
        "database_code": database,
        "name": series.metadata.name or series.alias,
        "description": series.metadata.description,
        "refreshed_at": _timestamp(series.checked_at),
        "newest_available_date": _day(state and state.last),
        "oldest_available_date": _day(state and state.first),
        "column_names": column_names(series, columns, labels),
        "frequency": series.metadata.frequency or "daily",
        "type": "Time Series",
        "premium": False,
        "database_id": database_id(database),
    }


def data(found: QuandlDataset, query: DatasetQuery) -> dict[str, Any]:
    """Return the members of ``dataset_data``."""
    selection, vintage = query.selection, found.reading.vintage
    return {
        "limit": selection.limit,
        "transform": selection.transform,
        "column_index": selection.column_index,
        "column_names": selected_names(found),
        "start_date": selection.start or _day(vintage.first),
        "end_date": selection.end or _day(vintage.last),
        "frequency": found.reading.series.metadata.frequency or "daily",
        "data": _rows(found.reading, query) if found.column_exists else [],
        "collapse": selection.collapse,
        "order": query.order,
    }


def dataset(found: QuandlDataset, query: DatasetQuery) -> dict[str, Any]:
    """Return the members of ``dataset``: metadata and data."""
    whole = described(found)
    last = whole.pop("database_id")
    return {**whole, **data(found, query), "database_id": last}


def data_csv(found: QuandlDataset, query: DatasetQuery) -> bytes:
    """Return the data as CSV; of a column that does not exist, only the header."""
    header = [name or "" for name in selected_names(found)]
    observations = found.reading.observations if found.column_exists else Observations.empty()
    labels = found.reading.provenance if found.column_exists else None
    return csv(observations, header, newest_first=query.order is Order.DESCENDING, header=query.header, provenance=labels)


def selected_names(found: QuandlDataset) -> list[str | None]:
    """Return the names of the selected columns, the date's first; None for one that does not exist."""
    if not found.column_exists:
        return [column_names(found.reading.series, ())[0], None]
    return list(column_names(found.reading.series, found.reading.observations.columns, label_names(found.reading.provenance)))


def described(found: QuandlDataset) -> dict[str, Any]:
    """Return the metadata of a dataset as it was read."""
    reading = found.reading
    return metadata(reading.series, found.columns, reading.vintage, labels=label_names(reading.provenance))


def _rows(reading: Reading, query: DatasetQuery) -> Any:
    return rows(reading.observations, newest_first=query.order is Order.DESCENDING, provenance=reading.provenance)


def metadata_csv(documents: Sequence[Mapping[str, Any]]) -> bytes:
    """Return documents as CSV, with lists as JSON in a cell."""
    if not documents:
        return b"\n"
    lines = [",".join(documents[0]), *(",".join(_cell(value) for value in document.values()) for document in documents)]
    return "\n".join(lines).encode() + b"\n"


def database(stored: Database, *, title: str, count: int) -> dict[str, Any]:
    """Return a database's document."""
    return {
        "id": database_id(stored.code),
        "name": title,
        "database_code": stored.code,
        "description": f"Series of {title} that are stored here.",
        "datasets_count": count,
        "downloads": 0,
        "premium": False,
        "image": "",
    }


def page_of(query: str, *, page: int, per_page: int, total: int) -> dict[str, Any]:
    """Return the ``meta`` member of a page."""
    pages = -(-total // per_page)
    first = (page - 1) * per_page + 1
    return {
        "query": query,
        "per_page": per_page,
        "current_page": page,
        "prev_page": page - 1 if page > 1 else None,
        "total_pages": pages,
        "total_count": total,
        "next_page": page + 1 if page < pages else None,
        "current_first_item": min(first, total),
        "current_last_item": min(first + per_page - 1, total),
    }


def _timestamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z" if moment else None


def _day(label: Any) -> Any:
    return label.date() if isinstance(label, datetime) else label


def _cell(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return cell(json.dumps(value) if isinstance(value, list) else str(value or ""))
