"""
Tables of cells, read strictly as dates and columns of numbers.

A column in which nothing is a number is left out and listed; a word among numbers is an error that names row, column and cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.columns import NumberColumn, number_columns, row_fault, shown
from adapters.provider_kit.parsing.limits import check_table
from adapters.provider_kit.parsing.number_cells import ANSWERS, NumberDialect
from adapters.provider_kit.parsing.periods import read_days, read_moment
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, AnswerTruncated, FetchError, InvalidObservations, UnsupportedFrequency
from domain.observations import Dates, Matrix, Observations, Unit

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+ ?(Z|UTC|[+-][0-9:]+)?)?")
DATE_WORD = re.compile(r"date|day|week|month|quarter|year|period|time", re.IGNORECASE)
_BROKEN_OFF = re.compile(r"[0-9][.,'eE]$|[0-9][eE][-+]$|^[-+]$")
_TYPED_DATE = re.compile(r"date|time", re.IGNORECASE)
_TYPED_TEXT = re.compile(r"string|text|(n?var)?char.*|date.*|time.*|bool(ean)?|guid|uuid|binary", re.IGNORECASE)
_TYPED_NUMBER = re.compile(
    r"double|float|real|single|u?int(8|16|32|64)?|integer|(big|small)int|long|number|numeric(\(.*\))?|(big)?decimal(\(.*\))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    Column names and rows of an answer, unparsed.

    Attributes:
        types: the provider's name of each column's type; empty if it gives none.
        dialect: what cells may hold beside numbers.
        decimals: the decimal marks that something beside the columns shows: a point where commas part the cells.
        ended: whether the last line is terminated; else its last cell may be cut off.

    """

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    types: tuple[str, ...] = ()
    dialect: NumberDialect = ANSWERS
    decimals: str = ""
    ended: bool = True

    def fault(self, row: int, what: str) -> FetchError:
        """Return the error for a row: AnswerTruncated for the last one if it is not terminated."""
        if not self.ended and row == len(self.rows) - 1:
            return AnswerTruncated(f"The answer ends in the middle of row {row + 1}.")
        return row_fault(row, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    A parsed table.

    Attributes:
        at: the position of the date column.
        units: a percent or currency sign for each column, or nothing if none has one.
        keys: for each row the text that names its series; empty if there is no such column.
        dialect: as in ``Fetched``.

    """

    at: int
    date_column: str
    dates: Dates
    unit: Unit
    names: tuple[str, ...]
    values: Matrix
    units: tuple[str, ...]
    left_out: tuple[str, ...]
    keys: Sequence[str]
    dialect: Mapping[str, str]

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
    _check_end(table, columns[-1])
    at = 0 if date_first else _date_position(table)
    dates, unit = _dates(table, at, columns[at])
    values = _values(table, at, columns)
    left_out = [i for i in range(width) if i != at and i not in values]
    keys, units = _key_position(table, left_out), tuple(column.unit for column in values.values())
    return Columns(
        at=at,
        date_column=table.names[at] or "Date",
        dates=dates,
        unit=unit,
        names=tuple(table.names[i] for i in values),
        values=np.array([column.values for column in values.values()]).T if values else np.empty((len(table.rows), 0)),
        units=units if any(units) else (),
        left_out=tuple(table.names[i] for i in left_out),
        keys=[] if keys is None else ["" if cell is None else str(cell) for cell in columns[keys]],
        dialect={storable(table.names[i]): column.decimal for i, column in values.items() if column.decimal},
    )


def _values(table: Table, at: int, columns: Sequence[Sequence[Any]]) -> Mapping[int, NumberColumn]:
    """Return the columns that hold numbers, by position."""
    asked = [i for i in range(len(columns)) if i != at and not (table.types and _TYPED_TEXT.fullmatch(table.types[i]))]
    read = number_columns(
        [(table.names[i], columns[i]) for i in asked],
        table.dialect,
        decimals=table.decimals,
        typed=[bool(table.types) and _TYPED_NUMBER.fullmatch(table.types[i]) is not None for i in asked],
        fault=table.fault,
    )
    values = {i: column for i, column in zip(asked, read, strict=True) if column}
    if len(columns) > 1 and not values:
        raise AnswerNotUnderstood("None of the columns holds numbers.")
    return values


def _check_end(table: Table, cells: tuple[Any, ...]) -> None:
    """Check that a last line without an end does not break off inside a number."""
    last = cells[-1] if cells and not table.ended else ""
    if isinstance(last, str) and _BROKEN_OFF.search(last) and (last != "-" or cells.count("-") == 1):
        raise table.fault(len(cells) - 1, f"column {shown(table.names[-1])} breaks off")


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
