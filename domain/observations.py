"""Observations: sorted unique dates and named columns of numbers, immutable."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidObservations
from domain.flags import Flags

Unit = Literal["D", "s"]
Label = date | datetime
Dates = NDArray[np.datetime64]
Matrix = NDArray[np.float64]

_FORMAT, _FORMAT_WITH_FLAGS = b"lanner observations 1\n", b"lanner observations 2\n"
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_FIRST, _LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """
    Dates × named float64 columns.

    Attributes:
        dates: sorted and unique; ``datetime64[D]``, or ``datetime64[s]`` in UTC for data finer than daily.
        columns: names of the columns after the date; names may repeat.
        values: float64 of shape (dates, columns), columns contiguous. Missing is NaN in one bit pattern; −0.0 is kept.
        flags: of the values; None if there are none.

    """

    dates: Dates
    columns: tuple[str, ...]
    values: Matrix
    flags: Flags | None = None
    _digest: bytes = field(default=b"", init=False, repr=False)

    @classmethod
    def of(cls, dates: Any, columns: Sequence[str], values: Any, *, unit: Unit = "D", flags: Flags | None = None) -> Self:
        """
        Return sorted, validated, immutable observations.

        Args:
            dates: anything numpy reads as dates of ``unit``, in any order.
            values: shape (dates, columns), NaN where missing.
            flags: of the values, in their shape and order.

        Raises:
            InvalidObservations: on duplicate dates with different rows, infinities, shapes that differ, years
                outside 1–9999 or names that are not valid text. Rows repeated bit for bit are stored once.

        """
        axis = np.asarray(dates, dtype=f"datetime64[{unit}]").reshape(-1)
        matrix = _matrix(values, len(axis), len(columns))
        if any(_NO_TEXT.search(name) for name in columns):
            raise InvalidObservations("A column's name holds a NUL or half a character.", field="columns")
        if flags is not None and flags.cells.shape != matrix.shape:
            raise InvalidObservations(f"Flags of shape {flags.cells.shape} do not fit values of shape {matrix.shape}.", field="flags")
        if axis.size:
            axis, matrix, flags = _sorted(axis, matrix, flags)
            if axis[0] < _FIRST or axis[-1].astype("datetime64[D]") > _LAST:
                raise InvalidObservations("A date is outside the years 1 to 9999.", field="dates")
        matrix[np.isnan(matrix)] = np.nan
        return cls.from_trusted(axis, tuple(columns), matrix, flags)

    @classmethod
    def empty(cls, columns: Sequence[str] = (), *, unit: Unit = "D") -> Self:
        """Return observations without any date."""
        return cls.of([], columns, np.empty((0, len(columns))), unit=unit)

    @classmethod
    def from_trusted(cls, dates: Dates, columns: tuple[str, ...], values: Matrix, flags: Flags | None = None) -> Self:
        """Return observations without validation: dates must be sorted and unique, values finite or NaN in the one bit pattern."""
        dates, values = np.ascontiguousarray(dates), np.asfortranarray(values)
        dates.setflags(write=False)
        values.setflags(write=False)
        return cls(dates, columns, values, flags)

    def __len__(self) -> int:
        return len(self.dates)

    def __eq__(self, other: object) -> bool:
        """Compare bit for bit: NaN equals NaN, −0.0 differs from 0.0, the axis unit and flags count."""
        if not isinstance(other, Observations):
            return NotImplemented
        return (
            (self.unit, self.columns) == (other.unit, other.columns)
            and np.array_equal(self.dates, other.dates)
            and np.array_equal(self.bits, other.bits)
            and self.flags == other.flags
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def unit(self) -> Unit:
        """Resolution of the axis: ``D`` for days, ``s`` for seconds in UTC."""
        return "D" if self.dates.dtype == np.dtype("datetime64[D]") else "s"

    @property
    def bits(self) -> NDArray[np.int64]:
        """The values' bit patterns as int64, in the values' shape."""
        return self.values.T.view(np.int64).T

    @property
    def known_cells(self) -> int:
        """Number of values that are not missing."""
        return int(self.values.size - np.isnan(self.values).sum())

    @property
    def first(self) -> Label | None:
        """The oldest date."""
        return label(self.dates[0]) if len(self) else None

    @property
    def last(self) -> Label | None:
        """The newest date."""
        return label(self.dates[-1]) if len(self) else None

    def digest(self) -> bytes:
        """SHA-256 of the canonical state: axis unit, names with their lengths, count, dates and columns, and flags if there are any."""
        if not self._digest:
            object.__setattr__(self, "_digest", self._made_digest())
        return self._digest

    def _made_digest(self) -> bytes:
        names = [name.encode() for name in self.columns]
        sha = hashlib.sha256((_FORMAT if self.flags is None else _FORMAT_WITH_FLAGS) + self.unit.encode())
        sha.update(struct.pack("<I", len(names)))
        for name in names:
            sha.update(struct.pack("<I", len(name)) + name)
        sha.update(struct.pack("<Q", len(self)))
        sha.update(self.dates.astype("<i8").tobytes())
        sha.update(self.values.astype("<f8", copy=False).tobytes(order="F"))
        if self.flags is not None:
            sha.update(self.flags.canonical())
        return sha.digest()

    def window(self, start: Label | None = None, end: Label | None = None) -> Observations:
        """Return the dates from start to end, both included; a day as end includes all its seconds."""
        lower = 0 if start is None else int(np.searchsorted(self.dates, _bound(start, self.unit)))
        upper = len(self) if end is None else int(np.searchsorted(self.dates, _bound(end, self.unit, last=True), "right"))
        return self.take(slice(lower, max(lower, upper)))

    def latest(self, count: int) -> Observations:
        """Return the newest ``count`` dates."""
        return self.take(slice(max(0, len(self) - count), None))

    def take(self, part: slice | NDArray[Any]) -> Observations:
        """Return the rows of a slice, a mask or positions, in ascending order."""
        flags = None if self.flags is None else self.flags.rows(part)
        return self.from_trusted(self.dates[part], self.columns, self.values[part], flags)

    def select(self, indices: Sequence[int]) -> Observations:
        """Return the columns at these positions, counted from 0, in the given order."""
        names, flags = tuple(self.columns[i] for i in indices), self.flags
        return self.from_trusted(self.dates, names, self.values[:, list(indices)], None if flags is None else flags.select(indices))

    def one(self, column: str) -> Observations:
        """Return the column of this name, or the first one if it is empty; without dates if there is none."""
        if not self.columns or (column and column not in self.columns):
            return self.empty((column,), unit=self.unit)
        return self.select([self.columns.index(column) if column else 0])

    def without_flags(self) -> Observations:
        """Return the dates and values alone."""
        return self if self.flags is None else self.from_trusted(self.dates, self.columns, self.values)

    def rows(self) -> Iterator[tuple[Label, list[float | None]]]:
        """Iterate over the rows, oldest first: a date and its values, None where missing."""
        for moment, row in zip(self.labels(), self.values.tolist(), strict=True):
            yield moment, [None if value != value else value for value in row]  # noqa: PLR0124 - NaN differs from itself

    def labels(self) -> list[Label]:
        """Return the dates as ``date``, or as ``datetime`` in UTC on an axis of seconds."""
        moments: list[Any] = self.dates.astype(object).tolist()
        return moments if self.unit == "D" else [moment.replace(tzinfo=UTC) for moment in moments]

    def texts(self) -> list[str]:
        """Return the dates as ISO 8601 text, ``2024-01-31`` or ``2024-01-31T10:00:00Z``."""
        return [str(text) for text in np.datetime_as_string(self.dates, timezone="naive" if self.unit == "D" else "UTC")]


def label(moment: np.datetime64) -> Label:
    """Return one date of an axis as ``date``, or as ``datetime`` in UTC on an axis of seconds."""
    value: Label = moment.astype(object)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _matrix(values: Any, rows: int, columns: int) -> Matrix:
    matrix = np.array(values, dtype=np.float64, order="F")
    if matrix.size == 0:
        matrix = matrix.reshape((rows, columns)) if rows * columns == 0 else matrix
    if matrix.shape != (rows, columns):
        raise InvalidObservations(f"{rows} dates and {columns} columns do not fit values of shape {matrix.shape}.", field="values")
    if np.isinf(matrix).any():
        raise InvalidObservations("A value is infinite.", field="values")
    return matrix


def _sorted(axis: Dates, matrix: Matrix, flags: Flags | None) -> tuple[Dates, Matrix, Flags | None]:
    if np.isnat(axis).any():
        raise InvalidObservations("A date is missing.", field="dates")
    if (axis[1:] > axis[:-1]).all():
        return axis, matrix, flags
    if (axis[1:] < axis[:-1]).all():
        return axis[::-1], np.asfortranarray(matrix[::-1]), None if flags is None else flags.rows(slice(None, None, -1))
    order = np.argsort(axis, kind="stable")
    axis, matrix, flags = axis[order], np.asfortranarray(matrix[order]), None if flags is None else flags.rows(order)
    twin = np.flatnonzero(axis[1:] == axis[:-1])
    rows = np.where(np.isnan(matrix), np.nan, matrix).T.copy().view(np.int64)
    _check_twins(axis, twin, rows, "values")
    if flags is not None:
        _check_twins(axis, twin, flags.cells.T, "flags")
    keep = np.ones(len(axis), dtype=bool)
    keep[twin + 1] = False
    return axis[keep], np.asfortranarray(matrix[keep]), None if flags is None else flags.rows(keep)


def _check_twins(axis: Dates, twin: NDArray[np.intp], rows: NDArray[Any], what: str) -> None:
    clash = twin[(rows[:, twin] != rows[:, twin + 1]).any(axis=0)] if twin.size else twin
    if clash.size:
        raise InvalidObservations(f"The date {axis[clash[0]]} stands twice with different {what}.", field="dates")


def _bound(moment: Label, unit: Unit, *, last: bool = False) -> np.datetime64:
    if isinstance(moment, datetime):
        return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), unit)
    if unit == "D":
        return np.datetime64(moment, "D")
    second = time(23, 59, 59) if last else time()
    return np.datetime64(datetime.combine(moment, second), "s")
