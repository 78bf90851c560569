"""MeasureRevisions: the statistics of a series' revisions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Dates, Label, Matrix, Observations
from domain.period_transforms import PeriodTransform, periods_of
from domain.ports import Store, UnitOfWork
from domain.release_table import ReleaseTable
from domain.releases import ColumnState, Counted
from domain.revision_statistics.final import Final
from domain.revision_statistics.level_shifts import LevelShift, level_shifts
from domain.revision_statistics.pairs import Pairing, Pairs
from domain.revision_statistics.statistics import FEWEST, RevisionStatistics
from domain.series import TimeSeries, metadata_changes
from domain.use_cases.read_releases import MOST_CELLS, TriangleQuery, all_dates, column_states, newest_column

#: Fields of the metadata that say in what a series is measured.
_UNITS = frozenset({"unit", "column_units", "extra.unit_multiplier"})
_MOST_VINTAGES = 10**9
_LATEST = Final()
_HINT = "The statistics need all dates of a column at once; /releases gives single releases of some dates."


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsQuery:
    """
    Which revisions are measured.

    Attributes:
        column: its name; the first one if empty.
        start, end: of the dates.
        transform: of each vintage's own values; None for the values as they are.
        first: the release that is the initial value, counted from 0.
        hac_lags: how many autocovariances the standard errors use; None for the usual number.
        exclude_shifts: whether periods are left out between whose two values the level shifted.
        horizons: the maximum number of releases, from ``first`` on, that are compared with the final values.

    """

    column: str = ""
    start: Label | None = None
    end: Label | None = None
    transform: PeriodTransform | None = PeriodTransform.RDIFF
    first: int = 0
    final: Final = _LATEST
    hac_lags: int | None = None
    exclude_shifts: bool = False
    horizons: int = 12

    @property
    def releases(self) -> range:
        """The releases that are compared with the final values."""
        end = self.first + self.horizons
        return range(self.first, end if self.final.release is None else min(end, self.final.release))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The statistics of one column of a series, and the vintages with which its level shifted."""

    series: TimeSeries
    column: str
    level_shifts: Sequence[LevelShift]
    statistics: RevisionStatistics


@dataclass(frozen=True, slots=True)
class MeasureRevisions:
    """Compare the first values of a series' periods with their final ones."""

    store: Store
    most_cells: int = MOST_CELLS

    def __call__(self, series_id: UUID, query: StatisticsQuery) -> Measured:
        """
        Return the statistics.

        Raises:
            SeriesNotFound, NoObservationsYet, DamagedVintage: there is nothing to read.
            InvalidInput: a field of the query does not fit the series, or fewer than five periods can be compared.
            TooManyCells: there are too many vintages of too many dates.

        """
        if not query.releases:
            hint = f"The first release after it is {query.first + 1}; both are counted from 0."
            raise InvalidInput(f"final={query.final} is not after first={query.first}.", field="final", hint=hint)
        with self.store.reading() as uow:
            series, newest = newest_column(uow, series_id, query.column)
            dates = all_dates(uow.vintages.walk(series.id), newest, TriangleQuery(limit=None), most_cells=self.most_cells, hint=_HINT)
            raw, states, signs = _states(uow, series, column=newest.columns[0], dates=dates, transform=query.transform)
            shifts = level_shifts(raw, _unit_changes(uow, series))
        period = series.frequency.longest_period if series.frequency else None
        table = ReleaseTable.of(states, dates, Counted.RELEASE, period=period, rounded=True)
        pairing = Pairing(
            table=table,
            wanted=_within(dates, query.start, query.end),
            periods=_periods(dates, series.frequency),
            final=query.final.rows(table, series.checked_at),
            signs=signs,
            excluding=list(shifts) if query.exclude_shifts else (),
        )
        pairs = pairing(query.first)
        _check(pairs, query)
        found = RevisionStatistics.of(pairing, pairs, query.releases, query.hac_lags)
        return Measured(series=series, column=newest.columns[0], level_shifts=list(shifts.values()), statistics=found)


def _states(
    uow: UnitOfWork, series: TimeSeries, *, column: str, dates: Dates, transform: PeriodTransform | None
) -> tuple[Sequence[ColumnState], Sequence[ColumnState], Matrix]:
    """Return the states as they are and transformed, and what their signs are taken from: of levels, the changes inside each vintage."""
    read = partial(column_states, uow, series, column=column, dates=dates)
    if transform is None and series.frequency is None:
        [raw] = read()
        return raw, raw, np.full((len(raw), len(dates)), np.nan)
    try:
        raw, changed = read(transforms=(None, transform or PeriodTransform.DIFF))
    except InvalidInput as error:
        hint = "Give transform=none: the values as they are." if error.field == "transform" else error.hint
        raise InvalidInput(error.message, field=error.field, hint=hint) from error
    return raw, changed if transform else raw, _matrix(changed)


def _matrix(states: Sequence[ColumnState]) -> Matrix:
    return np.array([state.values for state in states])


def _unit_changes(uow: UnitOfWork, series: TimeSeries) -> Collection[int]:
    """Return the numbers of the vintages that were the last ones stored when a change of the unit was recorded."""
    changed = [each.known_at for each in metadata_changes(uow.series.metadata_history(series.id)) if each.field in _UNITS]
    if not changed:
        return ()
    vintages = uow.vintages.list(series.id, after=0, limit=_MOST_VINTAGES)
    stored = [[vintage.number for vintage in vintages if vintage.fetched_at <= moment] for moment in changed]
    return {numbers[-1] for numbers in stored if numbers}


def _within(dates: Dates, start: Label | None, end: Label | None) -> NDArray[np.bool_]:
    """Return which dates lie in the window."""
    window = Observations.from_trusted(dates, (), np.empty((len(dates), 0))).window(start, end)
    return np.isin(dates, window.dates, assume_unique=True)


def _periods(dates: Dates, frequency: Frequency | None) -> NDArray[np.int64]:
    """Return the numbers of the dates' periods; days are counted as they occur, since nobody knows which are holidays."""
    if frequency is None or frequency is Frequency.DAILY:
        return np.arange(len(dates))
    return periods_of(dates, frequency)


def _check(pairs: Pairs, query: StatisticsQuery) -> None:
    n = len(pairs.dates)
    if n < FEWEST:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in pairs.left_out.items() if count) or "none"
        message = f"{n} periods have release {query.first} and a final value ({query.final}) of a later vintage; {FEWEST} are needed."
        raise InvalidInput(message, field="first", hint=f"Periods left out, by reason: {reasons}.")
    if query.hac_lags is not None and query.hac_lags >= n:
        raise InvalidInput(f"hac_lags must be below the number of periods, {n}.", field="hac_lags", hint="Omit it for the usual number.")
