"""A table of cells as one series: its dates and numbers, and what the file says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adapters.provider_kit.own_files.date_digits import Kind
from adapters.provider_kit.own_files.dates import frequency_of, read_dates
from adapters.provider_kit.own_files.grid import Column, Table, all_quoted, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.long_layout import pivoted
from adapters.provider_kit.own_files.numbers import NumberColumn, flag_columns, read_numbers
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.errors import InvalidObservations
from domain.flags import Flags, is_code
from domain.frequency import Frequency
from domain.observations import Dates, Observations, Unit
from domain.periods import Anchor
from domain.ports import ParsedSeries
from domain.series import Metadata

_DAY, _WEEK = 86_400, 7
_PERIODS = {"weekly": "week", "monthly": "month", "quarterly": "quarter", "annual": "year"}
_DATES, _NUMBERS = "dates", "numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeries:
    """
    What a file says of one series.

    Attributes:
        title: what the file calls it; empty if it does not say.
        frequency: in lower-case words; empty if its dates fit none.
        dates: on which day of its period each date stands, as metadata say it; empty if nothing states it.
        units: a percent or currency sign for each column, or empty.
        left_out: names of the columns that were not read.
        dialect: what a later reading is to be held to: ``dates`` → the order of day and month, a column → its decimal mark.

    """

    observations: Observations
    date_column: str
    title: str
    frequency: str
    dates: str
    units: tuple[str, ...]
    left_out: tuple[str, ...]
    dialect: Mapping[str, str]

    def metadata(self, stem: str, *, is_keyed: bool = False) -> Metadata:
        """
        Return what the file says about the series.

        Args:
            stem: what it is called if the file has no title.
            is_keyed: whether it is one series of several in the file, whose column is called by its key.

        """
        key = self.observations.columns if is_keyed else ()
        return Metadata(
            name=storable(" / ".join((self.title or stem, *key))),
            frequency=Frequency(self.frequency) if self.frequency else None,
            date_column=self.date_column,
            column_units=self.units if any(self.units) else (),
            extra={"dates": self.dates} if self.dates else {},
        )

    def parsed(self, code: DatasetCode, stem: str, *, is_keyed: bool = False) -> ParsedSeries:
        """Return the series as an answer's, under its code."""
        return ParsedSeries(
            code=code,
            metadata=self.metadata(stem, is_keyed=is_keyed),
            vintages=[(None, self.observations)],
            left_out=self.left_out,
            dialect=self.dialect,
        )


def read_series(table: Table, options: FileOptions) -> FileSeries:
    """
    Read dates and numbers.

    Raises:
        AnswerNotUnderstood: a cell is in doubt, or two rows contradict each other; names row, column, cell and option.
        UnsupportedFrequency: moments are finer than a second.

    """
    axis = read_dates(table, options.frequency, by_format=bool(options.date_format))
    if len(axis.kept) < len(table.rows):
        table = _only_rows(table, axis.kept)
    moments = axis.moments
    if options.layout == "long" and not table.across:
        table, moments = pivoted(table, moments, options)
    columns, words, counters = read_numbers(table, options)
    flags = _flags(columns, words)
    words = [column for column in words if column not in flags.values()]
    _check_repeats(table, moments, columns, words)
    unit: Unit = "s" if (moments.astype(np.int64) % _DAY).any() else "D"
    matrix = np.column_stack([read.values for read in columns])
    try:
        observations = Observations.of(
            moments.astype(f"datetime64[{unit}]"),
            [read.column.shown for read in columns],
            matrix,
            unit=unit,
            flags=_flags_of([flags.get(read.column.shown) for read in columns], len(moments)) if flags else None,
        )
    except InvalidObservations as exc:
        raise refused(table.name, exc.message.rstrip(".")) from exc
    frequency = options.frequency or table.frequency or frequency_of(observations.dates, axis.kind)
    return FileSeries(
        observations=observations,
        date_column=storable(table.dates.name) or "Date",
        title=storable(table.title),
        frequency=frequency,
        dates=_anchored(table, observations.dates, axis.kind, frequency, anchor=options.anchor),
        units=tuple(read.unit for read in columns),
        left_out=tuple(map(storable, (*table.left_out, *(column.shown for column in (*words, *counters))))),
        dialect=_dialect(axis.order, columns, options),
    )


def _flags(columns: Sequence[NumberColumn], words: Sequence[Column]) -> Mapping[str, Column]:
    """Return the columns of words that hold the flags of columns of numbers, by the latter's names."""
    names = {read.column.shown for read in columns}
    named = flag_columns([*(read.column for read in columns), *words])
    return {name: c for name, c in named.items() if name in names and c in words and all(map(is_code, filter(None, _codes(c))))}


def _flags_of(columns: Sequence[Column | None], rows: int) -> Flags | None:
    return Flags.from_texts([""] * rows if column is None else _codes(column) for column in columns)


def _codes(column: Column) -> Sequence[str]:
    return [" ".join(text_in(cell).split()) for cell in column.cells]


def _anchored(table: Table, dates: Dates, kind: Kind, frequency: str, *, anchor: str) -> str:
    """Return on which day of its period each date stands: the first of what is written as periods, else the one that an option states."""
    period = _PERIODS.get(frequency, "")
    is_written = period != "" and kind == frequency
    days = np.unique(dates.astype("datetime64[D]").astype(np.int64) % _WEEK) if anchor and period == "week" else ()
    if is_written and anchor not in ("", Anchor.START):
        raise refused(table.name, f"its {frequency} periods stand on their {Anchor.START}", "anchor")
    if len(days) > 1 and anchor != Anchor.WITHIN:
        raise refused(table.name, f"its dates fall on {len(days)} different days of the week, and not each on the {anchor}", "anchor")
    stated = Anchor.START if is_written else Anchor(anchor) if anchor and period else None
    return stated.of(period) if stated else ""


def _only_rows(table: Table, kept: Sequence[int]) -> Table:
    def only(column: Column) -> Column:
        cells = list(column.cells)
        return replace(column, cells=[cells[i] for i in kept])

    return replace(table, dates=only(table.dates), rows=[table.rows[i] for i in kept], columns=list(map(only, table.columns)))


def _dialect(order: str, columns: Sequence[NumberColumn], options: FileOptions) -> Mapping[str, str]:
    """
    Return the order of the dates, and each column's decimal mark, once under ``numbers`` where all agree, if cells alone showed them.

    What an option decides is not held against later readings, since who changes an option means it; the file itself is held to the
    option. Marks of thousands are not part of it: they come and go with the size of the numbers, which they do not change.
    """
    is_shown = not options.decimal and options.thousands is None
    marks = {read.column.shown: read.decimal for read in columns if read.decimal and is_shown}
    for reserved in (_DATES, _NUMBERS):
        marks.pop(reserved, None)
    if len(set(marks.values())) == 1:
        marks = {_NUMBERS: next(iter(marks.values()))}
    return {**({_DATES: order} if order and not options.date_format else {}), **marks}


def _check_repeats(table: Table, moments: Dates, columns: Sequence[NumberColumn], words: Sequence[Column]) -> None:
    """Refuse rows that give a date different values; equal ones count once."""
    order = np.argsort(moments, kind="stable")
    same = np.flatnonzero(moments[order][1:] == moments[order][:-1])
    for read in columns:
        before, after = read.values[order[same]], read.values[order[same + 1]]
        differ = np.flatnonzero((before != after) & ~(np.isnan(before) & np.isnan(after)))
        if len(differ):
            first, second = (int(order[same[differ[0]] + i]) for i in (0, 1))
            raise _repeated(table, moments, read.column, (first, second), words=words)


def _repeated(table: Table, moments: Dates, column: Column, twins: tuple[int, int], *, words: Sequence[Column]) -> Exception:
    """Return the error for a date of two values, with the options of long tables where a column of words tells its rows apart."""
    rows = listed([table.rows[i] for i in np.flatnonzero(moments == moments[twins[0]]).tolist()])
    values = listed([text_in(column.cells[i]) or "none" for i in twins])
    date = text_in(table.dates.cells[twins[0]])
    if table.across:
        return refused(table.name, f"date {date} stands in columns {rows} with different values ({values}), row {column.position}")
    what = f"date {date} repeats on rows {rows} with different values ({values}), column {quoted(column.shown)}"
    keys = [word.shown for word in words if _tells_apart(moments, word)]
    if not keys:
        return refused(table.name, what)
    what += f"; column{'s' if len(keys) > 1 else ''} {all_quoted(keys)} may tell the series apart"
    return refused(table.name, what, "layout", "key_columns", "value_column")


def _tells_apart(moments: Dates, column: Column) -> bool:
    seen = set(zip(moments.tolist(), map(text_in, iter(column.cells)), strict=True))
    return len(seen) == len(moments) or len({word for _, word in seen}) > 1
