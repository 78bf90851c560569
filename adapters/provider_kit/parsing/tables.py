"""
Tables of cells, read strictly as dates and columns of numbers.

A column that holds only words is left out and listed; a word among numbers is an error that names row and column.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.limits import check_table
from adapters.provider_kit.parsing.numbers import JSON, JSON_NUMBERS, NumberDialect, shown
from adapters.provider_kit.parsing.periods import read_days, read_moment
from domain.errors import AnswerNotUnderstood, AnswerTruncated, FetchError, InvalidObservations, UnsupportedFrequency
from domain.observations import Dates, Matrix, Observations, Unit

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+ ?(Z|UTC|[+-][0-9:]+)?)?")
DATE_WORD = re.compile(r"date|day|week|month|quarter|year|period|time", re.IGNORECASE)
_TYPED_DATE = re.compile(r"date|time", re.IGNORECASE)
_TYPED_NUMBER = re.compile(r"double|float|real|int|integer|long|number|numeric|(big)?decimal(\(.*\))?", re.IGNORECASE)
_FLOATS_HEAD, _FLOATS = 5, np.dtype([("kind", "S1"), ("value", "<f8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    Column names and rows of an answer, unparsed.

    Attributes:
        types: the provider's name of each column's type; empty if it gives none.
        dialect: how cells write numbers and missing values.
        ended: whether the last line is terminated; else its last cell may be cut off.

    """

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    types: tuple[str, ...] = ()
    dialect: NumberDialect = JSON
    ended: bool = True

    def fault(self, row: int, what: str) -> FetchError:
        """Return the error for a row: AnswerTruncated for the last one if it is not terminated."""
        if not self.ended and row == len(self.rows) - 1:
            return AnswerTruncated(f"The answer ends in the middle of row {row + 1}.")
        return AnswerNotUnderstood(f"Row {row + 1}: {what}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    A parsed table.

    Attributes:
        at: the position of the date column.
        keys: for each row the text that names its series; empty if there is no such column.

    """

    at: int
    date_column: str
    dates: Dates
    unit: Unit
    names: tuple[str, ...]
    values: Matrix
    left_out: tuple[str, ...]
    keys: Sequence[str]

    @property
    def has_repeated_dates(self) -> bool:
        """Return whether several rows have the same date."""
        return len(np.unique(self.dates)) < len(self.dates)

    def observations(self, rows: NDArray[np.intp] | slice = slice(None)) -> Observations:
        """Return some rows as observations."""
        try:
            return Observations.of(self.dates[rows], self.names, self.values[rows], unit=self.unit)
        except InvalidObservations as exc:
            raise AnswerNotUnderstood(exc.message) from exc

    def rows_by_key(self) -> dict[str, NDArray[np.intp]]:
        """Return the rows of each key, in order of the keys."""
        keys, inverse = np.unique(np.array(self.keys, dtype=object), return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(inverse, minlength=len(keys)))[:-1])
        return dict(zip(keys.tolist(), parts, strict=True)) if len(keys) else {}


def read_columns(table: Table, *, date_first: bool) -> Columns:
    """
    Parse the dates and numbers of a table, and leave out columns of words.

    Args:
        date_first: whether the first column holds the dates; else it is searched for.

    Raises:
        AnswerNotUnderstood: a cell, row or column is invalid.
        AnswerTooLarge: there are too many cells or columns.
        AnswerTruncated: the last line is cut off.
        UnsupportedFrequency: a date is finer than a second.

    """
    width = len(table.names)
    check_table(width, len(table.rows))
    if not set(map(len, table.rows)) <= {width}:
        odd = next(row for row, cells in enumerate(table.rows) if len(cells) != width)
        raise table.fault(odd, f"{len(table.rows[odd])} cells stand under {width} column names")
    columns = list(zip(*table.rows, strict=True)) or [()] * width
    at = 0 if date_first else _date_position(table)
    dates, unit = _dates(table, at, columns[at])
    numbers = {i: _numbers(table, i, columns[i]) for i in range(width) if i != at}
    values = {i: column for i, column in numbers.items() if column is not None}
    if numbers and not values:
        raise AnswerNotUnderstood("None of the columns holds numbers.")
    left_out = [i for i in numbers if i not in values]
    keys = _key_position(table, left_out)
    return Columns(
        at=at,
        date_column=table.names[at] or "Date",
        dates=dates,
        unit=unit,
        names=tuple(table.names[i] for i in values),
        values=np.array(list(values.values())).T if values else np.empty((len(table.rows), 0)),
        left_out=tuple(table.names[i] for i in left_out),
        keys=[] if keys is None else ["" if table.dialect.is_missing(cell) else str(cell) for cell in columns[keys]],
    )


def _date_position(table: Table) -> int:
    if table.types:
        found = [i for i, kind in enumerate(table.types) if _TYPED_DATE.match(kind)]
    elif table.rows:
        found = [i for i, cell in enumerate(table.rows[0]) if isinstance(cell, str) and DAY.match(cell)]
    else:
        found = [i for i, name in enumerate(table.names) if DATE_WORD.search(name)]
    if not found and table.rows and not table.types:
        raise table.fault(0, "no cell is a date")
    if not found:
        raise AnswerNotUnderstood("No column holds dates.")
    return found[0]


def _key_position(table: Table, left_out: Sequence[int]) -> int | None:
    """Return the text column that names series: the one called ``code``, else the first."""
    if not table.rows:
        return None
    words = [i for i in left_out if isinstance(table.rows[0][i], str) and not DAY.match(table.rows[0][i])]
    return next((i for i in words if table.names[i].casefold() == "code"), next(iter(words), None))


def _dates(table: Table, at: int, cells: Sequence[Any]) -> tuple[Dates, Unit]:
    days = read_days(cells) if set(map(type, cells)) <= {str} else None
    if days is not None:
        return days, "D"
    moments = [_moment(table, at, row, cell) for row, cell in enumerate(cells)]
    unit: Unit = "D" if all(moment.time() == time() for moment in moments) else "s"
    return np.array(moments, dtype=f"datetime64[{unit}]"), unit


def _moment(table: Table, at: int, row: int, cell: Any) -> datetime:
    text = cell.strip() if isinstance(cell, str) else ""
    moment = read_moment(text.replace(" UTC", "+00:00")) if _MOMENT.fullmatch(text) else None
    if moment is None:
        raise table.fault(row, f"column {shown(table.names[at])} holds {shown(cell)} where a date like 2014-01-31 must be")
    if moment.microsecond:
        raise UnsupportedFrequency(f"Row {row + 1} has a moment finer than a second.")
    return moment.replace(tzinfo=None)


def _numbers(table: Table, position: int, cells: Sequence[Any]) -> NDArray[np.float64] | None:
    if table.types and not _TYPED_NUMBER.fullmatch(table.types[position]):
        return None
    if table.dialect is JSON:
        floats = _floats(cells)
        if floats is not None:
            return floats
        if set(map(type, cells)) <= JSON_NUMBERS:
            return np.array(cells, dtype=np.float64)
    read = list(map(table.dialect.read, cells))
    others = [row for row, number in enumerate(read) if number is None]
    values = np.array(read, dtype=np.float64)  # None becomes NaN
    if not others:
        return values
    if np.isnan(values).all() and not table.types and all(_is_word(cells[row]) for row in others):
        return None
    raise table.fault(others[0], f"column {shown(table.names[position])} holds {shown(cells[others[0]])} where a number must be")


def _floats(cells: Any) -> NDArray[np.float64] | None:
    """Return cells that are all floats; three times as fast as checking and converting each."""
    # In marshal version 2 a tuple is a type byte and a length, then a type byte and eight bytes for each float.
    written = marshal.dumps(cells, 2)
    if len(written) != _FLOATS_HEAD + len(cells) * _FLOATS.itemsize:
        return None
    floats = np.frombuffer(written, _FLOATS, len(cells), _FLOATS_HEAD)
    return floats["value"] if (floats["kind"] == b"g").all() else None


def _is_word(cell: Any) -> bool:
    """Return whether a cell is text that ``float`` does not take."""
    try:
        float(cell)
    except TypeError:
        return False
    except ValueError:
        return isinstance(cell, str)
    return False
