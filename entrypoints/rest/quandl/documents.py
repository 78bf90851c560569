"""Quandl's documents: names and order of their members are those of its own server."""

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
from entrypoints.formats import cell, csv, rows
from entrypoints.rest.openapi.parameters import Order
from entrypoints.rest.quandl.params import DatasetQuery


@dataclass(frozen=True, slots=True)
class QuandlDataset:
    """
    What was found for a question.

    Attributes:
        part: None if the column asked for does not exist.

    """

    series: TimeSeries
    columns: Sequence[str]
    reading: Reading
    part: Observations | None


def code_of(series: TimeSeries) -> tuple[str, str]:
    """Give the two parts of the code by which Quandl's clients reach a series."""
    database, _, dataset = series.alias.partition("/")
    return database, dataset


def database_id(code: str) -> int:
    """Give a number for a database code, which has none here: the same everywhere and always."""
    return crc32(code.encode())


def column_names(series: TimeSeries, columns: Sequence[str]) -> list[str]:
    """Name the columns; the date's comes first, and an only column without a name is ``Value``."""
    names = ["Value"] if list(columns) == [""] else list(columns)
    return [series.metadata.date_column or "Date", *names]


def metadata(series: TimeSeries, columns: Sequence[str], vintage: Vintage | None = None) -> dict[str, Any]:
    """Describe a dataset as of a vintage, by default its newest; its code is the alias, which any client can spell."""
    database, dataset = code_of(series)
    state = vintage or series.newest
    return {
        "id": series.number,
        "dataset_code": dataset,
        "database_code": database,
        "name": series.metadata.name or series.alias,
        "description": series.metadata.description,
        "refreshed_at": _moment(series.checked_at),
        "newest_available_date": _day(state and state.last),
        "oldest_available_date": _day(state and state.first),
        "column_names": column_names(series, columns),
        "frequency": series.metadata.frequency or "daily",
        "type": "Time Series",
        "premium": False,
        "database_id": database_id(database),
    }


def data(found: QuandlDataset, query: DatasetQuery) -> dict[str, Any]:
    """Give the members of ``dataset_data``."""
    selection, vintage = query.selection, found.reading.vintage
    return {
        "limit": selection.limit,
        "transform": selection.transform,
        "column_index": selection.column_index,
        "column_names": part_names(found),
        "start_date": selection.start or _day(vintage.first),
        "end_date": selection.end or _day(vintage.last),
        "frequency": found.series.metadata.frequency or "daily",
        "data": [] if found.part is None else rows(found.part, newest_first=query.order is Order.DESCENDING),
        "collapse": selection.collapse,
        "order": query.order,
    }


def dataset(found: QuandlDataset, query: DatasetQuery) -> dict[str, Any]:
    """Give the metadata and the data in one."""
    whole = metadata(found.series, found.columns, found.reading.vintage)
    last = whole.pop("database_id")
    return {**whole, **data(found, query), "database_id": last}


def data_csv(found: QuandlDataset, query: DatasetQuery) -> bytes:
    """Give the data as CSV; of a column that does not exist, the headings alone."""
    heading = [name or "" for name in part_names(found)]
    part = Observations.empty() if found.part is None else found.part
    return csv(part, heading, newest_first=query.order is Order.DESCENDING, header=query.header)


def part_names(found: QuandlDataset) -> list[str | None]:
    """Name the columns of the part."""
    if found.part is None:
        return [column_names(found.series, ())[0], None]
    return list(column_names(found.series, found.part.columns))


def metadata_csv(documents: Sequence[Mapping[str, Any]]) -> bytes:
    """Write descriptions as CSV, a list in a cell as JSON."""
    if not documents:
        return b"\n"
    lines = [",".join(documents[0]), *(",".join(_cell(value) for value in document.values()) for document in documents)]
    return "\n".join(lines).encode() + b"\n"


def database(kept: Database, *, title: str, count: int) -> dict[str, Any]:
    """Describe a database."""
    return {
        "id": database_id(kept.code),
        "name": title,
        "database_code": kept.code,
        "description": f"Series of {title} that are kept here.",
        "datasets_count": count,
        "downloads": 0,
        "premium": False,
        "image": "",
    }


def page_of(query: str, *, page: int, per_page: int, total: int) -> dict[str, Any]:
    """Tell where in a list a page stands."""
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


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z" if moment else None


def _day(label: Any) -> Any:
    return label.date() if isinstance(label, datetime) else label


def _cell(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return cell(json.dumps(value) if isinstance(value, list) else str(value or ""))
