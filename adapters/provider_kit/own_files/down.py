"""Tables with their dates down a column: names above, rows of remarks around."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from adapters.provider_kit.own_files.body import Body
from adapters.provider_kit.own_files.date_cells import ReadCell
from adapters.provider_kit.own_files.grid import (
    Column,
    Grid,
    NoTableError,
    Row,
    Table,
    as_name,
    cell_at,
    is_blank,
    listed,
    quoted,
    refused,
    shown_name,
    text_in,
)
from adapters.provider_kit.own_files.numbers import is_number
from adapters.provider_kit.own_files.options import FileOptions
from domain.errors import AnswerNotUnderstood

_SAMPLE = 200
_TOGETHER = 4096


@dataclass(slots=True, kw_only=True)
class _Header:
    """
    The names.

    Attributes:
        first, last: positions of its rows among all rows; both -1 if there are none.
        names: for each column.

    """

    first: int
    last: int
    names: list[str]

    def name(self, at: int) -> str:
        return self.names[at] if at < len(self.names) else ""

    def shown(self, at: int) -> str:
        return shown_name(self.names, at)


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
    header = _header(grid, rows, dated[0], numeric, options=options)
    _check_repeated(grid, header, numeric, rows, options=options)
    body = Body(grid.name, at, read, is_text=bool(grid.delimiter), is_headed=grid.headed)
    body.names, body.header_row = header.names, rows[header.first].number if header.first >= 0 else 0
    body.numeric = _wanted(grid, header, numeric, at, options=options)
    begin = header.last + 1 + options.unit_row
    body.add(rows[begin : dated[0]], is_above=True)
    rest = iter(rows[max(begin, dated[0]) :])
    for some in (rest, (row for row in grid.rest if not is_blank(row.cells))):
        while chunk := list(islice(some, _TOGETHER)):
            body.add(chunk)
    if not body.rows:
        raise refused(grid.name, "no row with a date stands below the names", "header_rows", "unit_row")
    columns = [Column(name=header.name(i), position=i, cells=cells) for i, cells in enumerate(body.columns)]
    return Table(
        name=grid.name,
        dates=columns[at],
        read=read,
        rows=body.rows,
        columns=[column for column in columns if column.position != at and not _is_void(column)],
        frequency=grid.frequency,
        title=grid.title or _title(rows[: max(header.first, 0)]),
        comma_delimited=grid.delimiter == ",",
        dot_is_decimal=grid.dot_is_decimal,
        header_row=body.header_row,
    )


def _dated(rows: Sequence[Row], at: int, read: ReadCell, *, headed: bool) -> list[int]:
    """Return the rows with a date; not the first ones, if nothing but a date stands in them and none has names above."""
    found = [i for i, row in enumerate(rows) if (i or not headed) and text_in(cell_at(row, at)) and read(cell_at(row, at))]
    names = next((i for i, row in enumerate(rows) if headed or not _has_one_cell(row)), 0)
    return [i for i in found if i > names] or found if found and found[0] < names else found


def _has_one_cell(row: Row) -> bool:
    return sum(bool(text_in(cell)) for cell in row.cells) == 1


def _numeric(rows: Sequence[Row], dated: Sequence[int], at: int) -> list[int]:
    """Return the columns that hold numbers, as far as a sample tells."""
    sample = [*dated[:_SAMPLE], *dated[_SAMPLE:][-_SAMPLE:]]
    return sorted({i for index in sample for i, cell in enumerate(rows[index].cells) if i != at and is_number(cell)})


def _header(grid: Grid, rows: Sequence[Row], first_date: int, numeric: Collection[int], *, options: FileOptions) -> _Header:
    if grid.headed:
        return _Header(first=0, last=0, names=[as_name(cell) for cell in rows[0].cells])
    if options.header_rows == 0:
        return _Header(first=-1, last=-1, names=[])
    count = options.header_rows or 1
    above = list(range(first_date if options.skip_rows is None else min(1, first_date)))
    usual = max(len(row.cells) for row in rows[first_date : first_date + _SAMPLE])
    above = [i for i in above if not grid.delimiter or _named(rows[i]) <= usual] or above
    begins = (i for i in above if i + count <= first_date and (not numeric or any(text_in(cell_at(rows[i], at)) for at in numeric)))
    complete = (i for i in begins if all(_block(grid, rows[i : i + count], numeric, at) for at in numeric))
    best = next(complete, None)
    if best is None:
        named = {i: sum(bool(text_in(cell_at(rows[i], at))) for at in numeric) for i in above if i + count <= first_date}
        best = max(named, key=lambda i: (named[i], i), default=None)
        if best is None and count > 1:
            raise refused(
                grid.name, f"fewer than {count} rows stand above row {rows[first_date].number}, the first with a date", "header_rows"
            )
        if best is None or not named[best]:
            raise refused(grid.name, f"row {rows[first_date].number} has no line of column names above it", "header_rows (0)")
        _check_scattered(grid, [rows[i] for i in above if not _has_one_cell(rows[i])], rows[best], numeric)
    names = [_block(grid, rows[best : best + count], numeric, at) for at in range(max(len(row.cells) for row in rows[best : best + count]))]
    if count == 1 and _are_numbers(rows[best], names, numeric):
        raise refused(
            grid.name, f"row {rows[best].number} has no line of column names above it: {quoted(', '.join(names))}", "header_rows (0)"
        )
    return _Header(first=best, last=best + count - 1, names=names)


def _named(row: Row) -> int:
    """Return how many columns a row names."""
    return max((at + 1 for at, cell in enumerate(row.cells) if text_in(cell)), default=0)


def _check_scattered(grid: Grid, above: Sequence[Row], header: Row, numeric: Collection[int]) -> None:
    """Refuse names of which some stand in another row than most: the columns under them would lose theirs."""
    for at in numeric:
        row = next((row for row in above if isinstance(cell_at(row, at), str) and cell_at(row, at).strip()), None)
        if row and not text_in(cell_at(header, at)):
            what = f"rows {min(row.number, header.number)} and {max(row.number, header.number)} both hold names"
            raise refused(grid.name, f"{what}, such as {quoted(cell_at(row, at))} of column {at + 1}", "header_rows")


def _block(grid: Grid, block: Sequence[Row], numeric: Collection[int], at: int) -> str:
    """Return a column's name of the rows of a header; in all but the last a name reaches over the blank cells on its right."""
    parts = []
    for index, row in enumerate(block):
        cell = cell_at(row, at)
        if index < len(block) - 1 and not text_in(cell):
            left = [i for i in range(at) if text_in(cell_at(row, i)) and (i in numeric or _spans(grid, row, i, at))]
            cell = cell_at(row, left[-1]) if left and at in numeric else cell
        parts.append(as_name(cell))
    return " / ".join(dict.fromkeys(filter(None, parts)))


def _spans(grid: Grid, row: Row, left: int, at: int) -> bool:
    return any(number == row.number and first <= left and at <= last for number, first, last in grid.merged)


def _are_numbers(row: Row, names: Sequence[str], numeric: Collection[int]) -> bool:
    """Return whether what would be names are numbers; years may be names, and other numbers beside a word without digits."""
    texts = [names[at] for at in numeric if at < len(names)]
    if not all(map(is_number, texts)):
        return False
    beside = [text_in(cell) for at, cell in enumerate(row.cells) if at not in numeric and text_in(cell)]
    if any(not any(map(str.isdecimal, text)) for text in beside):
        return False
    return bool(beside) or not all(len(text) == 4 and text.isdecimal() for text in texts)  # noqa: PLR2004 - a year


def _check_repeated(grid: Grid, header: _Header, numeric: Sequence[int], rows: Sequence[Row], *, options: FileOptions) -> None:
    numeric = [at for at in numeric if not options.columns or header.shown(at) in options.columns]
    if options.layout == "long" and options.value_column:
        numeric = [at for at in numeric if header.shown(at) == options.value_column]
    by_name: dict[str, list[int]] = {}
    for at in numeric:
        by_name.setdefault(header.shown(at), []).append(at)
    repeated = {name: places for name, places in by_name.items() if len(places) > 1}
    if not repeated:
        return
    raise _repeated(grid, header, rows, repeated)


def _repeated(grid: Grid, header: _Header, rows: Sequence[Row], repeated: Mapping[str, Sequence[int]]) -> AnswerNotUnderstood:
    """Return the error for names that repeat, with what else may belong to them: names above or below, and merged cells."""
    said = listed([f"columns {listed([at + 1 for at in places])} are each called {quoted(name)}" for name, places in repeated.items()])
    number = rows[header.first].number if header.first >= 0 else 0
    places = [at for several in repeated.values() for at in several]
    merged = [f"{_letters(first)}{row}:{_letters(last)}{row}" for row, first, last in grid.merged if row < number and last > first]
    near = [i for i in (header.first - 1, header.last + 1) if 0 <= i < len(rows)]
    beside = {i: [cell_at(rows[i], at) for at in places] for i in near}
    other = next((i for i, cells in beside.items() if any(text_in(cell) and not is_number(cell) for cell in cells)), None)
    if merged:
        said += f", under the merged cells {listed(merged)}"
    elif other is not None:
        holds = listed(list(map(quoted, beside[other])), most=2)
        said += f"; the names may stand in row {rows[other].number} too, which holds {holds}"
    return refused(grid.name, f"row {number}: {said}", "columns" if other is None and not merged else "header_rows")


def _letters(at: int) -> str:
    return (_letters(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)  # noqa: PLR2004 - the alphabet


def _wanted(grid: Grid, header: _Header, numeric: Sequence[int], at: int, *, options: FileOptions) -> Sequence[int]:
    """Return the columns whose every number must have a date."""
    names = {header.shown(i): i for i in range(len(header.names)) if i != at} or {header.shown(i): i for i in numeric}
    asked = (*options.columns, *options.key_columns, *filter(None, [options.value_column]))
    unknown = next((name for name in asked if name not in names), None)
    if unknown is not None:
        near = get_close_matches(unknown, names, n=1)
        which = next(o for o in ("columns", "key_columns", "value_column") if unknown in getattr(options, o))
        there = f"did you mean {quoted(near[0])}?" if near else f"there are {listed(list(map(quoted, names)))}"
        raise refused(grid.name, f"there is no column {quoted(unknown)}; {there}", which)
    chosen = [options.value_column] if options.layout == "long" and options.value_column else options.columns
    return [names[name] for name in chosen] if chosen else numeric


def _is_void(column: Column) -> bool:
    return not column.name and not any(map(text_in, iter(column.cells)))


def _title(rows: Sequence[Row]) -> str:
    """Return the first line above the names that stands alone and is no statement about the file."""
    alone = (text_in(row.cells[0]) for row in rows if row.cells and _has_one_cell(row))
    return next((text for text in alone if text and ":" not in text and not is_number(text)), "")
