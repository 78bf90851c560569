"""The header of a table whose dates stand down a column: which rows hold the names, and what they call each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.provider_kit.own_files.grid import Grid, Row, all_quoted, as_name, listed, quoted, refused, shown_name, text_in
from adapters.provider_kit.own_files.numbers import is_number
from adapters.provider_kit.own_files.options import FileOptions
from domain.errors import AnswerNotUnderstood

_SAMPLE = 200
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    The names.

    Attributes:
        first, last: positions of its rows among all rows; both -1 if there are none.
        number: of its first row.
        names: for each column.

    """

    first: int = -1
    last: int = -1
    number: int = 0
    names: Sequence[str] = ()

    def shown(self, at: int) -> str:
        """Return a column's name, or ``column N`` where it has none."""
        return shown_name(self.names, at)


def find_header(grid: Grid, rows: Sequence[Row], first_date: int, numeric: Sequence[int], *, options: FileOptions) -> Header:
    """
    Find the names.

    Args:
        first_date: the position of the first row with a date.
        numeric: the columns that hold numbers.

    Raises:
        AnswerNotUnderstood: names are missing, stand in several rows, or repeat.

    """
    if grid.headed:
        header = Header(first=0, last=0, names=list(map(as_name, rows[0].cells)))
    elif options.header_rows == 0:
        header = Header()
    else:
        header = _found(grid, rows, first_date, numeric, options=options)
    _check_repeated(grid, header, numeric, rows, options=options)
    return header


def _found(grid: Grid, rows: Sequence[Row], first_date: int, numeric: Sequence[int], *, options: FileOptions) -> Header:
    count, number = options.header_rows or 1, rows[first_date].number
    above = list(range(first_date if options.skip_rows is None else min(1, first_date)))
    usual = max(len(row.cells) for row in rows[first_date : first_date + _SAMPLE])
    above = [i for i in above if not grid.delimiter or rows[i].end <= usual] or above
    begins = [i for i in above if i + count <= first_date]
    named = {i: sum(bool(rows[i].text(at)) for at in numeric) for i in begins}
    complete = (i for i in begins if named[i] or not numeric)
    best = next((i for i in complete if all(_name(grid, rows[i : i + count], numeric, at) for at in numeric)), None)
    if best is None:
        best = max(named, key=lambda i: (named[i], i), default=None)
        if best is None and count > 1:
            raise refused(grid.name, f"fewer than {count} rows stand above row {number}, the first with a date", "header_rows")
        if best is None or not named[best]:
            raise refused(grid.name, f"row {number} has no line of column names above it", "header_rows (0)")
        _check_scattered(grid, [rows[i] for i in above if rows[i].filled != 1], rows[best], numeric)
    block = rows[best : best + count]
    names = [_name(grid, block, numeric, at) for at in range(max(len(row.cells) for row in block))]
    if count == 1 and _are_numbers(block[0], names, numeric):
        shown = quoted(", ".join(names))
        raise refused(grid.name, f"row {block[0].number} has no line of column names above it: {shown}", "header_rows (0)")
    return Header(first=best, last=best + count - 1, number=block[0].number, names=names)


def _name(grid: Grid, block: Sequence[Row], numeric: Sequence[int], at: int) -> str:
    """Return a column's name of the rows of a header; in all but the last a name reaches over the blank cells on its right."""
    parts = []
    for row in block:
        cell = row.cell(at)
        if row is not block[-1] and not text_in(cell) and at in numeric:
            left = (i for i in range(at - 1, -1, -1) if row.text(i) and (i in numeric or _spans(grid, row, i, at)))
            cell = row.cell(next(left, at))
        parts.append(as_name(cell))
    return " / ".join(dict.fromkeys(filter(None, parts)))


def _spans(grid: Grid, row: Row, left: int, at: int) -> bool:
    return any(number == row.number and first <= left and at <= last for number, first, last in grid.merged)


def _check_scattered(grid: Grid, above: Sequence[Row], header: Row, numeric: Sequence[int]) -> None:
    """Refuse names of which some stand in another row than most: the columns under them would lose theirs."""
    for at in numeric:
        row = next((row for row in above if isinstance(row.cell(at), str) and row.text(at)), None)
        if row and not header.text(at):
            what = f"rows {min(row.number, header.number)} and {max(row.number, header.number)} both hold names"
            raise refused(grid.name, f"{what}, such as {quoted(row.cell(at))} of column {at + 1}", "header_rows")


def _are_numbers(row: Row, names: Sequence[str], numeric: Sequence[int]) -> bool:
    """Return whether what would be names are numbers; years may be names, and other numbers beside a word without digits."""
    texts = [names[at] for at in numeric if at < len(names)]
    if not all(map(is_number, texts)):
        return False
    beside = [row.text(at) for at in range(len(row.cells)) if at not in numeric and row.text(at)]
    if any(not any(map(str.isdecimal, text)) for text in beside):
        return False
    return bool(beside) or not all(len(text) == _YEAR_DIGITS and text.isdecimal() for text in texts)


def _check_repeated(grid: Grid, header: Header, numeric: Sequence[int], rows: Sequence[Row], *, options: FileOptions) -> None:
    wanted = [options.value_column] if options.layout == "long" and options.value_column else options.columns
    by_name: dict[str, list[int]] = {}
    for at in numeric:
        by_name.setdefault(header.shown(at), []).append(at)
    repeated = {name: places for name, places in by_name.items() if len(places) > 1 and (not wanted or name in wanted)}
    if repeated:
        raise _repeated(grid, header, rows, repeated)


def _repeated(grid: Grid, header: Header, rows: Sequence[Row], repeated: Mapping[str, Sequence[int]]) -> AnswerNotUnderstood:
    """Return the error for names that repeat, with what else may belong to them: names above or below, and merged cells."""
    said = listed([f"columns {listed([at + 1 for at in places])} are each called {quoted(name)}" for name, places in repeated.items()])
    places = [at for several in repeated.values() for at in several]
    merged = [f"{_letters(first)}{row}:{_letters(last)}{row}" for row, first, last in grid.merged if row < header.number and last > first]
    near = [rows[i] for i in (header.first - 1, header.last + 1) if 0 <= i < len(rows)]
    other = next((row for row in near if any(row.text(at) and not is_number(row.cell(at)) for at in places)), None)
    if merged:
        said += f", under the merged cells {listed(merged)}"
    elif other is not None:
        holds = all_quoted(map(other.cell, places), most=2)
        said += f"; the names may stand in row {other.number} too, which holds {holds}"
    return refused(grid.name, f"row {header.number}: {said}", "columns" if other is None and not merged else "header_rows")


def _letters(at: int) -> str:
    return (_letters(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)  # noqa: PLR2004 - the alphabet
