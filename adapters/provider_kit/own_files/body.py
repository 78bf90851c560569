"""The rows under the names: those with a date are kept, remarks are passed over, and anything else is an error."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from adapters.provider_kit.own_files.date_cells import ReadCell
from adapters.provider_kit.own_files.dates import are_plain
from adapters.provider_kit.own_files.grid import Row, as_name, cell_at, quoted, refused, shown_name, text_in
from adapters.provider_kit.own_files.numbers import is_missing, is_number
from adapters.provider_kit.own_files.packed import PackedCells


class Body:
    """
    The rows of a table whose dates stand at one position, as columns of cells.

    Attributes:
        names: of the columns; none where the file has none.
        header_row: the number of the row of names.
        numeric: positions of the columns whose every number must have a date.
        rows: numbers of the rows that were kept.
        columns: their cells.

    """

    def __init__(self, name: str, at: int, read: ReadCell, *, is_text: bool, is_headed: bool) -> None:
        self.names: Sequence[str] = ()
        self.header_row = 0
        self.numeric: Sequence[int] = ()
        self.rows, self.columns = array("q"), list[PackedCells]()
        self._name, self._at, self._read, self._is_text, self._is_headed = name, at, read, is_text, is_headed
        self._words: Row | None = None

    def add(self, rows: Sequence[Row], *, is_above: bool = False) -> None:
        """
        Add rows in order.

        Args:
            is_above: whether they stand between the names and the first date.

        Raises:
            AnswerNotUnderstood: one holds numbers without a date, words between dates, or more or fewer cells than there are names.

        """
        dates = [cell_at(row, self._at) for row in rows]
        if are_plain(dates):
            dated = list(rows)
        else:
            is_dated = [bool(text_in(cell)) and self._read(cell) is not None for cell in dates]
            dated = [row for row, has_date in zip(rows, is_dated, strict=True) if has_date]
            for row, has_date in zip(rows, is_dated, strict=True):
                if has_date and self._words:
                    raise self._between(self._words)
                if not has_date:
                    self._check_undated(row, is_above=is_above)
        if dated:
            self._keep(dated)

    def _keep(self, rows: Sequence[Row]) -> None:
        if self._words and rows[0].number > self._words.number:
            raise self._between(self._words)
        named = max((at + 1 for at, name in enumerate(self.names) if name), default=0)
        if self._is_text and self.names:
            self._check_lengths(rows, named)
        width = max(len(self.columns), *(len(row.cells) for row in rows))
        while len(self.columns) < width:
            self.columns.append(PackedCells())
            self.columns[-1].extend([None] * len(self.rows))
        if all(len(row.cells) == width for row in rows):
            parts: Sequence[Sequence[object]] = list(zip(*(row.cells for row in rows), strict=True))
        else:
            parts = [[cell_at(row, at) for row in rows] for at in range(width)]
        for column, cells in zip(self.columns, parts, strict=True):
            column.extend(cells)
        self.rows.extend(row.number for row in rows)

    def _check_lengths(self, rows: Sequence[Row], named: int) -> None:
        for row in rows:
            if len(row.cells) != named:
                extra = next((at for at in range(named, len(row.cells)) if text_in(row.cells[at])), None)
                where = f"row {row.number} has {len(row.cells) if extra is None else extra + 1} cells where the header has {named}"
                if extra is not None:
                    raise refused(self._name, f"{where}: {quoted(row.cells[extra])} has no name", "delimiter")
                if len(row.cells) < named:
                    raise refused(self._name, where, "delimiter")

    def _check_undated(self, row: Row, *, is_above: bool) -> None:
        if self._is_header(row):
            return
        number = next((at for at in self.numeric if is_number(cell_at(row, at))), None)
        date = text_in(cell_at(row, self._at))
        if number is not None and not (is_above and date and not any(map(str.isdecimal, date))):
            where = f"row {row.number}, column {quoted(shown_name(self.names, self._at))}, cell {quoted(date)}"
            other = f"{quoted(cell_at(row, number))} stands under {quoted(shown_name(self.names, number))}"
            raise refused(
                self._name, f"{where}: not a date, though {other}", *(("date_format", "unit_row") if is_above else ("date_format",))
            )
        if not is_above and any(not is_missing(cell_at(row, at)) for at in self.numeric):
            self._words = row

    def _is_header(self, row: Row) -> bool:
        """Return whether a row repeats the names."""
        return [as_name(cell) for cell in row.cells[: len(self.names)]] == list(self.names[: len(row.cells)])

    def _between(self, row: Row) -> Exception:
        at = next(at for at in self.numeric if not is_missing(cell_at(row, at)))
        where = f"row {row.number}, column {quoted(shown_name(self.names, at))}, cell {quoted(cell_at(row, at))}"
        return refused(self._name, f"{where}: words between the rows; another table may begin there")
