"""Which column holds the dates, and how its cells are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from adapters.provider_kit.own_files.date_cells import EXCEL, ReadCell, form_of, may_be_excel, read_loosely, read_typed, reader_of_format
from adapters.provider_kit.own_files.date_names import is_date_name
from adapters.provider_kit.own_files.digit_columns import digit_columns, reader_of_digits
from adapters.provider_kit.own_files.grid import (
    Cell,
    Grid,
    NoTableError,
    Row,
    as_name,
    cell_at,
    listed,
    quoted,
    refused,
    text_in,
    transposed,
)
from adapters.provider_kit.own_files.options import FileOptions

_SAMPLE = 300
_MOST = 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """The column of the dates, and how its cells are read."""

    position: int
    read: ReadCell


def find_place(grid: Grid, rows: Sequence[Row], across: int | None, options: FileOptions) -> Place | None:
    """
    Return the column of the dates; None if they stand across.

    Args:
        across: the position of a row of dates.

    Raises:
        NoTableError: nothing looks like dates.
        AnswerNotUnderstood: several columns do, or a column and a row.

    """
    return _Search(grid, rows, across).place(options)


class _Search:
    """Searches the rows of a grid."""

    def __init__(self, grid: Grid, rows: Sequence[Row], across: int | None) -> None:
        self._grid, self._rows, self._across = grid, rows, across

    def place(self, options: FileOptions) -> Place | None:
        sample = self._sample(options)
        columns = list(transposed(sample, max(len(row.cells) for row in self._rows)))
        above = None if self._across is None else sample.index(self._rows[self._across])
        if options.date_column:
            return self._asked(columns, options)
        if options.date_format:
            return self._by_format(columns, options)
        strong = [at for at, cells in enumerate(columns) if _holds_dates(cells, read_typed, above)]
        if self._across is None:
            strong = self._or_named(columns, strong)
        if strong and (len(strong) > 1 or self._varies(strong[0])):
            return Place(self._only(strong), read_loosely)
        return self._among_digits(strong, columns, sample)

    def _among_digits(self, strong: Sequence[int], columns: Sequence[Sequence[Cell]], sample: Sequence[Row]) -> Place | None:
        """Return the column of digits that are dates, or that of dates which are the same on every row if there is no other."""
        digits = digit_columns(columns, [self._names_over(at) for at in range(len(columns))], is_headed=self._grid.headed)
        others = [at for at, _ in digits if at not in strong]
        if strong and self._across is None and others and not _vary(columns[others[0]]):
            raise self._several([strong[0], others[0]])
        if strong and self._goes_before(strong[0], bool(others)):
            return Place(strong[0], read_loosely)
        if not digits:
            if self._across is None:
                raise self._no_dates(sample)
            return None
        if self._across is not None and not self._is_named(digits[0][0]):
            raise self._across_or_down(digits[0][0])
        if len(digits) > 1:
            raise self._several([at for at, _ in digits])
        return Place(*digits[0])

    def _goes_before(self, at: int, has_digits: bool) -> bool:  # noqa: FBT001
        """Return whether dates that are the same on every row are the table's, there being no others."""
        if self._across is None:
            return not has_digits
        dated = [row for row in self._rows[:_SAMPLE] if read_typed(cell_at(row, at))]
        if len(dated) == 1 and any(map(text_in, dated[0].cells[:at])):
            raise self._across_or_down(at)
        return len(dated) == 1

    def _across_or_down(self, at: int) -> Exception:
        number = self._rows[self._across or 0].number
        return refused(self._grid.name, f"dates may stand in row {number} or in column {at + 1}", "dates_in")

    def _sample(self, options: FileOptions) -> Sequence[Row]:
        sample = self._rows[1 if self._grid.headed else 0 :][:_SAMPLE]
        if self._grid.headed:
            return sample
        most, header = max(map(_filled, sample)), self._rows[self._across or 0]
        return [row for row in sample if row is header or 2 * _filled(row) > most or _begins_with_date(row, options)]

    def _or_named(self, columns: Sequence[Sequence[Cell]], found: list[int], *, read: ReadCell = read_typed) -> list[int]:
        """Return columns that hold dates, or where none of them is called so, those that are and hold one."""
        if any(map(self._is_named, found)):
            return found
        return [at for at, cells in enumerate(columns) if any(map(read, cells)) and self._is_named(at)] or found

    def _varies(self, at: int) -> bool:
        dates = {text_in(cell_at(row, at)) for row in self._rows[:_SAMPLE] if read_typed(cell_at(row, at))}
        return len(dates) > 1

    def _only(self, found: Sequence[int]) -> int:
        """Return the one column of dates that differ from row to row; of columns that hold the same dates the first."""
        if len(found) > 1:
            by_column = {at: [i for i, row in enumerate(self._rows[:_SAMPLE]) if read_typed(cell_at(row, at))] for at in found}
            counts = Counter(i for dated in by_column.values() for i in dated)
            # A date alone in its row, below a column without any other, is a footnote's.
            found = [at for at, dated in by_column.items() if len(dated) > 1 or any(counts[i] > 1 for i in dated)] or found
            varying = [at for at in found if len({text_in(cell_at(self._rows[i], at)) for i in counts}) > 1]
            found = varying or found
            found = [at for i, at in enumerate(found) if not any(self._same(other, at, sorted(counts)) for other in found[:i])]
        if len(found) > 1:
            raise self._several(found)
        return found[0]

    def _several(self, found: Sequence[int]) -> Exception:
        names = [quoted(self._name_over(at) or f"column {at + 1}") for at in found]
        where = f" on sheet {quoted(self._grid.sheet)}" if self._grid.sheet else ""
        return refused(
            self._grid.name, f"the columns {listed(names)}{where} all hold dates, perhaps of several tables", "date_column", "columns"
        )

    def _same(self, one: int, other: int, dated: Sequence[int]) -> bool:
        return all(read_typed(cell_at(self._rows[i], one)) == read_typed(cell_at(self._rows[i], other)) for i in dated)

    def _cells_over(self, at: int) -> Iterator[Cell]:
        """Go through a column from its top, without lines that stand alone."""
        for row in self._rows[:1] if self._grid.headed else self._rows[:_SAMPLE]:
            if self._grid.headed or _filled(row) != 1:
                yield cell_at(row, at)

    def _names_over(self, at: int) -> Sequence[str]:
        """Return the texts above a column's dates."""
        names = []
        for cell in self._cells_over(at):
            if not self._grid.headed and (read_typed(cell) or form_of(cell)):
                break
            names.append(as_name(cell) if text_in(cell) else "")
        return list(filter(None, names))

    def _name_over(self, at: int) -> str:
        return next(iter(self._names_over(at)), "")

    def _is_named(self, at: int) -> bool:
        """Return whether any text above a column's dates says that they are dates, or they are an index without a name."""
        if self._grid.headed and not text_in(cell_at(self._rows[0], at)):
            return True
        for cell in self._cells_over(at):
            if text_in(cell) and is_date_name(text_in(cell)):
                return True
            if text_in(cell) and form_of(cell):
                return False
        return False

    def _by_format(self, columns: Sequence[Sequence[Cell]], options: FileOptions) -> Place | None:
        read = reader_of_format(options.date_format)
        found = self._or_named(columns, [at for at, cells in enumerate(columns) if _holds_dates(cells, read)], read=read)
        if not found and options.dates_in != "rows" and self._across is not None:
            return None
        if not found:
            what = f"no column holds dates of the form {quoted(options.date_format)}"
            raise refused(self._grid.name, what, "date_format", "date_column")
        named = [at for at in found if self._is_named(at)]
        plain = options.date_format == EXCEL or all(form_of(cell) or not text_in(cell) for cell in columns[found[0]][1:])
        return Place((named or found)[0] if plain else self._only(found), read)

    def _asked(self, columns: Sequence[Sequence[Cell]], options: FileOptions) -> Place:
        name = options.date_column
        for row in self._rows[:1] if self._grid.headed else self._rows[:_SAMPLE]:
            names = [as_name(cell) for cell in row.cells]
            if name in names:
                return Place(names.index(name), _reader_for(columns[names.index(name)], options))
        number = re.fullmatch(r"column ([1-9][0-9]{0,5})", name)
        if number and int(number[1]) <= len(columns):
            return Place(int(number[1]) - 1, _reader_for(columns[int(number[1]) - 1], options))
        texts = [as_name(cell) for row in self._rows[:20] for cell in row.cells if isinstance(cell, str)]
        near = get_close_matches(name, texts, n=1)
        meant = f"; did you mean {quoted(near[0])}?" if near else ""
        raise refused(self._grid.name, f"there is no column {quoted(name)}{meant}", "date_column")

    def _no_dates(self, sample: Sequence[Row]) -> NoTableError:
        columns = list(transposed(sample, max(len(row.cells) for row in self._rows)))
        for at, cells in enumerate(columns):
            filled = [(sample[i].number, cell) for i, cell in enumerate(cells) if text_in(cell)]
            dates = [(number, cell) for number, cell in filled if form_of(cell)]
            days = [(number, cell) for number, cell in filled if may_be_excel(cell)]
            if at == 0 and dates and len(dates) == len(filled) - (not self._grid.headed):
                return self._may_be(at, dates[0], "a date, or a number of another kind", "date_column", "date_format")
            if days and (at == 0 or self._is_named(at)):
                return self._may_be(at, days[0], "a number which may be an Excel day", "date_format (excel)")
        if len(self._rows) == 1 or not any(any(map(text_in, cells)) for cells in columns):
            return NoTableError(f"{self._grid.name} has no rows.", hint="Write a line of names and rows of dates and numbers.")
        error = refused(self._grid.name, "no column holds dates that can be read", "date_format", "date_column", "delimiter")
        return NoTableError(error.message, hint="Write dates as 2024-01-31 or 2024-01-31T12:00:00Z, or set the option date_format.")

    def _may_be(self, at: int, cell: tuple[int, Cell], what: str, *options: str) -> NoTableError:
        where = f"column {quoted(self._name_over(at) or f'column {at + 1}')}, row {cell[0]}, cell {quoted(cell[1])}"
        error = refused(self._grid.name, f"{where}: {what}", *options)
        return NoTableError(error.message, hint=error.hint)


def _vary(cells: Sequence[Cell]) -> bool:
    return len({text_in(cell) for cell in cells if form_of(cell)}) > 1


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


def _reader_for(cells: Sequence[Cell], options: FileOptions) -> ReadCell:
    if options.date_format:
        return reader_of_format(options.date_format)
    return read_loosely if _holds_dates(cells, read_typed) else reader_of_digits(cells) or read_loosely
