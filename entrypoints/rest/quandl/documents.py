"""Quandl's documents, with the names and the order of Quandl's own server, third version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from domain.codes import DatasetCode
from domain.observations import Label, Observations
from domain.series import Database, TimeSeries
from domain.use_cases.read_series import Reading
from domain.vintages import Vintage
from entrypoints.formats import cell, csv, label_names, rows
from entrypoints.rest.quandl.params import DatasetQuery

DEFAULT_FREQUENCY = "daily"
#: The members of metadata and of databases, in the order in which they are written.
METADATA_NAMES = (
    *("id", "dataset_code", "database_code", "name", "description", "refreshed_at", "newest_available_date", "oldest_available_date"),
    *("column_names", "frequency", "type", "premium", "database_id"),
)
DATABASE_NAMES = ("id", "name", "database_code", "description", "datasets_count", "downloads", "premium", "image")
#: Observations → their rows in the format of a document; ``newest_first`` and ``provenance`` as in ``rows``.
WriteRows = Callable[..., Any]


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


def unfetched(code: DatasetCode) -> dict[str, Any]:
    """Return the metadata of a dataset that would be fetched by being asked for."""
    database, _, dataset = code.alias.partition("/")
    return {
        "id": crc32(code.alias.encode()),
        "dataset_code": dataset,
        "database_code": database,
        "name": code.dataset,
        "description": "",
        "refreshed_at": None,
        "newest_available_date": None,
        "oldest_available_date": None,
        "column_names": [],
        "frequency": DEFAULT_FREQUENCY,
        "type": "Time Series",
        "premium": False,
        "database_id": database_id(database),
    }


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
        "refreshed_at": timestamp(series.checked_at),
        "newest_available_date": day(state and state.last),
        "oldest_available_date": day(state and state.first),
        "column_names": column_names(series, columns, labels),
        "frequency": series.metadata.frequency or DEFAULT_FREQUENCY,
        "type": "Time Series",
        "premium": False,
        "database_id": database_id(database),
    }


def data(found: QuandlDataset, query: DatasetQuery, write_rows: WriteRows = rows) -> dict[str, Any]:
    """
    Return the members of ``dataset_data``.

    Args:
        write_rows: returns the rows in the document's format; by default as JSON.

    """
    selection, vintage = query.selection, found.reading.vintage
    return {
        "limit": selection.limit,
        "transform": selection.transform,
        "column_index": selection.column_index,
        "column_names": selected_names(found),
        "start_date": _available(selection.start, vintage) or day(vintage.first),
        "end_date": _available(selection.end, vintage) or day(vintage.last),
        "frequency": found.reading.series.metadata.frequency or DEFAULT_FREQUENCY,
        "data": selected_rows(found, query, write_rows),
        "collapse": selection.collapse,
        "order": query.order,
    }


def dataset(found: QuandlDataset, query: DatasetQuery, write_rows: WriteRows = rows) -> dict[str, Any]:
    """Return the members of ``dataset``: metadata and data."""
    whole = described(found)
    last = whole.pop("database_id")
    return {**whole, **data(found, query, write_rows), "database_id": last}


def data_csv(found: QuandlDataset, query: DatasetQuery) -> bytes:
    """Return the data as CSV; of a column that does not exist, only the header."""
    header = [name or "" for name in selected_names(found)]
    observations = found.reading.observations if found.column_exists else Observations.empty()
    labels = found.reading.provenance if found.column_exists else None
    return csv(observations, header, newest_first=query.newest_first, header=query.header, provenance=labels)


def selected_names(found: QuandlDataset) -> list[str | None]:
    """Return the names of the selected columns, the date's first; None for one that does not exist."""
    if not found.column_exists:
        return [column_names(found.reading.series, ())[0], None]
    return list(column_names(found.reading.series, found.reading.observations.columns, label_names(found.reading.provenance)))


def described(found: QuandlDataset) -> dict[str, Any]:
    """Return the metadata of a dataset as it was read."""
    reading = found.reading
    return metadata(reading.series, found.columns, reading.vintage, labels=label_names(reading.provenance))


def selected_rows(found: QuandlDataset, query: DatasetQuery, write_rows: WriteRows) -> Any:
    """Return the selected rows as they are written; none of a column that does not exist."""
    if not found.column_exists:
        return []
    return write_rows(found.reading.observations, newest_first=query.newest_first, provenance=found.reading.provenance)


def metadata_csv(documents: Sequence[Mapping[str, Any]], names: Iterable[str]) -> bytes:
    """Return documents with members of these names as CSV, with lists as JSON in a cell; of no document only the header."""
    lines = [",".join(names), *(",".join(_cell(value) for value in document.values()) for document in documents)]
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


def timestamp(moment: datetime | None) -> str | None:
    """Return an instant as Quandl writes it, with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z" if moment else None


def day(label: Any) -> Any:
    """Return the day of a date or an instant."""
    return label.date() if isinstance(label, datetime) else label


def _available(requested: Label | None, vintage: Vintage) -> Any:
    """Return a requested date, moved to the dates that there are."""
    first, last = day(vintage.first), day(vintage.last)
    return requested if requested is None or first is None else max(first, min(day(requested), last))


def _cell(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return cell(json.dumps(value) if isinstance(value, list) else str(value or ""))
