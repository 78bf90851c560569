"""What a series page shows of the data: the chosen columns, as known then and today, in the chosen units and range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from domain.flags import Flags, placed, shared_codes
from domain.formulas.computing import Computed
from domain.observations import Label, Observations, label
from domain.series import TimeSeries
from domain.use_cases.describe_series import Described
from domain.vintages import Vintage
from entrypoints.web import words
from entrypoints.web.charts.marks import FAN
from entrypoints.web.charts.plot import Curve, Kind, Shading
from entrypoints.web.charts.time_axis import seconds
from entrypoints.web.series.state import State, Units

_MOST_BARS, _MOST_CANDLES = 160, 262
#: Values from which it is told how many decimals are written.
_SAMPLE = 10_000
#: The columns of which candles are drawn, in any case of letters.
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A column of a state that is drawn as a curve."""

    role: str
    label: str
    state: Observations
    column: int = 0
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class View:
    """
    The data of a page.

    Attributes:
        column: the chosen one, the first of those that are shown.
        shown_columns: the names of the columns that are shown.
        today, then: the shown columns as known today and at the chosen moment, whole and in the chosen units.
        base: the date at which the index is 100.
        prices, prices_then: open, high, low and close, and the volume if there is one; None if the series has no such columns.
        shading: spans of time that are shaded.
        fan: the chosen column in the vintages known just before what is shown, the oldest first, whole and in the chosen units.
        computed: how what is shown was computed, if the series is a formula.

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
    shown_columns: Sequence[str] = ()
    prices: Observations | None = None
    prices_then: Observations | None = None
    shading: Shading | None = None
    fan: Sequence[tuple[Vintage, Observations]] = ()
    computed: Computed | None = None

    @property
    def series(self) -> TimeSeries:
        """The series."""
        return self.described.series

    @cached_property
    def kind(self) -> Kind:
        """How values are drawn: prices as candles and changes as bars where they fit, all else as a line."""
        if self.state.chart and (self.state.chart is not Kind.CANDLES or self.can_be_candles):
            return self.state.chart
        count = len(self.shown(self.today))
        if self.can_be_candles and not self.state.column and not self.fan and count <= _MOST_CANDLES:
            return Kind.CANDLES
        changes = self.state.units not in (Units.LEVEL, Units.INDEX)
        return Kind.BARS if changes and not self.fan and count <= _MOST_BARS else Kind.LINE

    @property
    def kinds(self) -> Sequence[Kind]:
        """The kinds in which the values can be drawn."""
        return [kind for kind in Kind if kind is not Kind.CANDLES or self.can_be_candles]

    @property
    def can_be_candles(self) -> bool:
        """Whether there are prices, shown as they are."""
        return self.prices is not None and self.state.units is Units.LEVEL

    @property
    def log(self) -> bool:
        """Whether the axis is logarithmic, which needs positive values."""
        return self.state.log and self.can_be_log

    @cached_property
    def can_be_log(self) -> bool:
        """Whether all values are positive."""
        return self.kind is not Kind.BARS and self.is_positive

    @cached_property
    def is_positive(self) -> bool:
        """Whether all values in range are positive."""
        behind = [state for _, state in self.fan]
        states = (self.prices, self.prices_then) if self.kind is Kind.CANDLES else (*behind, self.today, self.then)
        shown = [self.shown(each).values[:, : len(PRICES)].ravel() for each in states if each is not None]
        lowest = [float(np.fmin.reduce(values)) for values in shown if values.size]
        known = [value for value in lowest if not np.isnan(value)]
        return bool(known) and min(known) > 0

    @cached_property
    def drawn(self) -> Sequence[Drawn]:
        """What is drawn as curves, in order: today's state and, over it, the one that was known then."""
        then_label = f"as known on {words.known(self.chosen.known_at)}" if self.chosen else ""
        if len(self.shown_columns) > 1:
            found = [Drawn(f"c{place + 1}", name, self.today, place) for place, name in enumerate(self.shown_columns)]
            if self.then is not None:
                found += [replace(each, label=f"{each.label} {then_label}", state=self.then, dashed=True) for each in found]
            return found
        now = [Drawn("now", "as known today", self.today)]
        return now if self.then is None else [*now, Drawn("then", then_label, self.then)]

    @property
    def legend(self) -> Sequence[Curve]:
        """The curves in the order in which they are named: the columns in theirs, of two states the chosen one first."""
        return self.curves if len(self.shown_columns) > 1 else self.curves[::-1]

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """The curves in range."""
        return tuple(map(self._curve, self.drawn))

    @cached_property
    def fan_curves(self) -> tuple[Curve, ...]:
        """The fan in range."""
        return tuple(self._curve(Drawn(FAN, f"vintage {vintage.number}", state)) for vintage, state in self.fan)

    @property
    def fan_label(self) -> str:
        """What the fan is, in words; empty if none is drawn."""
        if not self.fan or self.kind is Kind.CANDLES:
            return ""
        first, last = self.fan[0][0], self.fan[-1][0]
        return f"{words.counted(len(self.fan), 'earlier vintage')}, {words.known(first.known_at)} to {words.known(last.known_at)}"

    def _curve(self, drawn: Drawn) -> Curve:
        part, percent = self.shown(drawn.state), self.state.units.is_percent
        return Curve(
            role=drawn.role,
            label=drawn.label,
            dates=part.dates,
            values=part.values[:, drawn.column] * 100.0 if percent else part.values[:, drawn.column],
            dashed=drawn.dashed,
            decimals=self.decimals,
            suffix=" %" if percent else "",
            flags=_flags_by_second(part, drawn.column),
        )

    def shown(self, state: Observations) -> Observations:
        """Return the part of a state in the chosen range."""
        return state.window(self.state.start, self.state.end)

    def between(self, start: Label, end: Label) -> View:
        """Return the same view of another range, drawn in the same way."""
        return replace(self, state=replace(self.state, start=start, end=end, chart=self.kind))

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
        values = np.abs(self.today.values[:: max(1, len(self.today) // _SAMPLE), 0])
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


def _flags_by_second(state: Observations, column: int) -> dict[int, str]:
    """Return the flags of a column by their dates in seconds since 1970."""
    if state.flags is None:
        return {}
    codes = state.flags.column(column)
    moments: list[int] = seconds(state.dates).astype(np.int64).tolist()
    return {moment: code for moment, code in zip(moments, codes, strict=True) if code}


def unit_of(series: TimeSeries, column: int) -> str:
    """Return the unit of a column."""
    of_columns = series.metadata.column_units
    return of_columns[column] if column < len(of_columns) and of_columns[column] else series.metadata.unit


def ranges(view: View) -> list[tuple[str, str | None, str | None]]:
    """Return the ranges on offer, each with its start and end as parameters: the last years, and those around the chosen moment."""
    last, first = view.today.last, view.today.first
    if last is None or first is None:
        return []
    found: list[tuple[str, str | None, str | None]] = [*last_years(first, last)]
    known = view.then.last if view.then is not None else None
    if known is not None and known < last:
        found.append(("Around then", words.iso(_years_before(known, 5)), words.iso(_years_before(known, -2))))
    return [*found, ("All", None, None)]


def last_years(first: Label, last: Label) -> Iterator[tuple[str, str, None]]:
    """Yield the ranges of the last years that begin after the first date, each with its name and its start."""
    for years in (1, 5, 10, 20):
        if (begin := _years_before(last, years)) > first:
            yield f"{years} y", words.iso(begin), None


def _years_before(moment: Label, years: int) -> Label:
    year = max(1, min(9999, moment.year - years))
    try:
        return moment.replace(year=year)
    except ValueError:  # 29 February
        return moment.replace(year=year, day=28)


def aligned(view: View, *, fan: bool = False) -> Observations:
    """
    Return what is shown as one state: a column for each curve, the one on top first, on all dates of all of them.

    Args:
        fan: whether the vintages behind them come last.

    """
    drawn = view.drawn[::-1] if len(view.shown_columns) == 1 else view.drawn
    names = [("then" if each.role == "then" else "today") if len(view.shown_columns) == 1 else each.label for each in drawn]
    behind = [Drawn(FAN, f"vintage {vintage.number}", state) for vintage, state in view.fan] if fan else []
    names += [each.label for each in behind]
    drawn = [*drawn, *behind]
    parts = [view.shown(each.state) for each in drawn]
    same = all(np.array_equal(part.dates, parts[0].dates) for part in parts[1:])
    dates = parts[0].dates if same else np.unique(np.concatenate([part.dates for part in parts]))
    values = np.full((len(dates), len(parts)), np.nan, order="F")
    codes = shared_codes(part.flags for part in parts)
    cells = np.zeros(values.shape, np.uint16)
    for column, (each, part) in enumerate(zip(drawn, parts, strict=True)):
        rows = slice(None) if same else np.searchsorted(dates, part.dates)
        values[rows, column] = part.values[:, each.column]
        if part.flags:
            cells[rows, column] = placed(part.flags, codes, part.values.shape)[:, each.column]
    return Observations.from_trusted(dates, tuple(names), values, Flags.of(codes, cells) if codes else None)
