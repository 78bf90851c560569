"""
The formats of files: CSV, JSON and Parquet, read as the observations of one series.

Every format becomes a header and rows of cells, which one function interprets. The first column whose first cell is an ISO
date or time holds the dates. The unit is days if every time is midnight without an offset, else seconds in UTC. A column
with more words than numbers is left out; a word in any other column is an error.
"""

from __future__ import annotations

import csv
import json
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from io import StringIO
from itertools import chain
from typing import Any

import numpy as np

from adapters.provider_kit.parsing.csv_tables import delimiter_in
from adapters.provider_kit.parsing.limits import COLUMNS, FILE, check_table, names_of
from adapters.provider_kit.parsing.numbers import FILES
from adapters.provider_kit.parsing.periods import in_utc, read_moment
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, InvalidObservations, UnsupportedFrequency
from domain.frequency import Frequency
from domain.observations import Observations

FORMATS = (".csv", ".json", ".parquet")

_number = FILES.read
_SHOWN = 40

Rows = Iterable[tuple[int, Sequence[object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeries:
    """The contents of a file as one series."""

    observations: Observations
    date_column: str
    left_out: tuple[str, ...]
    frequency: Frequency | None = None


def looks_like(body: bytes) -> str:
    """Return the format of a body by its first bytes."""
    if body.startswith(b"PAR1"):
        return ".parquet"
    return ".json" if body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")) else ".csv"


def read_file(body: bytes, form: str, name: str) -> FileSeries:
    """
    Read a file.

    Args:
        form: one of ``FORMATS``.
        name: what messages call the file.

    Raises:
        AnswerNotUnderstood: it is no such file, or no series; the message names file, row and column.
        UnsupportedFrequency: its times are finer than a second.
        AnswerTooLarge: it holds or unpacks to more than a file may.

    """
    if form == ".csv":
        return _csv(body, name)
    return _json(body, name) if form == ".json" else _parquet(body, name)


def _csv(body: bytes, name: str) -> FileSeries:
    try:
        text = StringIO(body.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as exc:
        row = body.count(b"\n", 0, exc.start) + 1
        raise AnswerNotUnderstood(f"{name}: row {row} is not UTF-8.", hint="Save the file as CSV in UTF-8.") from exc
    delimiter = delimiter_in(text.readline())
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if any(map(_moment, header)) or (header and all(map(_is_number, header))):
            raise AnswerNotUnderstood(f"{name} has no line of column names.", hint="Name the columns in the first line, as Date,Value.")
        return _table(header, ((reader.line_num, cells) for cells in reader if cells), name)
    except csv.Error as exc:
        raise AnswerNotUnderstood(f"{name}: row {reader.line_num} is not CSV: {exc}.") from exc


def _json(body: bytes, name: str) -> FileSeries:
    try:
        document: Any = json.loads(body)
    except json.JSONDecodeError as exc:
        raise AnswerNotUnderstood(f"{name} is not JSON at line {exc.lineno}, column {exc.colno}: {exc.msg}.") from exc
    except (ValueError, RecursionError) as exc:
        raise AnswerNotUnderstood(f"{name} is not JSON that can be read ({type(exc).__name__}).") from exc
    if isinstance(document, list):
        return _records(document, name)
    if isinstance(document, dict):
        inner = document.get("dataset") or document.get("dataset_data") or document
        if isinstance(inner, dict):
            return _columns(inner, name)
    raise _unknown_shape(name)


def _records(records: list[Any], name: str) -> FileSeries:
    for row, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise AnswerNotUnderstood(f"{name}: row {row} is not an object.")
    header = names_of(records, name)
    return _table(header, enumerate(([record.get(key) for key in header] for record in records), 1), name)


def _columns(document: dict[str, Any], name: str) -> FileSeries:
    header, rows = document.get("column_names") or document.get("columns"), document.get("data")
    if not (isinstance(header, list) and isinstance(rows, list) and all(isinstance(title, str) for title in header)):
        raise _unknown_shape(name)
    for row, cells in enumerate(rows, 1):
        if not isinstance(cells, list):
            raise AnswerNotUnderstood(f"{name}: row {row} is not a list.")
    said = str(document.get("frequency", "")).casefold()
    return _table(header, enumerate(rows, 1), name, frequency=next((known for known in Frequency if known == said), None))


def _unknown_shape(name: str) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(
        f"{name} is JSON of another shape.",
        hint='Write [{"date": "2024-01-31", "value": 1.5}] or {"columns": ["date", "value"], "data": [["2024-01-31", 1.5]]}.',
    )


def _parquet(body: bytes, name: str) -> FileSeries:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(body))
        check_table(file.metadata.num_columns, file.metadata.num_rows, name)
        unpacked = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
        FILE.check(unpacked, name, does="unpacks to more")
        header = ["" if title.startswith("__index_level_") else title for title in file.schema_arrow.names]
        rows = (row for batch in file.iter_batches() for row in zip(*(_cells(column, name) for column in batch.columns), strict=True))
        return _table(header, enumerate(rows, 1), name)
    except MemoryError:  # pyarrow's is an ArrowException, too
        raise
    except (pa.ArrowException, OSError, ValueError) as exc:
        reason = str(exc).partition("\n")[0].rstrip(".")
        raise AnswerNotUnderstood(f"{name} is not Parquet that can be read: {reason}.") from exc


def _cells(column: Any, name: str) -> Sequence[object]:
    import pyarrow as pa

    if not pa.types.is_timestamp(column.type):
        cells: Sequence[object] = column.to_pylist()
        return cells
    try:
        cells = column.cast(pa.timestamp("us", column.type.tz)).to_pylist()
    except pa.ArrowInvalid as exc:
        raise UnsupportedFrequency(f"{name} has moments finer than a microsecond.") from exc
    return cells


class _Column:
    """A column while its cells are read, as 8 bytes each."""

    def __init__(self, title: str) -> None:
        self.title, self.values = title, array("d")
        self.numbers = self.others = 0
        self.fault = ""

    def take(self, cell: object, row: int) -> None:
        value = _number(cell)
        if value is None:
            value = math.nan
            self.others += 1
            self.fault = (
                self.fault or f"row {row}, column {storable(self.title) or 'without a name'}: {str(cell)[:_SHOWN]!r} is not a number."
            )
        elif not math.isnan(value):
            self.numbers += 1
        self.values.append(value)

    @property
    def is_text(self) -> bool:
        return self.others > self.numbers

    @property
    def is_void(self) -> bool:
        return not (self.title or self.numbers or self.others)


def _table(header: Sequence[str], rows: Rows, name: str, *, frequency: Frequency | None = None) -> FileSeries:
    COLUMNS.check(len(header), name)
    given = iter(rows)
    first = next(given, None)
    if first is None:
        raise AnswerNotUnderstood(f"{name} has no rows.")
    where = next((i for i, cell in enumerate(first[1]) if _moment(cell) is not None), None)
    if where is None:
        raise AnswerNotUnderstood(f"{name} has no column of dates.", hint="Write dates as 2024-01-31 or 2024-01-31T12:00:00Z.")
    columns = [_Column(title) for title in header]
    moments = []
    for row, cells in chain([first], given):
        if len(cells) != len(header):
            raise AnswerNotUnderstood(f"{name}: row {row} has {len(cells)} cells where the header has {len(header)}.")
        moment = _moment(cells[where])
        if moment is None:
            raise AnswerNotUnderstood(f"{name}: row {row}, column {storable(header[where])}: {str(cells[where])[:_SHOWN]!r} is not a date.")
        moments.append(moment)
        for column, cell in zip(columns, cells, strict=True):
            column.take(cell, row)
    del columns[where]
    return FileSeries(
        observations=_observations(moments, columns, name),
        date_column=header[where] or "Date",
        left_out=tuple(column.title for column in columns if column.is_text),
        frequency=frequency,
    )


def _observations(moments: Sequence[datetime], columns: Sequence[_Column], name: str) -> Observations:
    numeric = [column for column in columns if not (column.is_text or column.is_void)]
    faulty = next((column for column in numeric or columns if column.fault), None)
    if faulty:
        raise AnswerNotUnderstood(f"{name}: {faulty.fault}")
    if not numeric:
        raise AnswerNotUnderstood(f"{name} has no column beside its dates.")
    days = all(moment.tzinfo is None and moment.time() == time() for moment in moments)
    instants = list(map(in_utc, moments))
    if any(moment.microsecond for moment in instants):
        raise UnsupportedFrequency(f"{name} has moments finer than a second.")
    values = np.column_stack([np.frombuffer(column.values) for column in numeric])
    try:
        return Observations.of(instants, [column.title for column in numeric], values, unit="D" if days else "s")
    except InvalidObservations as exc:
        raise AnswerNotUnderstood(f"{name}: {exc.message}") from exc


def _is_number(cell: object) -> bool:
    number = _number(cell)
    return number is not None and not math.isnan(number)


def _moment(cell: object) -> datetime | None:
    text = str(cell).strip()
    return read_moment(text) if text[4:5] == text[7:8] == "-" else None
