"""Tables with their dates down a column: names above, rows of remarks around."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from adapters.provider_kit.own_files.date_cells import ReadCell
from adapters.provider_kit.own_files.dates import are_plain
from adapters.provider_kit.own_files.grid import (
    Cell,
    Column,
    Grid,
    NoTableError,
    Row,
    Table,
    all_quoted,
    as_name,
    quoted,
    refused,
    text_in,
)
from adapters.provider_kit.own_files.header import Header, find_header
from adapters.provider_kit.own_files.numbers import is_missing, is_number
from adapters.provider_kit.own_files.options import FileOptions

_SAMPLE = 200
_ROWS_TOGETHER, _CELLS_TOGETHER = 4096, 16_384


def read_down(grid: Grid, rows: Sequence[Row], at: int, read: ReadCell, *, options: FileOptions) -> Table:
    """
    Return the table whose dates stand in one column.

    Raises:
        AnswerNotUnderstood: names are missing or repeat, or a row with numbers has no date.

    """
    dated = _dated(rows, at, read, headed=grid.headed)
    if not dated:
        raise NoTableError(f"{grid.name} has no rows.", hint="Write rows of dates and numbers below the names.")
    # Where no number is, names over all columns tell the header.
    numeric = _numeric(rows, dated, at) or [i for i in range(max(len(rows[index].cells) for index in dated)) if i != at]
    header = find_header(grid, rows, dated[0], numeric, options=options)
    body = _Body(grid, at, read, header, numeric=_must_be_dated(grid, header, numeric, at, options=options))
    begin = header.last + 1 + options.unit_row
    body.add(rows[begin : dated[0]], is_above=True)
    for some in (iter(rows[max(begin, dated[0]) :]), (row for row in grid.rest if not row.is_blank)):
        while chunk := list(islice(some, _ROWS_TOGETHER)):
            body.add(chunk)
    if not body.rows:
        raise refused(grid.name, "no row with a date stands below the names", "header_rows", "unit_row")
    names = [*header.names, *[""] * len(body.columns)]
    columns = [Column(name=names[i], position=i, cells=cells) for i, cells in enumerate(body.columns)]
    return Table(
        name=grid.name,
        dates=columns[at],
        read=read,
        rows=body.rows,
        columns=[column for column in columns if column.position != at and (column.name or any(map(text_in, iter(column.cells))))],
        frequency=grid.frequency,
        title=grid.title or _title(rows[: max(header.first, 0)]),
        comma_delimited=grid.delimiter == ",",
        dot_is_decimal=grid.dot_is_decimal,
        header_row=header.number,
    )


def _dated(rows: Sequence[Row], at: int, read: ReadCell, *, headed: bool) -> list[int]:
    """Return the rows with a date; not the first ones, if nothing but a date stands in them and none has names above."""
    found = [i for i, row in enumerate(rows) if (i or not headed) and row.text(at) and read(row.cell(at))]
    names = next((i for i, row in enumerate(rows) if headed or row.filled != 1), 0)
    return [i for i in found if i > names] or found if found and found[0] < names else found


def _numeric(rows: Sequence[Row], dated: Sequence[int], at: int) -> list[int]:
    """Return the columns that hold numbers, as far as a sample tells."""
    sample = [*dated[:_SAMPLE], *dated[_SAMPLE:][-_SAMPLE:]]
    return sorted({i for index in sample for i, cell in enumerate(rows[index].cells) if i != at and is_number(cell)})


def _must_be_dated(grid: Grid, header: Header, numeric: Sequence[int], at: int, *, options: FileOptions) -> Sequence[int]:
    """Return the columns whose every number must have a date: those that are asked for, else all that hold numbers."""
    names = {header.shown(i): i for i in range(len(header.names)) if i != at} or {header.shown(i): i for i in numeric}
    asked = {"columns": options.columns, "key_columns": options.key_columns, "value_column": [*filter(None, [options.value_column])]}
    for option, wanted in asked.items():
        unknown = next((name for name in wanted if name not in names), None)
        if unknown is not None:
            near = get_close_matches(unknown, names, n=1)
            there = f"did you mean {quoted(near[0])}?" if near else f"there are {all_quoted(names)}"
            raise refused(grid.name, f"there is no column {quoted(unknown)}; {there}", option)
    chosen = (asked["value_column"] if options.layout == "long" else ()) or options.columns
    return [names[name] for name in chosen] or numeric


def _title(rows: Sequence[Row]) -> str:
    """Return the first line above the names that stands alone and is no statement about the file."""
    alone = (row.text(0) for row in rows if row.filled == 1)
    return next((text for text in alone if text and ":" not in text and not is_number(text)), "")


class _Body:
    """
    The rows under the names, as columns of cells: those with a date are kept, remarks are passed over, anything else is an error.

    Attributes:
        rows: numbers of the rows that were kept.
        columns: their cells.

    """

    def __init__(self, grid: Grid, at: int, read: ReadCell, header: Header, *, numeric: Sequence[int]) -> None:
        self.rows, self.columns = array("q"), list[_PackedCells]()
        self._name, self._at, self._read, self._header, self._numeric = grid.name, at, read, header, numeric
        self._named = max((at + 1 for at, name in enumerate(header.names) if name), default=0)
        self._has_lengths = bool(grid.delimiter and header.names)
        self._words: Row | None = None

    def add(self, rows: Sequence[Row], *, is_above: bool = False) -> None:
        """
        Add rows in order.

        Args:
            is_above: whether they stand between the names and the first date.

        Raises:
            AnswerNotUnderstood: one holds numbers without a date, words between dates, or more or fewer cells than there are names.

        """
        if are_plain([row.cell(self._at) for row in rows]):
            dated = rows
            self._check_between()
        else:
            dated = [row for row in rows if self._is_dated(row, is_above=is_above)]
        if not dated:
            return
        for row in dated if self._has_lengths else ():
            self._check_length(row)
        width = max(len(self.columns), *(len(row.cells) for row in dated))
        while len(self.columns) < width:
            self.columns.append(_PackedCells())
            self.columns[-1].extend([None] * len(self.rows))
        if all(len(row.cells) == width for row in dated):
            parts: Sequence[Sequence[Cell]] = list(zip(*(row.cells for row in dated), strict=True))
        else:
            parts = [[row.cell(at) for row in dated] for at in range(width)]
        for column, cells in zip(self.columns, parts, strict=True):
            column.extend(cells)
        self.rows.extend(row.number for row in dated)

    def _is_dated(self, row: Row, *, is_above: bool) -> bool:
        if row.text(self._at) and self._read(row.cell(self._at)) is not None:
            self._check_between()
            return True
        # A row that repeats the names is passed over.
        if [as_name(cell) for cell in row.cells[: len(self._header.names)]] != list(self._header.names[: len(row.cells)]):
            self._check_undated(row, is_above=is_above)
        return False

    def _check_between(self) -> None:
        if self._words:
            at = next(at for at in self._numeric if not is_missing(self._words.cell(at)))
            raise self._refused(self._words, at, "words between the rows; another table may begin there")

    def _check_length(self, row: Row) -> None:
        extra = next((at for at in range(self._named, len(row.cells)) if row.text(at)), None)
        if extra is not None or len(row.cells) < self._named:
            where = f"row {row.number} has {len(row.cells) if extra is None else extra + 1} cells where the header has {self._named}"
            raise refused(self._name, where if extra is None else f"{where}: {quoted(row.cells[extra])} has no name", "delimiter")

    def _check_undated(self, row: Row, *, is_above: bool) -> None:
        number = next((at for at in self._numeric if is_number(row.cell(at))), None)
        date = row.text(self._at)
        if number is not None and not (is_above and date and not any(map(str.isdecimal, date))):
            what = f"not a date, though {quoted(row.cell(number))} stands under {quoted(self._header.shown(number))}"
            raise self._refused(row, self._at, what, "date_format", *(("unit_row",) if is_above else ()))
        if not is_above and any(not is_missing(row.cell(at)) for at in self._numeric):
            self._words = row

    def _refused(self, row: Row, at: int, what: str, *options: str) -> Exception:
        cell = quoted(row.text(at) if at == self._at else row.cell(at))
        return refused(self._name, f"row {row.number}, column {quoted(self._header.shown(at))}, cell {cell}: {what}", *options)


class _PackedCells(Sequence[Cell]):
    """A list of cells that can grow, in little memory: texts and floats are packed, many at a time."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._last: list[Cell] = []

    def extend(self, cells: Sequence[Cell]) -> None:
        """Add cells at the end."""
        self._last += cells
        while len(self._last) >= _CELLS_TOGETHER:
            self._chunks.append(_packed(self._last[:_CELLS_TOGETHER]))
            del self._last[:_CELLS_TOGETHER]

    def __len__(self) -> int:
        return len(self._chunks) * _CELLS_TOGETHER + len(self._last)

    def __iter__(self) -> Iterator[Cell]:
        for chunk in self._chunks:
            yield from (chunk if isinstance(chunk, list) else chunk.to_pylist())
        yield from self._last

    def __getitem__(self, index: Any) -> Any:
        chunk, at = divmod(index, _CELLS_TOGETHER)
        if chunk >= len(self._chunks):
            return self._last[index - len(self._chunks) * _CELLS_TOGETHER]
        found = self._chunks[chunk][at]
        return found if isinstance(self._chunks[chunk], list) else found.as_py()


def _packed(cells: list[Cell]) -> Any:
    kinds = set(map(type, cells))
    if kinds != {str} and not kinds <= {float, type(None)}:
        return cells
    import pyarrow as pa

    try:
        return pa.array(cells, pa.large_string() if kinds == {str} else pa.float64())
    except (pa.ArrowInvalid, UnicodeEncodeError):  # half a character
        return cells
