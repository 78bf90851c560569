"""
The columns of numbers of a table, as the kit reads numbers: a star is missing, too, K and M are thousands and millions.

Which mark is decimal is decided by a column's cells, else by other columns, else by the format; what stays in doubt is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.grid import Column, Table, all_quoted, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.number_cells import INDIAN, MISSING, PAIRS, Number, NumberDialect, Pair
from adapters.provider_kit.parsing.numbers import Survey, survey, values

_PAIRS = PAIRS | {INDIAN}
_DIALECT = NumberDialect(missing=MISSING | {"*"}, scaled=True, pairs=_PAIRS)
_MARKS = {".": "dot", ",": "comma"}
#: Factors that mean different numbers to different people, or are not read for another reason.
_SCALED = re.compile(r"(.*[0-9]) ?(?:[BTG]|[Bb]n|[Tt]n|[Mm]io|[Mm]ln|[Mm]rd|[Mm]ld|lakhs?|crores?|[Cc]r)\.?")
#: The end of the name of a column of flags.
FLAG = "_flag"
_CODE_NAMES = ("code", "country", "geo", "area", "region", "state", "iso", "ticker", "symbol", "location", "pays", "land", "pais", "país")

#: Whether a cell says that there is no value; whether a cell, as a whole, is a number in any marks.
is_missing: Callable[[Any], bool] = _DIALECT.is_missing
is_number: Callable[[Any], bool] = _DIALECT.is_number


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn:
    """A column that was read: a number for each date, its unit, and the decimal mark if its cells left a choice."""

    column: Column
    values: NDArray[np.float64]
    unit: str
    decimal: str


def read_numbers(table: Table, options: FileOptions) -> tuple[Sequence[NumberColumn], Sequence[Column], Sequence[Column]]:
    """
    Return the columns of numbers, those of words, and counters of rows.

    Raises:
        AnswerNotUnderstood: a cell is in doubt, or two columns have one name; names row, column, cell and option.

    """
    dialect = replace(_DIALECT, missing=_DIALECT.missing | options.missing_words, pairs=_admitted(options))
    wanted = [c for c in table.columns if not options.columns or table.folded or c.shown in options.columns]
    surveys = {column: survey(list(column.cells), dialect) for column in wanted}
    flags = [c for c in flag_columns(wanted).values() if surveys[c].words or not len(surveys[c].numbers)]
    for column, found in surveys.items():
        if column not in flags:
            _check_words(table, column, found, asked=bool(options.columns))
    words = [c for c, found in surveys.items() if found.words or c in flags or (not options.columns and _holds_codes(c, found))]
    is_named = any(column.name for column in table.columns)
    counters = [c for c in wanted if c not in words and is_named and not table.across and _counts_rows(c)]
    kept = {column: found for column, found in surveys.items() if column not in words and column not in counters}
    if not kept:
        raise refused(table.name, "no column beside the dates holds numbers", "decimal", "date_column")
    _check_names(table, [*kept])
    evidence = {next(iter(found.decimals)) for found in kept.values() if len(found.decimals) == 1}
    unread = [column for column in table.columns if column not in wanted and (column.name or any(map(text_in, iter(column.cells))))]
    return [_read(table, column, found, evidence) for column, found in kept.items()], [*words, *unread], counters


def flag_columns(columns: Sequence[Column]) -> Mapping[str, Column]:
    """Return the columns that hold the flags of others by their names, by the others' names."""
    names = {column.shown for column in columns}
    return {name: c for c in columns if c.name.endswith(FLAG) and (name := c.name.removesuffix(FLAG)) in names}


def _admitted(options: FileOptions) -> frozenset[Pair]:
    """Return the (decimal, thousands) marks that options leave."""
    decimals = options.decimal or ".,"
    return frozenset(
        (decimal, mark)
        for decimal, mark in _PAIRS
        if decimal in decimals and (options.thousands is None or (mark[-1:] in ("", options.thousands) and decimal != options.thousands))
    )


def _check_words(table: Table, column: Column, found: Survey, *, asked: bool) -> None:
    if not found.words or not (len(found.numbers) or asked):
        return
    if len(found.words) <= len(found.numbers) or asked:
        match = _SCALED.fullmatch(text_in(column.cells[found.words[0]]))
        reason = "; only K (thousands) and M (millions) may stand behind a number" if match and is_number(match[1]) else ""
        raise table.refused(found.words[0], column, f"not a number{reason}", "missing", "decimal", "columns")
    cells = all_quoted((column.cells[i] for i in found.numbers), most=3)
    if table.across:
        raise refused(table.name, f"row {column.position}, cells {cells}: numbers in a row of text", "missing")
    rows, s = listed([table.rows[i] for i in found.numbers], most=3), "s" if len(found.numbers) > 1 else ""
    raise refused(table.name, f"column {quoted(column.shown)}, row{s} {rows}, cell{s} {cells}: numbers in a column of text", "columns")


def _holds_codes(column: Column, found: Survey) -> bool:
    """Return whether a column holds the codes of Namibia or North Dakota, which otherwise say that a value is missing."""
    if len(found.numbers) or not any(word in column.name.casefold() for word in _CODE_NAMES):
        return False
    texts = set(map(text_in, iter(column.cells))) - {""}
    return bool(texts) and texts <= {"NA", "ND"}


def _counts_rows(column: Column) -> bool:
    """Return whether a column without a name holds 0, 1, 2, … or 1, 2, 3, …."""
    if column.name:
        return False
    try:
        numbers = [float(cell) for cell in column.cells]
    except (TypeError, ValueError):
        return False
    return any(numbers == [float(first + i) for i in range(len(numbers))] for first in (0, 1))


def _check_names(table: Table, columns: Sequence[Column]) -> None:
    first: dict[str, Column] = {}
    for column in columns:
        twin = first.setdefault(column.shown, column)
        if twin is not column:
            what = "rows" if table.across else "columns"
            places = listed([c.position + (not table.across) for c in (twin, column)])
            said = f"{what} {places} are both called {quoted(column.shown)} (row {table.header_row})"
            raise refused(table.name, said, "header_rows", "columns")


def _read(table: Table, column: Column, found: Survey, evidence: set[str]) -> NumberColumn:
    decimal = _decimal(table, column, found, evidence)
    numbers = values(column.cells, found, decimal, _DIALECT)
    for index in np.flatnonzero(np.isinf(numbers))[:1]:
        raise table.refused(int(index), column, "too large for a number")
    is_chosen = found.typed is None and (len(found.decimals) == 1 or found.is_doubtful)
    return NumberColumn(column=column, values=numbers, unit=_unit(table, column, found), decimal=decimal if is_chosen else "")


def _decimal(table: Table, column: Column, found: Survey, evidence: set[str]) -> str:
    """Return the decimal mark of a column: its own, else that of other columns, else the one that a comma-delimited file must have."""
    if found.clash:
        index, earlier = found.clash
        raise table.refused(index, column, f"its marks do not fit those of {quoted(column.cells[earlier])}", "decimal", "thousands")
    if not found.is_doubtful:
        return "." if "." in found.decimals else ","
    is_dot = table.comma_delimited or (table.dot_is_decimal and (".", "") in found.pairs)
    may_be = evidence | {"."} if is_dot else evidence
    if len(may_be) == 1:
        return next(iter(may_be))
    cores = ((index, number.core) for index in found.numbers if (number := _number(column.cells[index])))
    index, mark = next((index, mark) for index, core in cores for mark in _MARKS if mark in core)
    raise table.refused(index, column, f"{_MARKS[mark]} as decimal or thousands mark", "decimal (or thousands)")


def _unit(table: Table, column: Column, found: Survey) -> str:
    if len(found.units) > 1:
        marked = [(i, number.unit) for i in found.numbers if (number := _number(column.cells[i])) and number.unit]
        index = next(i for i, unit in marked if unit != marked[0][1])
        raise table.refused(index, column, f"another unit than in {quoted(column.cells[marked[0][0]])}", "columns")
    return next(iter(found.units), "")


def _number(cell: Any) -> Number | None:
    return _DIALECT.number(cell) if isinstance(cell, str) else None
