"""Which column holds the dates, and how its cells are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from adapters.provider_kit.own_files.date_cells import EXCEL, ReadCell, form_of, may_be_excel, read_loosely, read_typed, reader_of_format
from adapters.provider_kit.own_files.date_words import is_date_name
from adapters.provider_kit.own_files.digit_columns import digit_columns, reader_of_digits
from adapters.provider_kit.own_files.grid import Cell, Grid, NoTableError, Row, all_quoted, as_name, quoted, refused, text_in
from adapters.provider_kit.own_files.options import FileOptions

_SAMPLE = 300
_MOST = 0.6


@dataclass(frozen=True, slots=True)
class DateColumn:
    """The column of the dates, and how its cells are read."""

    position: int
    read: ReadCell


def find_date_column(grid: Grid, rows: Sequence[Row], across: int | None, options: FileOptions) -> DateColumn | None:
    """
    Return the column of the dates; None if they stand across.

    Args:
        across: the position of a row of dates.

    Raises:
        NoTableError: nothing looks like dates.
        AnswerNotUnderstood: several columns do, or a column and a row.

    """
    search = _Search(grid, rows, across, options)
    if options.date_column:
        return search.asked()
    return search.by_format() if options.date_format else search.by_cells()


class _Search:
    """Searches the rows of a grid."""

    def __init__(self, grid: Grid, rows: Sequence[Row], across: int | None, options: FileOptions) -> None:
        self._grid, self._rows, self._across, self._options = grid, rows, across, options
        self._sample = rows[1 : _SAMPLE + 1] if grid.headed else self._alike(rows[:_SAMPLE])
        # Lines that stand alone name no column.
        self._above = rows[:1] if grid.headed else [row for row in rows[:_SAMPLE] if row.filled != 1]
        self._columns = [[row.cell(at) for row in self._sample] for at in range(max(len(row.cells) for row in rows))]

    def by_cells(self) -> DateColumn | None:
        across = None if self._across is None else self._sample.index(self._rows[self._across])
        strong = [at for at, cells in enumerate(self._columns) if _holds_dates(cells, read_typed, across)]
        if self._across is None:
            strong = self._or_named(strong, read_typed)
        if strong and (len(strong) > 1 or self._varies(strong[0])):
            return DateColumn(self._only(strong), read_loosely)
        return self._among_digits(strong)

    def _among_digits(self, strong: Sequence[int]) -> DateColumn | None:
        """Return the column of digits that are dates, or that of dates which are the same on every row if there is no other."""
        digits = digit_columns(self._columns, list(map(self._names_over, range(len(self._columns)))), is_headed=self._grid.headed)
        others = [at for at, _ in digits if at not in strong]
        if strong and self._across is None and others and not _vary(self._columns[others[0]]):
            raise self._several([strong[0], others[0]])
        if strong and self._goes_before(strong[0], bool(others)):
            return DateColumn(strong[0], read_loosely)
        if not digits:
            if self._across is None:
                raise self._no_dates()
            return None
        if self._across is not None and not self._is_named(digits[0][0]):
            raise self._across_or_down(digits[0][0])
        if len(digits) > 1:
            raise self._several([at for at, _ in digits])
        return DateColumn(*digits[0])

    def _goes_before(self, at: int, has_digits: bool) -> bool:  # noqa: FBT001
        """Return whether dates that are the same on every row are the table's, there being no others."""
        if self._across is None:
            return not has_digits
        dated = [row for row in self._rows[:_SAMPLE] if read_typed(row.cell(at))]
        if len(dated) == 1 and any(map(text_in, dated[0].cells[:at])):
            raise self._across_or_down(at)
        return len(dated) == 1

    def _across_or_down(self, at: int) -> Exception:
        number = self._rows[self._across or 0].number
        return refused(self._grid.name, f"dates may stand in row {number} or in column {at + 1}", "dates_in")

    def _alike(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows without titles and footnotes: those with half as many cells as the longest, or that begin with a date."""
        most, header = max(row.filled for row in rows), self._rows[self._across or 0]
        return [row for row in rows if row is header or 2 * row.filled > most or self._begins_with_date(row)]

    def _begins_with_date(self, row: Row) -> bool:
        read = reader_of_format(self._options.date_format) if self._options.date_format else read_loosely
        first = next(cell for cell in row.cells if text_in(cell))
        return read(first) is not None or bool(form_of(first))

    def _or_named(self, found: list[int], read: ReadCell) -> list[int]:
        """Return columns that hold dates, or where none of them is called so, those that are and hold one."""
        if any(map(self._is_named, found)):
            return found
        return [at for at, cells in enumerate(self._columns) if any(map(read, cells)) and self._is_named(at)] or found

    def _varies(self, at: int) -> bool:
        dates = {row.text(at) for row in self._rows[:_SAMPLE] if read_typed(row.cell(at))}
        return len(dates) > 1

    def _only(self, found: Sequence[int]) -> int:
        """Return the one column of dates that differ from row to row; of columns that hold the same dates the first."""
        if len(found) > 1:
            by_column = {at: [i for i, row in enumerate(self._rows[:_SAMPLE]) if read_typed(row.cell(at))] for at in found}
            counts = Counter(i for dated in by_column.values() for i in dated)
            # A date alone in its row, below a column without any other, is a footnote's.
            found = [at for at, dated in by_column.items() if len(dated) > 1 or any(counts[i] > 1 for i in dated)] or found
            varying = [at for at in found if len({self._rows[i].text(at) for i in counts}) > 1]
            found = varying or found
            found = [at for i, at in enumerate(found) if not any(self._same(other, at, sorted(counts)) for other in found[:i])]
        if len(found) > 1:
            raise self._several(found)
        return found[0]

    def _several(self, found: Sequence[int]) -> Exception:
        where = f" on sheet {quoted(self._grid.sheet)}" if self._grid.sheet else ""
        said = f"the columns {all_quoted(map(self._shown, found))}{where} all hold dates, perhaps of several tables"
        return refused(self._grid.name, said, "date_column", "columns")

    def _same(self, one: int, other: int, dated: Sequence[int]) -> bool:
        return all(read_typed(self._rows[i].cell(one)) == read_typed(self._rows[i].cell(other)) for i in dated)

    def _names_over(self, at: int) -> Sequence[str]:
        """Return the texts above a column's dates."""
        names = []
        for row in self._above:
            cell = row.cell(at)
            if not self._grid.headed and (read_typed(cell) or form_of(cell)):
                break
            names.append(as_name(cell) if text_in(cell) else "")
        return list(filter(None, names))

    def _shown(self, at: int) -> str:
        return next(iter(self._names_over(at)), f"column {at + 1}")

    def _is_named(self, at: int) -> bool:
        """Return whether any text above a column's dates says that they are dates, or they are an index without a name."""
        if self._grid.headed and not self._rows[0].text(at):
            return True
        for row in self._above:
            text = row.text(at)
            if text and is_date_name(text):
                return True
            if text and form_of(row.cell(at)):
                return False
        return False

    def by_format(self) -> DateColumn | None:
        read = reader_of_format(self._options.date_format)
        found = self._or_named([at for at, cells in enumerate(self._columns) if _holds_dates(cells, read)], read)
        if not found and self._options.dates_in != "rows" and self._across is not None:
            return None
        if not found:
            what = f"no column holds dates of the form {quoted(self._options.date_format)}"
            raise refused(self._grid.name, what, "date_format", "date_column")
        named = [at for at in found if self._is_named(at)]
        plain = self._options.date_format == EXCEL or all(form_of(cell) or not text_in(cell) for cell in self._columns[found[0]][1:])
        return DateColumn((named or found)[0] if plain else self._only(found), read)

    def asked(self) -> DateColumn:
        """Return the column that an option names."""
        name = self._options.date_column
        rows = self._rows[:1] if self._grid.headed else self._rows[:_SAMPLE]
        names = next((names for row in rows if name in (names := list(map(as_name, row.cells)))), [])
        number = re.fullmatch(r"column ([1-9][0-9]{0,5})", name)
        at = names.index(name) if names else int(number[1]) - 1 if number else len(self._columns)
        if at < len(self._columns):
            return DateColumn(at, self._reader_for(self._columns[at]))
        texts = [as_name(cell) for row in self._rows[:20] for cell in row.cells if isinstance(cell, str)]
        near = get_close_matches(name, texts, n=1)
        meant = f"; did you mean {quoted(near[0])}?" if near else ""
        raise refused(self._grid.name, f"there is no column {quoted(name)}{meant}", "date_column")

    def _reader_for(self, cells: Sequence[Cell]) -> ReadCell:
        if self._options.date_format:
            return reader_of_format(self._options.date_format)
        return read_loosely if _holds_dates(cells, read_typed) else reader_of_digits(cells) or read_loosely

    def _no_dates(self) -> NoTableError:
        for at, cells in enumerate(self._columns):
            filled = [(row.number, cell) for row, cell in zip(self._sample, cells, strict=True) if text_in(cell)]
            dates = [(number, cell) for number, cell in filled if form_of(cell)]
            days = [(number, cell) for number, cell in filled if may_be_excel(cell)]
            if at == 0 and dates and len(dates) == len(filled) - (not self._grid.headed):
                return self._may_be(at, dates[0], "a date, or a number of another kind", "date_column", "date_format")
            if days and (at == 0 or self._is_named(at)):
                return self._may_be(at, days[0], "a number which may be an Excel day", "date_format (excel)")
        if len(self._rows) == 1 or all(row.is_blank for row in self._sample):
            return NoTableError(f"{self._grid.name} has no rows.", hint="Write a line of names and rows of dates and numbers.")
        error = refused(self._grid.name, "no column holds dates that can be read", "date_format", "date_column", "delimiter")
        return NoTableError(error.message, hint="Write dates as 2024-01-31 or 2024-01-31T12:00:00Z, or set the option date_format.")

    def _may_be(self, at: int, cell: tuple[int, Cell], what: str, *options: str) -> NoTableError:
        where = f"column {quoted(self._shown(at))}, row {cell[0]}, cell {quoted(cell[1])}"
        error = refused(self._grid.name, f"{where}: {what}", *options)
        return NoTableError(error.message, hint=error.hint)


def _vary(cells: Sequence[Cell]) -> bool:
    return len({text_in(cell) for cell in cells if form_of(cell)}) > 1


def _holds_dates(cells: Sequence[Cell], read: ReadCell, across: int | None = None) -> bool:
    """Return whether most cells from the first date on are dates, not only the one in the row of dates across."""
    first = next((i for i, cell in enumerate(cells) if text_in(cell) and read(cell)), None)
    if first is None:
        return False
    filled = [i for i in range(first, len(cells)) if text_in(cells[i])]
    dates = [i for i in filled if read(cells[i]) or read_loosely(cells[i])]
    return len(dates) >= _MOST * len(filled) and dates != [across]
