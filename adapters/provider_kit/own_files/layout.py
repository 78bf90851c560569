"""Where dates, names and numbers stand in a grid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from adapters.provider_kit.own_files.across import dates_across, read_across
from adapters.provider_kit.own_files.date_cells import (
    EXCEL,
    ReadCell,
    form_of,
    may_be_called,
    may_be_excel,
    read_loosely,
    read_typed,
    reader_of_form,
    reader_of_format,
)
from adapters.provider_kit.own_files.down import read_down
from adapters.provider_kit.own_files.grid import (
    Cell,
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
    text_in,
    transposed,
)
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.own_files.parts import with_whole_dates

_SAMPLE = 300
_MOST, _ALL = 0.6, 0.8
_DATE_WORD = re.compile(
    r"date|day|week|month|quarter|year|period|time|epoch|stamp|datum|jahr|monat|quartal|zeit|tag|ann[ée]e|mois|fecha|a[ñn]o|mes|anno|mese|rok|dato",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """The column of the dates, and how its cells are read."""

    position: int
    read: ReadCell


def read_table(grid: Grid, options: FileOptions) -> Table:
    """
    Find dates, names and columns.

    Raises:
        NoTableError: nothing looks like dates.
        AnswerNotUnderstood: it may be read in two ways, or a row does not fit; names it and the option that decides.

    """
    if not options.date_format and options.dates_in != "columns":
        grid = with_whole_dates(grid)
    names, skipped = grid.rows[: int(grid.headed)], 0 if grid.headed else options.skip_rows or 0
    rows = [*names, *(row for row in grid.rows[len(names) :] if row.number > skipped and not is_blank(row.cells))]
    if not rows:
        raise NoTableError(f"{grid.name} has no rows.", hint="Write a line of names and rows of dates and numbers.")
    read = reader_of_format(options.date_format) if options.date_format else read_loosely
    across = None if grid.headed or options.dates_in == "rows" else dates_across(rows, read)
    if options.dates_in == "columns":
        if across is None:
            raise refused(grid.name, "no row holds two dates", "dates_in", "date_format")
        return read_across(grid, _all(grid, rows), across, read, options=options)
    place = _place(grid, rows, across, options)
    if place:
        return read_down(grid, rows, place.position, place.read, options=options)
    assert across is not None  # noqa: S101 - else there would be a place or an error
    return read_across(grid, _all(grid, rows), across, read, options=options)


def _all(grid: Grid, rows: Sequence[Row]) -> Sequence[Row]:
    return [*rows, *(row for row in grid.rest if not is_blank(row.cells))]


def _place(grid: Grid, rows: Sequence[Row], across: int | None, options: FileOptions) -> Place | None:
    """Return the date column; None if the dates stand across."""
    sample = rows[1 if grid.headed else 0 :][:_SAMPLE]
    if not grid.headed:
        most = max(map(_filled, sample))
        sample = [row for row in sample if row is rows[across or 0] or 2 * _filled(row) > most or _begins_with_date(row, options)]
    columns = list(transposed(sample, max(len(row.cells) for row in rows)))
    above = None if across is None else sample.index(rows[across])
    if options.date_column:
        return _asked(grid, rows, columns, options)
    if options.date_format:
        return _by_format(grid, rows, columns, options)
    strong = [at for at, cells in enumerate(columns) if _holds_dates(cells, read_typed, above)]
    if across is None:
        strong = _or_named(grid, rows, columns, strong)
    if strong:
        return Place(_only(grid, rows, strong), read_loosely)
    weak = _weak(grid, rows, columns)
    if weak is None:
        if across is None:
            raise _no_dates(grid, rows, sample)
        return None
    if across is not None and not _is_named(grid, rows, weak.position):
        raise refused(grid.name, f"dates may stand in row {rows[across].number} or in column {weak.position + 1}", "dates_in")
    return weak


def _filled(row: Row) -> int:
    return sum(bool(text_in(cell)) for cell in row.cells)


def _begins_with_date(row: Row, options: FileOptions) -> bool:
    """Return whether the first cell that is filled is a date, as it is in no title or footnote."""
    read = reader_of_format(options.date_format) if options.date_format else read_loosely
    first = next(cell for cell in row.cells if text_in(cell))
    return read(first) is not None or bool(form_of(first))


def _holds_dates(cells: Sequence[Cell], read: ReadCell, across: int | None = None) -> bool:
    """Return whether most cells from the first date on are dates, not only the one in the row of dates across."""
    first = next((i for i, cell in enumerate(cells) if text_in(cell) and read(cell)), None)
    if first is None:
        return False
    filled = [i for i in range(first, len(cells)) if text_in(cells[i])]
    dates = [i for i in filled if read(cells[i]) or read_loosely(cells[i])]
    return len(dates) >= _MOST * len(filled) and dates != [across]


def _or_named(
    grid: Grid, rows: Sequence[Row], columns: Sequence[Sequence[Cell]], found: list[int], *, read: ReadCell = read_typed
) -> list[int]:
    """Return columns that hold dates, or where none of them is called so, those that are and hold one."""
    if any(_is_named(grid, rows, at) for at in found):
        return found
    return [at for at, cells in enumerate(columns) if any(map(read, cells)) and _is_named(grid, rows, at)] or found


def _only(grid: Grid, rows: Sequence[Row], found: Sequence[int]) -> int:
    """Return the one column of dates that differ."""
    if len(found) > 1:
        by_column = {at: [i for i, row in enumerate(rows[:_SAMPLE]) if read_typed(cell_at(row, at))] for at in found}
        counts = Counter(i for dated in by_column.values() for i in dated)
        # A date alone in its row, below a column without any other, is a footnote's.
        found = [at for at, dated in by_column.items() if len(dated) > 1 or any(counts[i] > 1 for i in dated)] or found
        varying = [at for at in found if len({text_in(cell_at(rows[i], at)) for i in counts}) > 1]
        found = varying or found[:1]
    if len(found) > 1:
        names = [quoted(_name_over(grid, rows, at) or f"column {at + 1}") for at in found]
        where = f" on sheet {quoted(grid.sheet)}" if grid.sheet else ""
        raise refused(grid.name, f"the columns {listed(names)}{where} all hold dates, perhaps of several tables", "date_column", "columns")
    return found[0]


def _cells_over(grid: Grid, rows: Sequence[Row], at: int) -> Iterator[Cell]:
    """Go through a column from its top, without lines that stand alone."""
    for row in rows[:1] if grid.headed else rows[:_SAMPLE]:
        if grid.headed or _filled(row) != 1:
            yield cell_at(row, at)


def _name_over(grid: Grid, rows: Sequence[Row], at: int) -> str:
    """Return the first text above a column's dates."""
    for cell in _cells_over(grid, rows, at):
        if not grid.headed and text_in(cell) and (read_typed(cell) or form_of(cell)):
            return ""
        if text_in(cell):
            return as_name(cell)
    return ""


def _is_named(grid: Grid, rows: Sequence[Row], at: int) -> bool:
    """Return whether any text above a column's dates says that they are dates, or they are an index without a name."""
    if grid.headed and not text_in(cell_at(rows[0], at)):
        return True
    for cell in _cells_over(grid, rows, at):
        if text_in(cell) and (_DATE_WORD.search(text_in(cell)) or text_in(cell).casefold() in ("t", "ts")):
            return True
        if text_in(cell) and form_of(cell):
            return False
    return False


def _weak(grid: Grid, rows: Sequence[Row], columns: Sequence[Sequence[Cell]]) -> Place | None:
    """Return the column of digits that are dates: one that is called so, else the first one if it has no name and is in order."""
    found: list[tuple[int, str]] = []
    for at, cells in enumerate(columns):
        forms = [form_of(cell) for cell in cells if text_in(cell)]
        counts = Counter(filter(None, forms)).most_common(1)
        begin = next((i for i, form in enumerate(forms) if form), 0)
        if counts and counts[0][1] >= _ALL * (len(forms) - begin):
            found.append((at, counts[0][0]))
    first = next((at for at, cells in enumerate(columns) if any(map(text_in, cells))), 0)
    names = {at: _date_name(grid, rows, at) for at, _ in found}
    named = [(at, form) for at, form in found if may_be_called(names[at], form)]
    unnamed = [(at, form) for at, form in found if not names[at] and at == first and _is_sorted(columns[at], form)]
    position, form = next(iter([*named, *unnamed]), (None, ""))
    return None if position is None else Place(position, reader_of_form(form))


def _date_name(grid: Grid, rows: Sequence[Row], at: int) -> str:
    """Return the text next above a column's dates, which says what they are; ``date`` for an index without a name."""
    if grid.headed:
        return text_in(cell_at(rows[0], at)) or "date"
    texts = []
    for cell in _cells_over(grid, rows, at):
        if text_in(cell) and form_of(cell):
            break
        texts.append(text_in(cell))
    return next(filter(None, reversed(texts)), "")


def _is_sorted(cells: Sequence[Cell], form: str) -> bool:
    numbers = [float(text_in(cell)) for cell in cells if text_in(cell) and form_of(cell) == form]
    pairs = list(pairwise(numbers))
    return len(pairs) > 0 and (all(a < b for a, b in pairs) or all(a > b for a, b in pairs))


def _by_format(grid: Grid, rows: Sequence[Row], columns: Sequence[Sequence[Cell]], options: FileOptions) -> Place | None:
    read = reader_of_format(options.date_format)
    found = [at for at, cells in enumerate(columns) if _holds_dates(cells, read)]
    found = _or_named(grid, rows, columns, found, read=read)
    if not found and options.dates_in != "rows" and not grid.headed and dates_across(rows, read) is not None:
        return None
    if not found:
        raise refused(grid.name, f"no column holds dates of the form {quoted(options.date_format)}", "date_format", "date_column")
    named = [at for at in found if _is_named(grid, rows, at)]
    plain = options.date_format == EXCEL or all(form_of(cell) or not text_in(cell) for cell in columns[found[0]][1:])
    return Place((named or found)[0] if plain else _only(grid, rows, found), read)


def _asked(grid: Grid, rows: Sequence[Row], columns: Sequence[Sequence[Cell]], options: FileOptions) -> Place:
    name = options.date_column
    for row in rows[:1] if grid.headed else rows[:_SAMPLE]:
        names = [as_name(cell) for cell in row.cells]
        if name in names:
            return Place(names.index(name), _reader_for(columns[names.index(name)], options))
    number = re.fullmatch(r"column ([1-9][0-9]{0,5})", name)
    if number and int(number[1]) <= len(columns):
        return Place(int(number[1]) - 1, _reader_for(columns[int(number[1]) - 1], options))
    texts = [as_name(cell) for row in rows[:20] for cell in row.cells if isinstance(cell, str)]
    near = get_close_matches(name, texts, n=1)
    raise refused(grid.name, f"there is no column {quoted(name)}{f'; did you mean {quoted(near[0])}?' if near else ''}", "date_column")


def _reader_for(cells: Sequence[Cell], options: FileOptions) -> ReadCell:
    if options.date_format:
        return reader_of_format(options.date_format)
    if _holds_dates(cells, read_typed):
        return read_loosely
    forms = Counter(filter(None, map(form_of, cells))).most_common(1)
    return reader_of_form(forms[0][0]) if forms else read_loosely


def _no_dates(grid: Grid, rows: Sequence[Row], sample: Sequence[Row]) -> NoTableError:
    columns = list(transposed(sample, max(len(row.cells) for row in rows)))
    for at, cells in enumerate(columns):
        numbers = [(i, cell) for i, cell in enumerate(cells) if text_in(cell) and may_be_excel(cell)]
        years = [(i, cell) for i, cell in enumerate(cells) if text_in(cell) and form_of(cell)]
        if at == 0 and len(years) == len([cell for cell in cells if text_in(cell)]) - (not grid.headed) and years:
            where = f"column {quoted(_name_over(grid, rows, at))}, row {sample[years[0][0]].number}, cell {quoted(years[0][1])}"
            error = refused(grid.name, f"{where}: a date, or a number of another kind", "date_column", "date_format")
            return NoTableError(error.message, hint=error.hint)
        if numbers and (at == 0 or _is_named(grid, rows, at)):
            row = sample[numbers[0][0]].number
            where = f"column {quoted(_name_over(grid, rows, at) or f'column {at + 1}')}, row {row}, cell {quoted(numbers[0][1])}"
            error = refused(grid.name, f"{where}: a number which may be an Excel day", "date_format (excel)")
            return NoTableError(error.message, hint=error.hint)
    if len(rows) == 1 or not any(any(map(text_in, cells)) for cells in columns):
        return NoTableError(f"{grid.name} has no rows.", hint="Write a line of names and rows of dates and numbers.")
    error = refused(grid.name, "no column holds dates that can be read", "date_format", "date_column", "delimiter")
    return NoTableError(error.message, hint="Write dates as 2024-01-31 or 2024-01-31T12:00:00Z, or set the option date_format.")
