"""Tables with their dates down a column: names above, rows of remarks around."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from adapters.provider_kit.own_files.dates import ReadCell
from adapters.provider_kit.own_files.grid import Cell, Column, Grid, NoTableError, Row, Table, as_name, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.numbers import is_missing, is_number
from adapters.provider_kit.own_files.options import FileOptions
from domain.errors import AnswerNotUnderstood

_SAMPLE = 200


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
        return self.name(at) or f"column {at + 1}"


def read_down(grid: Grid, rows: Sequence[Row], at: int, read: ReadCell, *, options: FileOptions) -> Table:
    """
    Return the table whose dates stand in one column.

    Raises:
        AnswerNotUnderstood: names are missing or repeat, or a row with numbers has no date.

    """
    dated = _dated(rows, at, read, headed=grid.headed)
    if not dated:
        raise NoTableError(f"{grid.name} has no rows.", hint="Write rows of dates and numbers below the names.")
    numeric = _numeric(rows, dated, at)
    header = _header(grid, rows, dated[0], numeric, options=options)
    _check_repeated(grid, header, numeric, rows, options=options)
    wanted = _wanted(grid, header, numeric, at, options=options)
    body = _Body(grid=grid, rows=rows, at=at, header=header, numeric=wanted)
    body.check(dated, unit_row=options.unit_row)
    kept = [rows[i] for i in dated if i > header.last]
    width = max(len(row.cells) for row in kept)
    columns = [_column(header, kept, i) for i in range(width) if i != at]
    return Table(
        name=grid.name,
        dates=Column(name=header.name(at), position=at, cells=[_at(row, at) for row in kept]),
        read=read,
        rows=[row.number for row in kept],
        columns=[column for column in columns if not _is_void(column)],
        frequency=grid.frequency,
        title=grid.title or _title(rows[: max(header.first, 0)]),
        comma_delimited=grid.delimiter == ",",
        dot_is_decimal=grid.dot_is_decimal,
        header_row=rows[header.first].number if header.first >= 0 else 0,
    )


def _at(row: Row, at: int) -> Cell:
    return row.cells[at] if at < len(row.cells) else None


def _dated(rows: Sequence[Row], at: int, read: ReadCell, *, headed: bool) -> list[int]:
    """Return the rows with a date; not the first ones, if nothing but a date stands in them and none has names above."""
    found = [i for i, row in enumerate(rows) if (i or not headed) and text_in(_at(row, at)) and read(_at(row, at))]
    return found[1:] if not headed and found[1:] and found[0] == 0 and _has_one_cell(rows[0]) else found


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
    above = range(first_date)
    if options.skip_rows is not None:
        above = above[:1]
    complete = (i for i in above if all(_block(grid, rows[i : i + count], numeric, at) for at in numeric) and i + count <= first_date)
    best = next(complete, None)
    if best is None:
        named = {i: sum(bool(text_in(_at(rows[i], at))) for at in numeric) for i in above}
        best = max(named, key=lambda i: (named[i], i), default=None)
        if best is None or not named[best]:
            raise refused(grid.name, f"row {rows[first_date].number} has no line of column names above it", "header_rows (0)")
    names = [_block(grid, rows[best : best + count], numeric, at) for at in range(max(len(row.cells) for row in rows[best : best + count]))]
    if count == 1 and _are_numbers(rows[best], names, numeric):
        raise refused(
            grid.name, f"row {rows[best].number} has no line of column names above it: {quoted(', '.join(names))}", "header_rows (0)"
        )
    return _Header(first=best, last=best + count - 1, names=names)


def _block(grid: Grid, block: Sequence[Row], numeric: Collection[int], at: int) -> str:
    """Return a column's name of the rows of a header; in all but the last a name reaches over the blank cells on its right."""
    parts = []
    for index, row in enumerate(block):
        cell = _at(row, at)
        if index < len(block) - 1 and not text_in(cell):
            left = [i for i in range(at) if text_in(_at(row, i)) and (i in numeric or _spans(grid, row, i, at))]
            cell = _at(row, left[-1]) if left and at in numeric else cell
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
    other = next((rows[i] for i in near if any(text_in(_at(rows[i], at)) and not is_number(_at(rows[i], at)) for at in places)), None)
    if merged:
        said += f", under the merged cells {listed(merged)}"
    elif other:
        said += f"; the names may stand in row {other.number} too, which holds {listed([quoted(_at(other, at)) for at in places], most=2)}"
    return refused(grid.name, f"row {number}: {said}", *(("header_rows",) if merged or other else ("columns",)))


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


@dataclass(slots=True, kw_only=True)
class _Body:
    """The rows under the names."""

    grid: Grid
    rows: Sequence[Row]
    at: int
    header: _Header
    numeric: Sequence[int]

    def check(self, dated: Sequence[int], *, unit_row: bool) -> None:
        """Raise AnswerNotUnderstood for a row with numbers but no date, with other names, or with more or fewer cells than names."""
        held = set(dated)
        for i in range(self.header.last + 1, len(self.rows)):
            if i in held:
                self._check_length(self.rows[i])
            elif not (unit_row and i == self.header.last + 1):
                self._check_undated(i, is_above=i < dated[0], is_between=i < dated[-1])

    def _check_length(self, row: Row) -> None:
        if self.grid.headed or not self.header.names:
            return
        width = max((at + 1 for at, name in enumerate(self.header.names) if name), default=0)
        extra = next((at for at in range(width, len(row.cells)) if text_in(row.cells[at])), None) if self.grid.delimiter else None
        if extra is not None:
            raise refused(
                self.grid.name,
                f"row {row.number} has {extra + 1} cells where the header has {width}: {quoted(row.cells[extra])} has no name",
                "delimiter",
            )
        if self.grid.delimiter and len(row.cells) < width:
            raise refused(self.grid.name, f"row {row.number} has {len(row.cells)} cells where the header has {width}", "delimiter")

    def _check_undated(self, i: int, *, is_above: bool, is_between: bool) -> None:
        row = self.rows[i]
        if [as_name(cell) for cell in row.cells[: len(self.header.names)]] == self.header.names[: len(row.cells)]:
            return
        number = next((at for at in self.numeric if is_number(_at(row, at))), None)
        date = text_in(_at(row, self.at))
        if number is not None and not (is_above and date and not any(map(str.isdecimal, date))):
            where = f"row {row.number}, column {quoted(self.header.shown(self.at))}, cell {quoted(date)}"
            other = f"{quoted(_at(row, number))} stands under {quoted(self.header.shown(number))}"
            raise refused(
                self.grid.name, f"{where}: not a date, though {other}", *(("date_format", "unit_row") if is_above else ("date_format",))
            )
        if is_between and not is_above:
            word = next((at for at in self.numeric if not is_missing(_at(row, at))), None)
            if word is not None:
                raise refused(
                    self.grid.name,
                    f"row {row.number}, column {quoted(self.header.shown(word))}, cell {quoted(_at(row, word))}: words between the rows; "
                    "another table may begin there",
                )


def _column(header: _Header, rows: Sequence[Row], at: int) -> Column:
    return Column(name=header.name(at), position=at, cells=[_at(row, at) for row in rows])


def _is_void(column: Column) -> bool:
    return not column.name and not any(map(text_in, column.cells))


def _title(rows: Sequence[Row]) -> str:
    """Return the first line above the names that stands alone and is no statement about the file."""
    alone = (text_in(row.cells[0]) for row in rows if row.cells and _has_one_cell(row))
    return next((text for text in alone if text and ":" not in text and not is_number(text)), "")
