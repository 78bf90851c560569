"""A table of cells as the observations of one series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.dates import read_dates
from adapters.provider_kit.own_files.dialect import dialect_of
from adapters.provider_kit.own_files.file_series import FileSeries
from adapters.provider_kit.own_files.frequency import frequency_of
from adapters.provider_kit.own_files.grid import Column, Table, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.long_tables import pivoted
from adapters.provider_kit.own_files.numbers import admitted, read_number, survey, values
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.own_files.readings import Kind
from adapters.provider_kit.own_files.repeats import check_repeats
from adapters.provider_kit.parsing.numbers import Survey
from adapters.provider_kit.text import storable
from domain.errors import InvalidObservations
from domain.observations import Observations, Unit

_MARKS = {".": "dot", ",": "comma"}
_DAY = 86_400
_CODE_NAMES = ("code", "country", "geo", "area", "region", "state", "iso", "ticker", "symbol", "location", "pays", "land", "pais", "país")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A column that was read: its name, a number for each date, its unit, and the decimal mark if its cells left a choice."""

    column: Column
    numbers: NDArray[np.float64]
    unit: str
    decimal: str

    @property
    def name(self) -> str:
        return self.column.shown


def read_series(table: Table, options: FileOptions) -> FileSeries:
    """
    Read dates and numbers.

    Raises:
        AnswerNotUnderstood: a cell is in doubt, or two rows contradict each other; names row, column, cell and option.
        UnsupportedFrequency: moments are finer than a second.

    """
    axis = read_dates(table, table.read, options.frequency, by_format=bool(options.date_format))
    if len(axis.kept) < len(table.rows):
        table = _only_rows(table, axis.kept)
    moments = axis.moments
    if options.layout == "long" and not table.across:
        table, moments = pivoted(table, moments, options)
    columns, words = _columns(table, options)
    numbers, left_out = _values(table, columns)
    check_repeats(table, moments, [(read.column, read.numbers) for read in numbers], words)
    unit: Unit = "s" if (moments.astype(np.int64) % _DAY).any() else "D"
    matrix = np.column_stack([read.numbers for read in numbers])
    try:
        observations = Observations.of(moments.astype(f"datetime64[{unit}]"), [read.name for read in numbers], matrix, unit=unit)
    except InvalidObservations as exc:
        raise refused(table.name, exc.message.rstrip(".")) from exc
    return FileSeries(
        observations=observations,
        period=str(axis.kind) if axis.kind not in (Kind.DAILY, Kind.MOMENT) else "",
        date_column=storable(table.dates.name) or "Date",
        title=storable(table.title),
        frequency=options.frequency or table.frequency or frequency_of(observations.dates, axis.kind),
        units=tuple(read.unit for read in numbers),
        left_out=tuple(storable(name) for name in (*table.left_out, *(c.shown for c in words), *(c.shown for c in left_out))),
        dialect=dialect_of(axis.order, {storable(read.name): read.decimal for read in numbers if read.decimal}, options),
    )


def _only_rows(table: Table, kept: Sequence[int]) -> Table:
    def only(column: Column) -> Column:
        cells = list(column.cells)
        return replace(column, cells=[cells[i] for i in kept])

    columns = [only(column) for column in table.columns]
    return replace(table, dates=only(table.dates), rows=[table.rows[i] for i in kept], columns=columns)


def _columns(table: Table, options: FileOptions) -> tuple[list[tuple[Column, Survey]], list[Column]]:
    """Return the columns that hold numbers, looked through, and those that are left out."""
    pairs, missing = admitted(options.decimal, options.thousands), options.missing_words
    wanted = [c for c in table.columns if not options.columns or table.folded or c.shown in options.columns]
    looked = [(column, survey(list(column.cells), missing, pairs)) for column in wanted]
    for column, found in looked:
        _check_words(table, column, found, asked=bool(options.columns))
    codes = [] if options.columns else [id(column) for column, found in looked if not len(found.numbers) and _holds_codes(column)]
    words = [column for column, found in looked if found.words or id(column) in codes]
    words += [column for column in table.columns if column not in wanted and (column.name or any(map(text_in, column.cells)))]
    return [(column, found) for column, found in looked if not found.words and id(column) not in codes], words


def _holds_codes(column: Column) -> bool:
    """Return whether a column holds the codes of Namibia or North Dakota, which otherwise say that a value is missing."""
    texts = set(map(text_in, iter(column.cells))) - {""}
    return bool(texts) and any(word in column.name.casefold() for word in _CODE_NAMES) and texts <= {"NA", "ND"}


def _check_words(table: Table, column: Column, found: Survey, *, asked: bool) -> None:
    if not found.words or not (len(found.numbers) or asked):
        return
    if len(found.words) <= len(found.numbers) or asked:
        raise refused(table.name, f"{table.place(found.words[0], column)}: not a number", "missing", "decimal", "columns")
    cells = listed([quoted(column.cells[i]) for i in found.numbers], most=3)
    if table.across:
        raise refused(table.name, f"row {column.position}, cells {cells}: numbers in a row of text", "missing")
    rows, s = listed([table.rows[i] for i in found.numbers], most=3), "s" if len(found.numbers) > 1 else ""
    raise refused(table.name, f"column {quoted(column.shown)}, row{s} {rows}, cell{s} {cells}: numbers in a column of text", "columns")


def _values(table: Table, columns: Sequence[tuple[Column, Survey]]) -> tuple[list[Values], list[Column]]:
    is_named = any(column.name for column in table.columns)
    counters = [column for column, _ in columns if is_named and not table.across and _counts_rows(column)]
    kept = [(column, found) for column, found in columns if column not in counters]
    if not kept:
        raise refused(table.name, "no column beside the dates holds numbers", "decimal", "date_column")
    _check_names(table, [column for column, _ in kept])
    evidence = {next(iter(found.decimals)) for _, found in kept if len(found.decimals) == 1}
    read = []
    for column, found in kept:
        decimal = _decimal(table, column, found, evidence)
        numbers = values(column, found, decimal)
        for index in np.flatnonzero(np.isinf(numbers))[:1]:
            raise refused(table.name, f"{table.place(int(index), column)}: too large for a number")
        is_chosen = found.typed is None and (len(found.decimals) == 1 or found.is_doubtful)
        read.append(Values(column=column, numbers=numbers, unit=_unit(table, column, found), decimal=decimal if is_chosen else ""))
    return read, counters


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
        twin = first.setdefault(storable(column.shown), column)
        if twin is not column:
            what = "rows" if table.across else "columns"
            places = (twin.position, column.position) if table.across else (twin.position + 1, column.position + 1)
            raise refused(
                table.name,
                f"{what} {listed(places)} are both called {quoted(column.shown)} (row {table.header_row})",
                "header_rows",
                "columns",
            )


def _decimal(table: Table, column: Column, found: Survey, evidence: set[str]) -> str:
    """Return the decimal mark of a column: its own, else that of other columns, else the one that a comma-delimited file must have."""
    if found.clash:
        index, earlier = found.clash
        other = quoted(column.cells[earlier])
        raise refused(table.name, f"{table.place(index, column)}: its marks do not fit those of {other}", "decimal", "thousands")
    if not found.is_doubtful:
        return "." if "." in found.decimals else ","
    may_be = set(evidence)
    if table.comma_delimited or (table.dot_is_decimal and (".", "") in found.pairs):
        may_be.add(".")
    if len(may_be) == 1:
        return may_be.pop()
    index, mark = _doubtful_cell(column, found)
    raise refused(table.name, f"{table.place(index, column)}: {_MARKS[mark]} as decimal or thousands mark", "decimal (or thousands)")


def _doubtful_cell(column: Column, found: Survey) -> tuple[int, str]:
    for index in found.numbers:
        number: Any = read_number(str(column.cells[index]))
        for mark in _MARKS:
            if number and mark in number.core:
                return index, mark
    return found.numbers[0], "."


def _unit(table: Table, column: Column, found: Survey) -> str:
    if len(found.units) > 1:
        marked = [i for i in found.numbers if _unit_of(column.cells[i])]
        index = next(i for i in marked if _unit_of(column.cells[i]) != _unit_of(column.cells[marked[0]]))
        raise refused(table.name, f"{table.place(index, column)}: another unit than in {quoted(column.cells[marked[0]])}", "columns")
    return next(iter(found.units), "")


def _unit_of(cell: Any) -> str:
    number = read_number(cell) if isinstance(cell, str) else None
    return number.unit if number else ""
