"""ReadRealtime: the values that a series has had, each with the days on which it was the published one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from uuid import UUID

import numpy as np

from domain.aggregates import Aggregate
from domain.coarser_frequency import CoarserFrequency, aggregated
from domain.errors import DamagedVintage, InvalidInput, NotOfFormulas
from domain.frequency import Frequency
from domain.growth_rates import GrowthUnits, in_units
from domain.inferred_frequency import inferred_frequency
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store, UnitOfWork
from domain.realtime_periods import PeriodFold, RealtimePeriods, by_day, late_looks
from domain.series import TimeSeries
from domain.use_cases.read_formula import compute
from domain.use_cases.read_series import stored_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeQuery:
    """
    Which values are wanted, and as of which days.

    Attributes:
        first, last: the days from which to which they were published, both included.
        on: only what was published on one of these days.
        column: its name; the first one if empty.
        start, end: of the dates.
        frequency: to which each state is aggregated.
        units: of each state, after that.

    """

    first: date
    last: date
    on: tuple[date, ...] = ()
    column: str = ""
    start: date | None = None
    end: date | None = None
    units: GrowthUnits = GrowthUnits.LEVELS
    frequency: CoarserFrequency | None = None
    aggregate: Aggregate = Aggregate.MEAN


@dataclass(frozen=True, slots=True)
class Realtime:
    """The values of one column that a query asks for."""

    series: TimeSeries
    column: str
    periods: RealtimePeriods


@dataclass(frozen=True, slots=True)
class ReadRealtime:
    """Read the values of a series with their real-time periods, folding its vintages once."""

    store: Store

    def __call__(self, series_id: UUID, query: RealtimeQuery) -> Realtime:
        """
        Return the values that were published in the period of the query, each with the whole period in which it was.

        Raises:
            SeriesNotFound, NoObservationsYet, DamagedVintage: there is nothing to read.
            InvalidInput: the newest state lacks the column, or the frequency or units do not fit the series.
            NotOfFormulas: it is a formula, and more than one day is asked for.
            ComponentMissing, FormulaFailed, NotKnownYet: it is a formula that cannot be computed.

        """
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            if series.is_formula:
                column, periods = _of_formula(uow, series, query)
            else:
                column, periods = _folded(uow, series, query)
        periods = periods.of_dates(query.start, query.end).during(query.first, query.last)
        return Realtime(series, column, periods.on(query.on) if query.on else periods)

    def state(self, series_id: UUID, query: RealtimeQuery) -> tuple[str, Observations]:
        """Return the column, and its state as known on the last day of the query, of a formula too; raises what ``__call__`` raises."""
        with self.store.reading() as uow:
            series, moment = uow.series.get(series_id), _end_of(query.last, uow)
            kept = stored_at(uow, series, moment).observations.without_flags()
            column = _column_of(kept.columns, query.column)
            state = kept.one(column)
        frequency = series.frequency or inferred_frequency(state.dates)
        return column, _as_wanted(state, query, frequency).window(query.start, query.end)

    def days(self, series_id: UUID) -> Sequence[date]:
        """
        Return the days on which the series was released or changed, oldest first.

        Raises:
            SeriesNotFound: none has this id.
            NotOfFormulas: it is a formula.

        """
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            if series.is_formula:
                raise NotOfFormulas(f"{series.code} is a formula: it is computed when it is read, and has no vintages.")
            return [state.day for state in by_day(uow.vintages.until(series_id, uow.vintages.position()))]


def _folded(uow: UnitOfWork, series: TimeSeries, query: RealtimeQuery) -> tuple[str, RealtimePeriods]:
    newest = stored_at(uow, series, AsOf()).observations
    column = _column_of(newest.columns, query.column)
    frequency = series.frequency or inferred_frequency(newest.dates)
    states = by_day(uow.vintages.until(series.id, uow.vintages.position()))
    fold = PeriodFold()
    before: Observations | None = None
    try:
        for state in _columns(uow, series, column, [each.number for each in states]):
            if before is not None and _is_same(before, state):
                fold.repeat()
            else:
                fold.add(_as_wanted(state, query, frequency))
            before = state
    except DamagedVintage as error:
        raise DamagedVintage(f"{series.provider}:{series.code}: {error.message}") from error
    period = frequency.longest_period if frequency else None
    return column, fold.result([each.day for each in states], late_looks(states, period))


def _columns(uow: UnitOfWork, series: TimeSeries, column: str, numbers: Sequence[int]) -> Iterator[Observations]:
    """Yield the column in the states of these vintages, which are read in their order of arrival as far as they are known in it."""
    for run in _ascending(numbers):
        yield from (state for _, state in uow.vintages.columns(series.id, column, run))


def _ascending(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    ends = [place for place, (before, after) in enumerate(pairwise(numbers), start=1) if after <= before]
    return (numbers[begin:end] for begin, end in pairwise([0, *ends, len(numbers)]))


def _is_same(one: Observations, other: Observations) -> bool:
    return np.array_equal(one.dates, other.dates) and np.array_equal(one.bits, other.bits)


def _as_wanted(state: Observations, query: RealtimeQuery, frequency: Frequency | None) -> Observations:
    if query.frequency:
        state, frequency = aggregated(state, query.frequency, query.aggregate, frequency), query.frequency.frequency
    return in_units(state, query.units, frequency)


def _column_of(names: Sequence[str], wanted: str) -> str:
    if not names or (wanted and wanted not in names):
        raise InvalidInput(f"The series has no column {wanted!r}.", field="column", hint=f"Its columns: {', '.join(names) or 'none'}.")
    return wanted or names[0]


def _of_formula(uow: UnitOfWork, series: TimeSeries, query: RealtimeQuery) -> tuple[str, RealtimePeriods]:
    """Return the result of a formula on one day, from then on valid."""
    if query.first != query.last or len(query.on) > 1:
        raise NotOfFormulas(f"{series.code} is a formula: it is computed as of one day, and its result has no real-time period.")
    computed = compute(uow, series, _end_of(query.last, uow))
    state = computed.state.observations.without_flags()
    column = _column_of(state.columns, query.column)
    fold = PeriodFold()
    fold.add(_as_wanted(state.one(column), query, computed.metadata.frequency or inferred_frequency(state.dates)))
    return column, fold.result([query.first], np.ones(1, bool))


def _end_of(day: date, uow: UnitOfWork) -> AsOf:
    return AsOf(as_of=datetime.combine(day, time.max, UTC)).at(uow.now())
