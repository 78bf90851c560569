"""Numbers and missing values: one reader, configured by the dialect of a source."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.periods import Axis
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, InvalidObservations
from domain.observations import Observations

#: Marks of a missing value, in lower case: words, then also the signs that APIs and tables use.
WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
MISSING = WORDS | {"..", "-", "--"}

PLAIN = re.compile(r"[-+]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_PLAIN_OR_BARE_POINT = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NEVER = re.compile("(?!)")
_NUMBERS = frozenset({int, float})
JSON_NUMBERS = _NUMBERS | {type(None)}
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDialect:
    """
    How a source writes numbers and missing values; None is always missing, a boolean never a number.

    Attributes:
        missing: the marks of a missing value, in lower case unless ``exact``.
        spelling: the texts that are numbers; None for all that ``float`` takes, except those with underscores.
        types: the types besides text that are numbers; None for all that ``float`` takes.
        exact: whether blanks around a text and the case of a mark matter.
        infinite: whether ``1e400`` is read as infinity; else it is no number.

    """

    missing: frozenset[str] = MISSING
    spelling: re.Pattern[str] | None = _PLAIN_OR_BARE_POINT
    types: frozenset[type] | None = _NUMBERS
    exact: bool = False
    infinite: bool = False

    def read(self, cell: Any) -> float | None:
        """Return the number in a cell: NaN if it is missing, None if it is no number."""
        is_number: object
        if isinstance(cell, str):
            is_number = self.spelling.fullmatch(cell if self.exact else cell.strip()) if self.spelling else "_" not in cell
        else:
            is_number = type(cell) in self.types if self.types is not None else type(cell) is not bool
        if is_number:
            try:
                number = float(cell)
            except (TypeError, ValueError, OverflowError):
                pass
            else:
                return number if self.infinite or not math.isinf(number) else None
        return math.nan if self.is_missing(cell) else None

    def is_missing(self, cell: Any) -> bool:
        """Return whether a cell is None or a mark of a missing value."""
        return cell is None or (isinstance(cell, str) and (cell if self.exact else cell.strip().casefold()) in self.missing)


#: JSON or XML with numbers as text, too; CSV without and with marks; JSON in which text is never a number.
CELLS = NumberDialect(infinite=True)
TEXT = NumberDialect(missing=frozenset({""}), spelling=PLAIN)
MARKED_TEXT = NumberDialect(spelling=PLAIN)
JSON = NumberDialect(missing=frozenset(), spelling=_NEVER)
#: Statistical answers, and the operator's own files: all that Python reads as a number.
STATISTICS = NumberDialect(missing=WORDS | {"..", "...", "-", ":"}, spelling=None)
FILES = NumberDialect(missing=WORDS, spelling=None, types=None)


def numbers(cells: Sequence[Any], column: str, dialect: NumberDialect = CELLS) -> NDArray[np.float64]:
    """
    Read cells as numbers.

    Args:
        column: its name in messages.

    Raises:
        AnswerNotUnderstood: a cell is no number; the message shows it.

    """
    if set(map(type, cells)) <= JSON_NUMBERS:
        return np.array(cells, dtype=np.float64)
    read = list(map(dialect.read, cells))
    if None in read:
        raise AnswerNotUnderstood(f"{column} holds {storable(shown(cells[read.index(None)]))} where a number must be.")
    return np.array(read, dtype=np.float64)


def shown(cell: Any) -> str:
    """Return a cell for a message, shortened."""
    text = repr(cell)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def observations(axis: Axis, columns: Mapping[str, NDArray[np.float64]]) -> Observations:
    """
    Return dates and columns as observations.

    Raises:
        AnswerNotUnderstood: they are invalid, such as two values for one date.

    """
    values = np.column_stack(list(columns.values())) if columns else np.empty((len(axis.dates), 0))
    try:
        return Observations.of(axis.dates, [storable(name) for name in columns], values, unit=axis.unit)
    except InvalidObservations as exc:
        raise AnswerNotUnderstood(exc.message) from exc
