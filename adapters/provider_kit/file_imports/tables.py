"""Tables with a row for each series and date, of any size: text, Parquet, lines of JSON, and sheets within their own limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from adapters.provider_kit.file_imports.batches import Batch, BatchReader
from adapters.provider_kit.file_imports.cell_batches import cell_batches, read_cells
from adapters.provider_kit.file_imports.codes import check_codes, code_of
from adapters.provider_kit.file_imports.columns import Columns, choose_columns
from adapters.provider_kit.file_imports.found_files import ImportFile
from adapters.provider_kit.file_imports.parquet_batches import json_batches, json_names, parquet_batches, parquet_names
from adapters.provider_kit.file_imports.refusals import import_refusals
from adapters.provider_kit.file_imports.runs import Order, Rows, grouped, mixed
from adapters.provider_kit.file_imports.states import States
from adapters.provider_kit.file_imports.text_batches import Text
from adapters.provider_kit.own_files.options import FileOptions, options_for
from adapters.provider_kit.parsing.containers import ZIP
from domain.importing import FileSeries, ImportRequest

#: Returns arrow record batches of the columns of texts, and of those of numbers.
_ReadBatches = Callable[[Sequence[str], Sequence[str]], Iterator[Any]]


def table_series(file: ImportFile, request: ImportRequest) -> Iterator[FileSeries]:
    """
    Yield the series of a table, each with its states.

    The names are gone through first, so that no series is stored before all of its rows are known to stand together.

    Raises:
        InvalidInput: columns are in doubt, or two names give one code.
        AnswerNotUnderstood: a cell or a row is; the message names it.

    """
    with import_refusals():
        options = options_for(None, file.name, request.options)
        names, read, first_row = _opened(file, options)
        columns = choose_columns(file.name, names, request)
        reader = BatchReader(file=file.name, columns=columns, options=options, first_row=first_row)
        with file.hashing():
            order = _order(read, columns, BatchReader(file=file.name, columns=columns, options=options, first_row=first_row))
        check_codes(file.name, order.names, request.database)
        batches = ahead(map(reader.batch, read(columns.texts, columns.values)))
        states = States(reader, file, file.published(request.published) if not columns.published else None)
        for rows in _rows(batches, file.name, order, columns):
            code = code_of(request.database, rows.name, f"{file.name}: row {rows.place}")
            yield FileSeries(code=code, states=states.of(rows))


def _opened(file: ImportFile, options: FileOptions) -> tuple[Sequence[str], _ReadBatches, int]:
    """Return the names of a table's columns, how its batches are read, and the number of its first row."""
    with file.opened() as opened:
        start = opened.read(4)
    if start.startswith(b"PAR1"):
        return _names(file, parquet_names), _reading(file, parquet_batches), 1
    if start.startswith(ZIP) or (start.lstrip()[:1] in (b"{", b"[") and not _is_lines(file)):
        names, rows = read_cells(file.whole(), file.name, options)
        return names, lambda texts, numbers: cell_batches(rows, file.name, names, texts=texts, numbers=numbers), 2
    if start.lstrip().startswith(b"{"):
        return _names(file, json_names), _reading(file, json_batches), 1
    with file.opened() as opened:
        text = Text.of(opened, file.name, options)
    return text.names, _reading(file, lambda opened, _, **columns: text.batches(opened, **columns)), 2


def _names(file: ImportFile, read: Callable[[Any, str], Sequence[str]]) -> Sequence[str]:
    with file.opened() as opened:
        return read(opened, file.name)


def _reading(file: ImportFile, batches: Callable[..., Iterator[Any]]) -> _ReadBatches:
    def read(texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        with file.opened() as opened:
            yield from batches(opened, file.name, texts=texts, numbers=numbers)

    return read


def _is_lines(file: ImportFile) -> bool:
    """Return whether the first line is a JSON object of its own."""
    with file.opened() as opened:
        line = opened.readline(1024**2)
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _order(read: _ReadBatches, columns: Columns, reader: BatchReader) -> Order:
    order = Order()
    for table in ahead(read(columns.codes, ())):
        order.add(*reader.names(table))
        reader.first_row += table.num_rows
    return order


def _rows(batches: Iterator[Batch], file: str, order: Order, columns: Columns) -> Iterator[Rows]:
    if order.is_grouped:
        return grouped(batches, file)
    return mixed(batches, file, order.rows, len(columns.values))


def ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield what an iterator does, which works on the next item in a thread meanwhile."""
    with ThreadPoolExecutor(1, thread_name_prefix="read") as thread:
        following = thread.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = thread.submit(next, batches, None)
            yield batch
