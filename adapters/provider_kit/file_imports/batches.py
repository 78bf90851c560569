"""Batches of rows: of each its series, its date and its numbers, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.file_imports.columns import Columns
from adapters.provider_kit.own_files.date_cells import ReadCell, read_loosely, reader_of_format
from adapters.provider_kit.own_files.date_digits import Kind
from adapters.provider_kit.own_files.dates import doubt_of_periods
from adapters.provider_kit.own_files.grid import quoted, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, UnsupportedFrequency
from domain.flags import is_code
from domain.observations import Label

Moments = NDArray[np.int64]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as all moments here
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Rows of a table.

    Attributes:
        names: of series, each once.
        series: for each row the place of its name.
        moments: for each row its date in seconds since 1970, in UTC.
        values: the numbers of each column.
        published: for each row the second or day of its label, as ``moments``; empty if no column says it.
        flags: of each column of flags the places of its rows' flags among those that the reader knows, from 1; 0 where there is none.
        first_row: the number of the first row in its file, where the names are row 1.

    """

    names: Sequence[str]
    series: Places
    moments: Moments
    values: Sequence[Numbers]
    published: Moments
    first_row: int
    flags: Sequence[Places] = ()


@dataclass(kw_only=True)
class BatchReader:
    """
    Reads columns of an arrow table as batches, and keeps to one form of dates in the whole file.

    Attributes:
        kind: how long the periods of the dates are, as far as rows were read; None before.
        labels_have_times: whether labels are moments, not days.
        flags: all that were read, with their places from 1.
        first_row: number of the first row of the next batch.

    """

    file: str
    columns: Columns
    options: FileOptions
    kind: Kind | None = None
    labels_have_times: bool = False
    first_row: int = 2
    flags: dict[str, int] = field(default_factory=dict)
    _zoned: bool | None = None
    _dates: dict[str, int] = field(default_factory=dict)
    _labels: dict[str, int] = field(default_factory=dict)
    _read: ReadCell = field(init=False)

    def __post_init__(self) -> None:
        """Choose how cells are read."""
        self._read = reader_of_format(self.options.date_format) if self.options.date_format else read_loosely

    def batch(self, table: Any) -> Batch:
        """
        Return an arrow record batch with the texts and numbers of the columns.

        Raises:
            AnswerNotUnderstood: a cell is no date, no number, or in doubt; names row, column, cell and option.

        """
        series, names = self.names(table)
        batch = Batch(
            names=names,
            series=series,
            moments=self._moments(table, self.columns.date, self._dates, self._moment),
            values=[self._numbers(table, name) for name in self.columns.values],
            published=self._moments(table, self.columns.published, self._labels, self._label) if self.columns.published else _NONE,
            first_row=self.first_row,
            flags=[self._flags(table, name) for name in self.columns.flags.values()],
        )
        self.first_row += len(series)
        return batch

    def label(self, seconds: int) -> Label:
        """Return a label of a batch as a day or moment."""
        moment = datetime.fromtimestamp(seconds, UTC)
        return moment if self.labels_have_times else moment.date()

    def names(self, table: Any) -> tuple[Places, Sequence[str]]:
        """Return for each row the place of its series' name among the names; raises AnswerNotUnderstood where one is missing."""
        import pyarrow.compute as pc

        columns = [table.column(name) for name in self.columns.codes]
        for name, column in zip(self.columns.codes, columns, strict=True):
            if column.null_count:
                raise self._refused(name, np.flatnonzero(column.is_null()), column, "no code")
        joined = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*(pc.cast(column, "string") for column in columns), "/")
        encoded = joined.dictionary_encode()
        names = _texts(encoded.dictionary)
        if any(not name.strip() for name in names):
            empty = [place for place, name in enumerate(names) if not name.strip()]
            raise self._refused(self.columns.codes[0], np.flatnonzero(np.isin(encoded.indices, empty)), joined, "no code")
        return encoded.indices.to_numpy().astype(np.int64), names

    def _moments(self, table: Any, name: str, known: dict[str, int], read: Callable[[str], int | str]) -> Moments:
        column = table.column(name)
        if column.null_count:
            raise self._refused(name, np.flatnonzero(column.is_null()), column, "no date", "date_format")
        encoded = column.dictionary_encode()
        texts = _texts(encoded.dictionary)
        found = np.empty(len(texts), np.int64)
        for place, text in enumerate(texts):
            moment = known[text] if text in known else read(text)
            if isinstance(moment, str):
                raise self._refused(name, np.flatnonzero(encoded.indices.to_numpy() == place), column, moment, "date_format")
            found[place] = known[text] = moment
        if self.kind not in (Kind.DAILY, Kind.MOMENT) and not self.options.date_format and (doubt := doubt_of_periods(texts, name)):
            raise self._refused(name, np.zeros(1, np.intp), column, doubt, "date_format")
        return found[encoded.indices.to_numpy()] if len(texts) else _NONE

    def _moment(self, text: str) -> int | str:
        """Return the seconds of a date, or what is wrong with it."""
        reading = self._read(text)
        if reading is None:
            return "not a date"
        if "" not in reading.by_order:
            return "day/month or month/day"
        moment = reading.by_order[""]
        if moment.microsecond:
            raise UnsupportedFrequency(f"{self.file} has moments finer than a second.")
        if None not in (reading.zoned, self._zoned) and reading.zoned != self._zoned:
            return "no offset from UTC where other cells have one, or the other way round"
        self._zoned = self._zoned if reading.zoned is None else reading.zoned
        kinds = {reading.kind, self.kind or reading.kind}
        if len(kinds) > 1 and not kinds <= {Kind.DAILY, Kind.MOMENT}:
            return f"a date of {reading.kind} periods where others are {self.kind}"
        self.kind = Kind.MOMENT if Kind.MOMENT in kinds else reading.kind
        return int((moment - _EPOCH).total_seconds())

    def _label(self, text: str) -> int | str:
        """Return the seconds of a label, or what is wrong with it."""
        reading = read_loosely(text)
        if reading is None or "" not in reading.by_order or reading.kind not in (Kind.DAILY, Kind.MOMENT):
            return "not a day as 2024-01-31, nor a moment"
        if reading.by_order[""].microsecond:
            return "a moment finer than a second"
        if self._labels and self.labels_have_times != (reading.kind is Kind.MOMENT):
            return "a day among moments, or the other way round"
        self.labels_have_times = reading.kind is Kind.MOMENT
        return int((reading.by_order[""] - _EPOCH).total_seconds())

    def _numbers(self, table: Any, name: str) -> Numbers:
        numbers: Numbers = table.column(name).to_numpy(zero_copy_only=False)
        infinite = np.flatnonzero(np.isinf(numbers))
        if infinite.size:
            raise self._refused(name, infinite, table.column(name), "too large for a number")
        return numbers

    def _flags(self, table: Any, name: str) -> Places:
        column = table.column(name).cast("string").fill_null("")
        encoded = column.dictionary_encode()
        places = [0]
        for text in map(storable, _texts(encoded.dictionary)):
            code = " ".join(text.split())
            if code and not is_code(code):
                rows = np.flatnonzero(encoded.indices.to_numpy() == len(places) - 1)
                raise self._refused(name, rows, column, "no flag, which is a short code")
            places.append(self.flags.setdefault(code, len(self.flags) + 1) if code else 0)
        return np.array(places[1:], np.int64)[encoded.indices.to_numpy()] if len(places) > 1 else _NONE

    def _refused(self, name: str, rows: NDArray[np.intp], column: Any, what: str, *options: str) -> AnswerNotUnderstood:
        first = int(rows[0])
        where = f"row {self.first_row + first}, column {quoted(name)}, cell {quoted(column[first].as_py())}"
        return refused(self.file, f"{where}: {what}", *options)


def _texts(cells: Any) -> list[str]:
    texts: list[str] = cells.cast("string").to_pylist()
    return texts


_NONE: Moments = np.empty(0, np.int64)
