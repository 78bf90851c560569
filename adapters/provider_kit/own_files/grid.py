"""What stands in a file before anything is understood of it: rows of cells, and how a message calls a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood

_SHOWN = 40

#: By so many rows the layout is understood.
HEAD = 3000
#: What helps with a file that no option can decide.
HINT = "Correct the file and fetch it again; `lanner parse` shows what lanner reads of it."
#: None, text, a bool, a number, a date or a moment; anything else is a word.
Cell = Any


@dataclass(frozen=True, slots=True)
class Row:
    """One row, by its number from 1 at the top of the file or sheet; of text the line on which it begins."""

    number: int
    cells: Sequence[Cell]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(map(text_in, self.cells))

    @property
    def filled(self) -> int:
        """How many cells hold anything."""
        return sum(bool(text_in(cell)) for cell in self.cells)

    @property
    def end(self) -> int:
        """The position behind the last cell that holds anything."""
        return max((at + 1 for at, cell in enumerate(self.cells) if text_in(cell)), default=0)

    def cell(self, at: int) -> Cell:
        """Return the cell at a position from 0; None behind the end."""
        return self.cells[at] if at < len(self.cells) else None

    def text(self, at: int) -> str:
        """Return the text of the cell at a position; empty where nothing stands."""
        return text_in(self.cell(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """
    Rows of cells as they stand in a file.

    Attributes:
        name: what messages call the file.
        rows: the first ones, by which the layout is understood; of most files all.
        rest: those behind them, to be gone through once.
        headed: whether the first row holds the names and all others data, as the format says.
        delimiter: what parts the cells of text.
        dot_is_decimal: whether the format leaves no doubt of it, as JSON does.
        merged: (row's number, first column, last column) of merged cells.
        title, frequency: what the format itself says of the series.
        sheet: name of the sheet.

    """

    name: str
    rows: Sequence[Row]
    rest: Iterator[Row] = field(default_factory=lambda: iter(()))
    headed: bool = False
    delimiter: str = ""
    dot_is_decimal: bool = False
    merged: Sequence[tuple[int, int, int]] = ()
    title: str = ""
    frequency: str = ""
    sheet: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Column:
    """
    The cells under one name.

    Attributes:
        position: from 0, in the file; of dates across the top the row's number.
        cells: one for each date.

    """

    name: str
    position: int
    cells: Sequence[Cell]

    @property
    def shown(self) -> str:
        """The name, or ``column N`` where it has none."""
        return self.name or f"column {self.position + 1}"


@dataclass(slots=True, kw_only=True)
class Table:
    """
    Dates and columns as cells, the layout understood.

    Attributes:
        read: reads a cell of ``dates``.
        rows: each date's row number; of dates across the top its column's number.
        left_out: names of columns that are already left out.
        dot_is_decimal: see ``Grid``.
        comma_delimited: whether a comma parts the cells.
        header_row: number of the row of names.
        folded: whether years stood down and their months or quarters across, under names that are gone.

    """

    name: str
    dates: Column
    read: Callable[[Cell], Any]
    rows: Sequence[int]
    columns: list[Column]
    across: bool = False
    title: str = ""
    frequency: str = ""
    left_out: list[str] = field(default_factory=list)
    dot_is_decimal: bool = False
    comma_delimited: bool = False
    header_row: int = 0
    folded: bool = False

    def place(self, index: int, column: Column) -> str:
        """Return how messages call the cell of a column at a date, with what it holds."""
        row, name = self.rows[index], quoted(self.dates.cells[index] if self.folded else column.shown)
        if self.across:
            is_date = column is self.dates
            row = self.header_row if is_date else column.position
            name = str(self.rows[index]) if is_date else quoted(self.dates.cells[index])
        return f"row {row}, column {name}, cell {quoted(column.cells[index])}"

    def refused(self, index: int, column: Column, what: str, *options: str) -> AnswerNotUnderstood:
        """Return the error for the cell of a column at a date, with the options that decide."""
        return refused(self.name, f"{self.place(index, column)}: {what}", *options)


def quoted(cell: Cell) -> str:
    """Return a cell as messages show it."""
    text = storable(_plain(cell) if isinstance(cell, float) else str(cell))
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def text_in(cell: Cell) -> str:
    """Return a cell's text without spaces around it; empty where nothing stands."""
    return "" if cell is None else str(cell).strip()


def as_name(cell: Cell) -> str:
    """Return a name as it is kept: no spaces around it, and line breaks in it as one space."""
    return " ".join(part.strip() for part in text_in(cell).splitlines() if part.strip()) if isinstance(cell, str) else _plain(cell)


class NoTableError(AnswerNotUnderstood):
    """Nothing in a file looks like dates."""


def refused(whose: str, what: str, *options: str) -> AnswerNotUnderstood:
    """Return the error for a file that cannot be read as it is, with the options that decide."""
    if not options:
        return AnswerNotUnderstood(f"{whose}: {what}.", hint=HINT)
    names = [option.partition(" ")[0] for option in options]
    hint = f"Set {' or '.join(names)} in lanner.toml; `lanner parse --option {names[0]}=…` tries it. See docs/own-files.md."
    return AnswerNotUnderstood(f"{whose}: {what}; option{'s' if len(options) > 1 else ''} {', '.join(options)}.", hint=hint)


def listed(names: Sequence[object], most: int = 6) -> str:
    """Return some names as a sentence lists them."""
    shown = [str(name) for name in names[:most]]
    if len(names) > most:
        return ", ".join(shown) + f" and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def all_quoted(cells: Iterable[Cell], most: int = 6) -> str:
    """Return some cells as a sentence lists them."""
    return listed(list(map(quoted, cells)), most)


def shown_name(names: Sequence[str], at: int) -> str:
    """Return a column's name, or ``column N`` where it has none."""
    return (names[at] if at < len(names) else "") or f"column {at + 1}"


def _plain(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else text_in(cell)
