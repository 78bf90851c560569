"""Parquet and lines of JSON, read a part at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from adapters.provider_kit.own_files.grid import refused

_ROWS, _BLOCK = 16_384, 1024**2


def parquet_names(file: BinaryIO, name: str) -> Sequence[str]:
    """Return the names of the columns; raises AnswerNotUnderstood if it is not Parquet that can be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names: Sequence[str] = pq.ParquetFile(file).schema_arrow.names
    except (pa.ArrowException, OSError) as exc:
        raise refused(name, f"not Parquet that can be read: {_first_line(exc)}") from exc
    return names


def parquet_batches(file: BinaryIO, name: str, *, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
    """
    Yield arrow record batches of some columns, those of numbers as such.

    Raises:
        AnswerNotUnderstood: a column is of another type.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(file, pre_buffer=False).iter_batches(_ROWS, columns=[*texts, *numbers]):
            others = {column: batch.column(column) for column in texts}
            yield pa.record_batch({**others, **{column: _numbers(batch.column(column), column) for column in numbers}})
    except (pa.ArrowException, OSError) as exc:
        raise refused(name, _first_line(exc)) from exc


def json_names(file: BinaryIO, name: str) -> Sequence[str]:
    """Return the names in the first line; raises AnswerNotUnderstood if it is no object."""
    line = file.readline(_BLOCK)
    try:
        first = json.loads(line)
    except ValueError as exc:
        raise refused(name, f"line 1 is not JSON ({exc})") from exc
    if not isinstance(first, dict):
        raise refused(name, "line 1 is no object")
    return list(first)


def json_batches(file: BinaryIO, name: str, *, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
    """
    Yield arrow record batches of some members of the objects in lines of JSON.

    Raises:
        AnswerNotUnderstood: a line is not JSON, or a value is of another type; names the row.

    """
    import pyarrow as pa
    import pyarrow.json as pj

    schema = pa.schema([*((text, pa.string()) for text in texts), *((number, pa.float64()) for number in numbers)])
    try:
        yield from pj.open_json(
            pa.PythonFile(file, mode="r"),
            read_options=pj.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowException as exc:
        raise refused(name, _first_line(exc)) from exc


def _numbers(column: Any, name: str) -> Any:
    import pyarrow as pa

    try:
        return column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise pa.ArrowInvalid(f"column {name!r} of {column.type} holds no numbers: {_first_line(exc)}") from exc


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
