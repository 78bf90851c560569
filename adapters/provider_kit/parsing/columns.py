"""
Columns in the answers of providers: read whole as numbers, or text, or an error that names row, column and cell.

A column is text if no cell of it, as a whole, is a number in any marks. A lone point is the decimal one; what stays in doubt is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.number_cells import ANSWERS, NumberDialect, looks_like_number
from adapters.provider_kit.parsing.numbers import Survey, survey, values
from adapters.provider_kit.parsing.periods import Axis
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, FetchError, InvalidObservations
from domain.flags import Flags
from domain.observations import Observations

_SHOWN = 40
_WORDS = {".": "a point", ",": "a comma"}
#: Words in the names of columns in which NA is Namibia and ND is North Dakota.
_PLACES = frozenset(
    "code country geo area region state province iso ticker symbol key location market exchange currency".split()  # noqa: SIM905 - readable
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

Fault = Callable[[int, str], FetchError]


def row_fault(row: int, what: str) -> FetchError:
    """Return the error for a row, which is counted from 0."""
    return AnswerNotUnderstood(
        f"Row {row + 1}: {what}.",
        hint="Save the answer as a file of your own, where options decide how it is read; see docs/own-files.md.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn:
    """
    A column that was read.

    Attributes:
        unit: a percent or currency sign; empty where its cells have none.
        decimal: the decimal mark that its cells show, to be kept with the series; empty where they show none.

    """

    values: NDArray[np.float64]
    unit: str = ""
    decimal: str = ""


def number_columns(
    named: Sequence[tuple[str, Sequence[Any]]],
    dialect: NumberDialect = ANSWERS,
    *,
    decimals: Collection[str] = (),
    typed: Sequence[bool] = (),
    fault: Fault = row_fault,
) -> Sequence[NumberColumn | None]:
    """
    Read the columns of a table; None stands for a column of text, of which there must be others.

    Args:
        named: name and cells of each; marks that one leaves in doubt are decided by the others.
        decimals: the decimal marks that something beside the columns shows: a point where commas part the cells.
        typed: for each, whether it cannot be text; by default each may.
        fault: makes the error for a row, counted from 0, and a sentence.

    Raises:
        FetchError: a cell is no number though others of its column are, or may be two, or none of the columns holds numbers;
            as ``fault`` says.

    """
    looked = [_Looked(name, cells, survey(cells, dialect), fault) for name, cells in named]
    kept = [column if must or not column.is_text() else None for column, must in zip(looked, typed or [False] * len(named), strict=True)]
    for column in kept if any(kept) else looked:
        if column:
            column.check()
    evidence = {*decimals, *(next(iter(column.found.decimals)) for column in kept if column and len(column.found.decimals) == 1)}
    return [column.read(evidence, dialect) if column else None for column in kept]


def number_column(cells: Sequence[Any], name: str, dialect: NumberDialect = ANSWERS) -> NumberColumn:
    """
    Read one column that cannot be text.

    Args:
        name: what messages call it.

    Raises:
        AnswerNotUnderstood: see ``number_columns``.

    """
    [read] = number_columns([(name, cells)], dialect, typed=[True])
    assert read is not None  # noqa: S101 - it cannot be text
    return read


def numbers(cells: Sequence[Any], name: str, dialect: NumberDialect = ANSWERS) -> NDArray[np.float64]:
    """Return the numbers of one column; raises as ``number_column``."""
    return number_column(cells, name, dialect).values


def shown(cell: Any) -> str:
    """Return a cell for a message, shortened."""
    text = storable(repr(cell))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def observations(axis: Axis, columns: Mapping[str, NDArray[np.float64]], flags: Sequence[str] = ()) -> Observations:
    """
    Return dates and columns as observations.

    Args:
        flags: of the values of an only column, empty where there is none; none at all if there are no others.

    Raises:
        AnswerNotUnderstood: they are invalid, such as two values for one date.

    """
    values = np.column_stack(list(columns.values())) if columns else np.empty((len(axis.dates), 0))
    try:
        marks = Flags.from_texts([flags]) if any(flags) else None
        return Observations.of(axis.dates, [storable(name) for name in columns], values, unit=axis.unit, flags=marks)
    except InvalidObservations as exc:
        raise AnswerNotUnderstood(exc.message) from exc


@dataclass(frozen=True, slots=True)
class _Looked:
    """A column, and what its cells are."""

    name: str
    cells: Sequence[Any]
    found: Survey
    fault: Fault

    def is_text(self) -> bool:
        if len(self.found.numbers):
            return False
        words = [self.cells[row] for row in self.found.words]
        if words:
            return all(isinstance(cell, str | bool) for cell in words) and not all(looks_like_number(str(cell)) for cell in words)
        is_named = not _PLACES.isdisjoint(map(str.casefold, _WORD.findall(self.name)))
        return is_named and bool(self.cells) and all(isinstance(cell, str) and cell.isalpha() for cell in self.cells)

    def check(self) -> None:
        """Raise the error for a cell that no marks make a number, for cells that do not fit together, and for mixed units."""
        if self.found.words:
            raise self._fault(self.found.words[0], "where a number must be")
        if self.found.clash:
            row, earlier = self.found.clash
            raise self._fault(row, f"whose marks do not fit those of {shown(self.cells[earlier])}")
        if len(self.found.units) > 1:
            raise self._fault(self.found.numbers[0], f"in a column of several units: {', '.join(sorted(self.found.units))}")
        if self.found.bare is not None and "%" in self.found.units:
            raise self._fault(self.found.bare, "without the per cent sign of other cells")

    def read(self, evidence: Collection[str], dialect: NumberDialect) -> NumberColumn:
        decimal = self._decimal(evidence)
        read = values(self.cells, self.found, decimal, dialect)
        for row in np.flatnonzero(np.isinf(read))[:1]:
            raise self._fault(int(row), "which is too large for a number")
        # 1.5 shows nothing, since no answer needs telling that a lone point is decimal; nor does 1'234, which has no decimal mark.
        shows = self.found.is_doubtful or (len(self.found.decimals) == 1 and self.found.pair(decimal) != (".", ""))
        return NumberColumn(values=read, unit=next(iter(self.found.units), ""), decimal=decimal if shows else "")

    def _decimal(self, evidence: Collection[str]) -> str:
        if not self.found.is_doubtful:
            return "." if "." in self.found.decimals else ","
        may_be: set[str] = {*evidence, *((".",) if (".", "") in self.found.pairs else ())}
        if len(may_be) == 1:
            return may_be.pop()
        row, mark = next((row, mark) for row in self.found.numbers for mark in _WORDS if mark in self._text(row))
        raise self._fault(row, f"in which {_WORDS[mark]} may be the decimal mark or part thousands")

    def _text(self, row: int) -> str:
        return str(self.cells[row]) if isinstance(self.cells[row], str) else ""

    def _fault(self, row: int, what: str) -> FetchError:
        return self.fault(row, f"column {shown(self.name)} holds {shown(self.cells[row])} {what}")
