"""Parquet as rows of cells under names, with any date or period index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import count, islice
from typing import Any

from adapters.provider_kit.own_files.grid import HEAD, Cell, Grid, Row, refused
from adapters.provider_kit.parsing.limits import FILE, check_table
from domain.errors import UnsupportedFrequency

_EPOCH = date(1970, 1, 1)
_EXTENSION, _DETAILS = b"ARROW:extension:name", b"ARROW:extension:metadata"


def read_parquet(body: bytes, name: str) -> Grid:
    """
    Return a Parquet file's rows.

    Raises:
        AnswerNotUnderstood: it is none, or is damaged.
        AnswerTooLarge: it holds, or unpacks to, too much.
        UnsupportedFrequency: its moments are finer than a microsecond.

    """
    import pyarrow as pa
    from pyarrow import parquet

    with _named_errors(name):
        file = parquet.ParquetFile(pa.BufferReader(body))
        check_table(file.metadata.num_columns, file.metadata.num_rows, name)
        FILE.check(sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups)), name, does="unpacks to more")
        fields = [file.schema_arrow.field(i) for i in range(len(file.schema_arrow))]
        names = Row(0, ["" if field.name.startswith("__index_level_") else field.name for field in fields])
    rows = _rows(file, fields, name)
    return Grid(name=name, rows=[names, *islice(rows, HEAD)], rest=rows, headed=True, dot_is_decimal=True)


def _rows(file: Any, fields: Sequence[Any], name: str) -> Iterator[Row]:
    number = count(1)
    with _named_errors(name):
        for batch in file.iter_batches(use_threads=False):
            columns = [_cells(column, field, name) for column, field in zip(batch.columns, fields, strict=True)]
            for cells in zip(*columns, strict=True):
                yield Row(next(number), cells)


@contextmanager
def _named_errors(name: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except MemoryError:  # pyarrow's own is an ArrowException, too
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as exc:
        reason = str(exc).partition("\n")[0].rstrip(".")
        raise refused(name, f"not Parquet that can be read: {reason}") from exc


def _period_frequency(field: Any) -> str:
    metadata = field.metadata or {}
    if metadata.get(_EXTENSION) != b"pandas.period":
        return ""
    return str(json.loads(metadata.get(_DETAILS, b"{}")).get("freq", ""))


def _cells(column: Any, field: Any, name: str) -> Sequence[Cell]:
    import pyarrow as pa

    frequency = _period_frequency(field)
    if frequency:
        return _periods(column, frequency, name)
    if not pa.types.is_timestamp(column.type):
        cells: Sequence[Cell] = column.to_pylist()
        return cells
    try:
        moments: Sequence[Cell] = column.cast(pa.timestamp("us", column.type.tz)).to_pylist()
    except pa.ArrowInvalid as exc:
        raise UnsupportedFrequency(f"{name} has moments finer than a microsecond.") from exc
    return moments


def _periods(column: Any, frequency: str, name: str) -> Sequence[Cell]:
    ordinals = getattr(column, "storage", column).to_pylist()
    base, _, anchor = frequency.partition("-")
    read = _ORDINALS.get(base)
    if read is None or anchor not in ("", "DEC", "SUN"):
        raise refused(name, f"its periods of frequency {frequency!r} are not read; save their first days as dates")
    return [None if ordinal is None else read(ordinal) for ordinal in ordinals]


def _week(ordinal: int) -> str:
    # Week 0 of pandas ends on Sunday, 28 December 1969.
    year, week, _ = (date(1969, 12, 22) + timedelta(weeks=ordinal)).isocalendar()
    return f"{year}-W{week:02}"


def _hour(ordinal: int) -> datetime:
    return datetime.combine(_EPOCH, time()) + timedelta(hours=ordinal)


#: A period's number since 1970 → what it is called.
_ORDINALS: dict[str, Callable[[int], Cell]] = {
    "M": lambda ordinal: f"{1970 + ordinal // 12}-{ordinal % 12 + 1:02}",
    "Q": lambda ordinal: f"{1970 + ordinal // 4}-Q{ordinal % 4 + 1}",
    "A": lambda ordinal: str(1970 + ordinal),
    "Y": lambda ordinal: str(1970 + ordinal),
    "W": _week,
    "D": lambda ordinal: _EPOCH + timedelta(days=ordinal),
    "h": _hour,
    "H": _hour,
}
