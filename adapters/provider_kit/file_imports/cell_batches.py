"""Workbooks and JSON documents, which have limits of their own, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from adapters.provider_kit.own_files.grid import Cell, Row, all_quoted, as_name, quoted, refused, text_in
from adapters.provider_kit.own_files.numbers import is_missing
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.own_files.reader import read_grids

_ROWS = 32_768


def read_cells(body: bytes, name: str, options: FileOptions) -> tuple[Sequence[str], list[Row]]:
    """
    Return the names in the first row of the one sheet that holds any, and the rows below.

    Raises:
        AnswerNotUnderstood: no sheet or several hold rows.
        AnswerTooLarge: it holds more than a file may.

    """
    sheets = [(grid.sheet, rows) for grid in read_grids(body, name, options) if (rows := _rows([*grid.rows, *grid.rest]))]
    if len(sheets) != 1:
        raise refused(name, f"the sheets {all_quoted(sheet for sheet, _ in sheets)} hold rows" if sheets else "it has no rows", "sheet")
    first, *others = sheets[0][1]
    return [as_name(cell) for cell in first.cells], others


def cell_batches(rows: Sequence[Row], name: str, names: Sequence[str], *, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
    """Yield arrow record batches of some columns; raises AnswerNotUnderstood where a cell is no number."""
    import pyarrow as pa

    places = {column: place for place, column in enumerate(names)}
    for begin in range(0, len(rows), _ROWS):
        some = rows[begin : begin + _ROWS]
        columns = {column: pa.array([_text(row.cell(places[column])) for row in some], pa.string()) for column in texts}
        for column in numbers:
            columns[column] = pa.array([_number(row, places[column], name, column) for row in some], pa.float64())
        yield pa.record_batch(columns)


def _rows(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.is_blank]


def _text(cell: Cell) -> str | None:
    return cell.isoformat() if isinstance(cell, date) else as_name(cell) or None


def _number(row: Row, place: int, name: str, column: str) -> float | None:
    cell = row.cell(place)
    if is_missing(cell):
        return None
    try:
        return float(text_in(cell))
    except ValueError as exc:
        where = f"row {row.number}, column {quoted(column)}, cell {quoted(cell)}"
        raise refused(name, f"{where}: not a number", "missing") from exc
