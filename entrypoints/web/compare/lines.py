"""The series of a comparison, read in the chosen state, range and units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from domain.codes import DatasetCode
from domain.errors import DomainError, InvalidInput, NoObservationsYet, SeriesNotFound
from domain.frequency import Collapse, Frequency, collapse
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_series import Reading, Selection
from domain.vintages import Vintage
from entrypoints.rest.http.errors import Problem, status_of
from entrypoints.web import words
from entrypoints.web.compare.items import Axis, Item
from entrypoints.web.compare.state import State
from entrypoints.web.series.reading import first_known, in_units
from entrypoints.web.series.state import Units, available_units
from entrypoints.web.series.view import unit_of

_NUMBER = re.compile("[1-9][0-9]{0,5}")
_COARSENESS = {frequency: place for place, frequency in enumerate(Frequency)}


@dataclass(frozen=True, kw_only=True)
class Line:
    """
    One series of a comparison.

    Attributes:
        name: the series' name, and the column's if there are several; the column's alone where all are of one series.
        columns: the names of all its columns.
        frequency: of the values shown.
        base: the date at which its index is 100.
        shown: the values of one column, shares where percent are shown.

    """

    item: Item
    series: TimeSeries
    vintage: Vintage
    name: str
    columns: Sequence[str]
    place: int
    units: Units
    frequency: Frequency | None
    base: Label | None
    shown: Observations

    @property
    def role(self) -> str:
        """The class of its colour."""
        return f"c{self.item.colour}"

    @property
    def right(self) -> bool:
        """Whether the right axis measures it."""
        return self.item.axis is Axis.RIGHT

    @property
    def column(self) -> str:
        """The name of the column."""
        return self.columns[self.place]

    @property
    def heading(self) -> str:
        """The name of its column in files."""
        parts = [str(self.series.code)]
        if len(self.columns) > 1:
            parts.append(self.column)
        if self.units is not Units.LEVEL:
            parts.append(self.units.value)
        return " ".join(parts)

    @property
    def unit(self) -> str:
        """The unit of the values as shown."""
        if self.units.is_percent:
            return f"%{' a year' if self.units is Units.PERCENT_A_YEAR else ''}"
        if self.units is Units.INDEX:
            return f"{words.period(self.base, self.frequency)} = 100" if self.base else "Index"
        return unit_of(self.series, self.place)

    @property
    def lacks_base(self) -> bool:
        """Whether it is to be an index, and has no value from which one could begin."""
        return self.units is Units.INDEX and self.base is None

    @cached_property
    def scaled(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """The values as they are drawn."""
        return self.shown.values[:, 0] * (100.0 if self.units.is_percent else 1.0)

    @cached_property
    def decimals(self) -> int:
        """The decimals with which values are written."""
        if self.units.is_percent or self.units is Units.INDEX:
            return 1
        known = np.abs(self.scaled[~np.isnan(self.scaled)])
        most = words.decimals_for(float(np.median(known))) if known.size else 0
        return next((count for count in range(most) if np.allclose(known, np.round(known, count), rtol=1e-9, atol=0)), most)

    def write(self, value: float | None) -> str:
        """Write a value, without the unit."""
        return words.number(value * 100 if value is not None and self.units.is_percent else value, self.decimals)


@dataclass(eq=False)
class SeriesProblem(Problem):
    """A series of a comparison cannot be read."""

    item: Item = field(kw_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """
    A column before its units.

    Attributes:
        stored: to the end of the range.
        values: the same, collapsed.

    """

    item: Item
    series: TimeSeries
    vintage: Vintage
    columns: Sequence[str]
    place: int
    units: Units
    stored: Observations
    values: Observations


class StoredSeries:
    """The stored series of a comparison, as known at its moment; each is read once, however many of its columns and ranges are shown."""

    def __init__(self, use_cases: UseCases, moment: AsOf) -> None:
        self._use_cases, self._moment = use_cases, moment
        self._readings: dict[tuple[str | None, DatasetCode], Reading] = {}

    def read(self, item: Item) -> Reading:
        """Return the whole series of an item; raises SeriesProblem."""
        identity = item.provider, item.code
        if identity not in self._readings:
            self._readings[identity] = self._read(item)
        return self._readings[identity]

    def _read(self, item: Item) -> Reading:
        try:
            described = self._use_cases.describe_series.by_code(item.code, item.provider)
        except SeriesNotFound as error:
            hint = f"Add it first, on the page /s/{item.reference} or by POST /timeseries, or leave it out."
            raise _problem(error, item, item.parameter, hint) from error
        try:
            return self._use_cases.read_series(described.series.id, Selection(moment=self._moment))
        except NoObservationsYet as error:
            raise _problem(error, item, item.parameter, error.hint) from error
        except DomainError as error:
            raise _problem(error, item, "as_of" if self._moment.as_of else item.parameter, error.hint) from error


def read_lines(stored: StoredSeries, state: State) -> Sequence[Line]:
    """
    Read the series of a comparison.

    Raises:
        SeriesProblem: one of them cannot be read.
        InvalidInput: one cannot be shown like this; the parameter is named.

    """
    found = [_find(stored.read(item), item, state) for item in state.items]
    indexed = [each.values for each in found if each.units is Units.INDEX]
    base = state.base or max((first for values in indexed if (first := first_known(values, state.start))), default=None)
    lines = [_line(each, base, state) for each in found]
    columns_of_one = len({line.series.id for line in lines}) == 1 and len({line.place for line in lines}) > 1
    return [replace(line, name=line.column) for line in lines] if columns_of_one else lines


def _find(reading: Reading, item: Item, state: State) -> _Found:
    place = _place(item, reading.observations.columns)
    stored = reading.observations.select([place]).window(None, state.end)
    return _Found(
        item=item,
        series=reading.series,
        vintage=reading.vintage,
        columns=reading.observations.columns,
        place=place,
        units=item.units or state.units,
        stored=stored,
        values=collapse(stored, state.collapse) if state.collapse else stored,
    )


def _problem(error: DomainError, item: Item, parameter: str, hint: str) -> SeriesProblem:
    errors = [{"parameter": parameter, "detail": error.message}]
    detail = f"{parameter}: {error.message}"
    return SeriesProblem(status_of(type(error)), error.code, detail, retryable=error.retryable, hint=hint, errors=errors, item=item)


def _place(item: Item, columns: Sequence[str]) -> int:
    """Return the position of the wanted column, which is given by its name or else by its number."""
    if not item.column and columns:
        return 0
    if item.column in columns:
        return columns.index(item.column)
    if _NUMBER.fullmatch(item.column) and int(item.column) <= len(columns):
        return int(item.column) - 1
    shown = ", ".join(columns) or "none"
    message = f"{item.parameter}: {item.reference} has no column {item.column[:40]!r}."
    raise InvalidInput(message, field=item.parameter, hint=f"Its columns, which may be numbered from 1: {shown}.")


def _line(found: _Found, base: Label | None, state: State) -> Line:
    item, units, frequency = found.item, found.units, _coarser(found.series.frequency, state.collapse)
    if units not in available_units(frequency):
        parameter = item.parameter if item.units else "transform"
        message = f"{parameter}: {units} compares periods that {item.reference}, {frequency or 'of no known frequency'}, does not have."
        raise InvalidInput(message, field=parameter, hint=f"Show it otherwise: {item.parameter}={item.reference};transform=level.")
    own_base = first_known(found.values, base) if units is Units.INDEX else None
    name = found.series.metadata.name or str(found.series.code)
    return Line(
        item=item,
        series=found.series,
        vintage=found.vintage,
        name=f"{name}, {found.columns[found.place]}" if len(found.columns) > 1 else name,
        columns=found.columns,
        place=found.place,
        units=units,
        frequency=frequency,
        base=own_base,
        shown=_in_range(found, in_units(found.values, units, frequency, own_base), state),
    )


def _in_range(found: _Found, values: Observations, state: State) -> Observations:
    """Return the values of the periods in range: of those that a collapse of the range itself has."""
    if state.collapse is None:
        return values.window(state.start)
    kept = np.isin(values.dates, collapse(found.stored.window(state.start), state.collapse).dates)
    return Observations.from_trusted(values.dates[kept], values.columns, values.values[kept])


def _coarser(frequency: Frequency | None, collapsed: Collapse | None) -> Frequency | None:
    if collapsed is None:
        return frequency
    other = Frequency(collapsed)
    return max(frequency or other, other, key=_COARSENESS.__getitem__)
