"""What a series page shows of the data: the chosen column, as known then and today, in the chosen units and range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.errors import InvalidInput
from domain.observations import Label, Observations, label
from domain.period_transforms import by_period
from domain.series import TimeSeries
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Reading, ReadSeries, Selection
from domain.vintages import Vintage
from entrypoints.web import words
from entrypoints.web.charts.marks import FAN
from entrypoints.web.charts.plot import Curve, Kind
from entrypoints.web.series.state import State, Units

_MOST_BARS = 160


@dataclass(frozen=True, kw_only=True)
class View:
    """
    The data of a page.

    Attributes:
        today, then: the whole column as known today and at the chosen moment, in the chosen units.
        base: the date at which the index is 100.
        fan: the states of the vintages known just before the one that is shown, the oldest first, likewise.

    """

    described: Described
    state: State
    column: str
    columns: Sequence[str]
    newest: Vintage
    chosen: Vintage | None
    today: Observations
    then: Observations | None
    base: Label | None
    fan: Sequence[tuple[Vintage, Observations]] = ()

    @property
    def series(self) -> TimeSeries:
        """The series."""
        return self.described.series

    @property
    def kind(self) -> Kind:
        """How values are drawn: changes as bars where they fit, all else as a line."""
        if self.state.chart:
            return self.state.chart
        changes = self.state.units not in (Units.LEVEL, Units.INDEX)
        return Kind.BARS if changes and not self.fan and len(self.shown(self.today)) <= _MOST_BARS else Kind.LINE

    @property
    def log(self) -> bool:
        """Whether the axis is logarithmic, which needs positive values."""
        return self.state.log and self.can_be_log

    @cached_property
    def can_be_log(self) -> bool:
        """Whether all values are positive."""
        values = np.concatenate([curve.values for curve in (*self.fan_curves, *self.curves)])
        known = values[~np.isnan(values)]
        return bool(known.size) and bool((known > 0).all()) and self.kind is not Kind.BARS

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """What is drawn: today's state and, over it, the one that was known then."""
        found = [("now", "as known today", self.today)]
        if self.then is not None and self.chosen:
            found.append(("then", f"as known on {words.known(self.chosen.known_at)}", self.then))
        return tuple(self._curve(*each) for each in found)

    @cached_property
    def fan_curves(self) -> tuple[Curve, ...]:
        """The fan as curves."""
        return tuple(self._curve(FAN, f"vintage {vintage.number}", state) for vintage, state in self.fan)

    @property
    def fan_label(self) -> str:
        """What the fan is, in words."""
        first, last = self.fan[0][0], self.fan[-1][0]
        counted = words.counted(len(self.fan), "earlier vintage")
        return f"{counted}, {words.known(first.known_at)} to {words.known(last.known_at)}"

    def _curve(self, role: str, label: str, state: Observations) -> Curve:
        part, scale = self.shown(state), 100.0 if self.state.units.is_percent else 1.0
        return Curve(role=role, label=label, dates=part.dates, values=part.values[:, 0] * scale)

    def shown(self, state: Observations) -> Observations:
        """Return the part of a state in the chosen range."""
        return state.window(self.state.start, self.state.end)

    @cached_property
    def date(self) -> Label | None:
        """The date that is pointed out: the chosen one, else the last one with a value then."""
        if self.state.date is not None:
            return self.state.date
        part = self.shown(self.today if self.then is None else self.then)
        known = np.flatnonzero(~np.isnan(part.values[:, 0]))
        return label(part.dates[known[-1]]) if known.size else None

    def value(self, state: Observations | None, moment: Label | None) -> float | None:
        """Return a state's value on a date, None if it has none."""
        if state is None or moment is None:
            return None
        found = state.window(moment, moment)
        value = float(found.values[-1, 0]) if len(found) else np.nan
        return None if np.isnan(value) else value

    @cached_property
    def decimals(self) -> int:
        """The decimals with which values are written."""
        if self.state.units.is_percent or self.state.units is Units.INDEX:
            return 1
        values = np.abs(self.today.values[:, 0])
        known = values[~np.isnan(values)]
        whole = bool(known.size) and bool((known == np.floor(known)).all())
        return 0 if whole else words.decimals_for(float(np.median(known))) if known.size else 1

    def write(self, value: float | None, *, sign: bool = False) -> str:
        """Write a value in the chosen units, without the unit."""
        scaled = value * 100 if value is not None and self.state.units.is_percent else value
        return words.number(scaled, self.decimals, sign=sign)

    @property
    def unit(self) -> str:
        """The unit of the values as shown."""
        if self.state.units.is_percent:
            return "%"
        if self.state.units is Units.INDEX:
            return f"{words.period(self.base, self.series.frequency)} = 100" if self.base else "Index"
        return unit_of(self.series, self.columns.index(self.column))


def unit_of(series: TimeSeries, column: int) -> str:
    """Return the unit of a column."""
    of_columns = series.metadata.column_units
    return of_columns[column] if column < len(of_columns) and of_columns[column] else series.metadata.unit


def read_view(read_series: ReadSeries, described: Described, state: State) -> View:
    """
    Read what a page shows.

    Raises:
        NoObservationsYet, NotKnownYet, VintageNotFound, DamagedVintage: there is nothing to read.
        InvalidInput: the series has no such column, or no such date.

    """
    newest = read_series(described.series.id, Selection())
    columns = newest.observations.columns
    column = state.column or next(iter(columns), "")
    if column not in columns:
        raise InvalidInput(f"The series has no column {column!r}.", field="column", hint=f"Its columns: {', '.join(columns) or 'none'}.")
    then = read_series(described.series.id, Selection(moment=state.moment)) if state.moment else None
    bases = [base_of(_column(each, column), state) for each in (newest, then) if each]
    base = max((each for each in bases if each is not None), default=None)
    return View(
        described=described,
        state=state,
        base=base if state.units is Units.INDEX else None,
        column=column,
        columns=columns,
        newest=newest.vintage,
        chosen=then.vintage if then else None,
        today=in_units(newest, column, state, base),
        then=in_units(then, column, state, base) if then else None,
    )


def _column(reading: Reading, column: str) -> Observations:
    found = reading.observations
    return found.select([found.columns.index(column)]) if column in found.columns else Observations.empty([column], unit=found.unit)


def in_units(reading: Reading, column: str, state: State, base: Label | None) -> Observations:
    """Return one column of a state in the chosen units; empty if the state lacks the column."""
    part = _column(reading, column)
    if state.units.transform:
        return by_period(part, state.units.transform, reading.series.frequency)
    if state.units is Units.INDEX:
        with np.errstate(all="ignore"):
            values = part.values / _at(part, base) * 100.0
        values[~np.isfinite(values)] = np.nan
        return Observations.from_trusted(part.dates, part.columns, values)
    return part


def base_of(part: Observations, state: State) -> Label | None:
    """Return the first date with a value from the chosen base on, else from the beginning of what is shown."""
    shown = part.window(state.base or state.start)
    known = np.flatnonzero(~np.isnan(shown.values[:, 0]) & (shown.values[:, 0] != 0))
    return label(shown.dates[known[0]]) if known.size else None


def _at(part: Observations, moment: Label | None) -> float:
    found = part.window(moment, moment) if moment is not None else part.latest(0)
    return float(found.values[0, 0]) if len(found) else np.nan


def ranges(view: View) -> list[tuple[str, str | None, str | None]]:
    """Return the ranges on offer, each with its start and end as parameters: the last years, and those around the chosen moment."""
    last, first = view.today.last, view.today.first
    if last is None or first is None:
        return []
    found: list[tuple[str, str | None, str | None]] = [
        (f"{years} y", words.iso(begin), None) for years in (1, 5, 10, 20) if (begin := _years_before(last, years)) > first
    ]
    known = view.then.last if view.then is not None else None
    if known is not None and known < last:
        found.append(("Around then", words.iso(_years_before(known, 5)), words.iso(_years_before(known, -2))))
    return [*found, ("All", None, None)]


def _years_before(moment: Label, years: int) -> Label:
    year = max(1, min(9999, moment.year - years))
    try:
        return moment.replace(year=year)
    except ValueError:  # 29 February
        return moment.replace(year=year, day=28)


def aligned(view: View, *, fan: bool = False) -> Observations:
    """
    Return what is shown as one state: the columns ``then``, if a moment is chosen, and ``today``, on all dates of both.

    Args:
        fan: whether the states of the fan come before them, each called by its vintage.

    """
    behind = view.fan if fan else ()
    parts = [view.shown(each) for each in (*(state for _, state in behind), view.then, view.today) if each is not None]
    dates = parts[0].dates if len(parts) == 1 else np.unique(np.concatenate([part.dates for part in parts]))
    values = np.full((len(dates), len(parts)), np.nan)
    for column, part in enumerate(parts):
        values[np.searchsorted(dates, part.dates), column] = part.values[:, 0]
    names = ("then", "today") if view.then is not None else ("today",)
    return Observations.from_trusted(dates, (*(f"vintage {vintage.number}" for vintage, _ in behind), *names), values)
