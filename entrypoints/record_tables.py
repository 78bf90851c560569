"""Tables whose columns differ in type, as CSV, Parquet and Arrow; ``formats`` has those of observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from domain.moments import written
from entrypoints.formats import Format, cell, write_columnar


class Kind(StrEnum):
    """The type of a column's values."""

    DATE = "date"
    INSTANT = "instant"
    REAL = "real"
    NUMBER = "number"
    FLAG = "flag"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A named column; None where a value is missing."""

    name: str
    kind: Kind
    values: Sequence[Any]


def records_csv(names: Sequence[str], columns: Sequence[Sequence[Any]]) -> bytes:
    """Return CSV with line feeds; instants in UTC, flags as ``true`` and ``false``, empty cells for missing values."""
    rows = zip(*(map(_text, values) for values in columns), strict=True)
    return "\n".join([",".join(map(cell, names)), *map(",".join, rows), ""]).encode()


def records_file(columns: Sequence[Column], metadata: Mapping[str, str], kind: Format) -> bytes:
    """Return a Parquet or an Arrow file with this metadata in its schema."""
    import pyarrow as pa

    types = {
        Kind.DATE: pa.date32(),
        Kind.INSTANT: pa.timestamp("ms", tz="UTC"),
        Kind.REAL: pa.float64(),
        Kind.NUMBER: pa.int64(),
        Kind.FLAG: pa.bool_(),
        Kind.TEXT: pa.string(),
    }
    arrays = [pa.array(column.values, types[column.kind]) for column in columns]
    return write_columnar(pa.table(arrays, names=[column.name for column in columns]).replace_schema_metadata(metadata), kind)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return cell(value)
    if isinstance(value, date):
        return written(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)
