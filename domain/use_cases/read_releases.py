"""ReadReleases: the releases of each date of a series, and the history of one date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from domain.errors import InvalidInput, NotOfFormulas
from domain.moments import AsOf
from domain.observations import Dates, Label, Observations
from domain.period_transforms import PeriodTransform, by_period
from domain.ports import Store, UnitOfWork
from domain.releases import ColumnState, Counted, Release, Releases, history_of, in_knowledge_order, releases
from domain.series import TimeSeries
from domain.use_cases.read_series import stored_at


@dataclass(frozen=True, slots=True, kw_only=True)
class TriangleQuery:
    """
    Which releases are wanted.

    Attributes:
        column: its name; the first one if empty.
        start, end: of the dates.
        limit: number of newest dates.

    """

    column: str = ""
    start: Label | None = None
    end: Label | None = None
    transform: PeriodTransform | None = None
    counted: Counted = Counted.RELEASE
    limit: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangle:
    """The releases of the dates of one column, oldest date first."""

    series: TimeSeries
    column: str
    rows: Sequence[Releases]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Each value that one date of a column has had, in the order in which they became known."""

    series: TimeSeries
    column: str
    releases: Sequence[Release]


@dataclass(frozen=True, slots=True)
class ReadReleases:
    """Read what was known of single dates over time."""

    store: Store

    def __call__(self, series_id: UUID, query: TriangleQuery) -> Triangle:
        """
        Return the revision triangle.

        Raises:
            SeriesNotFound, NoObservationsYet, DamagedVintage: there is nothing to read.
            InvalidInput: no vintage has the column, or the transform does not fit the series' frequency.

        """
        with self.store.reading() as uow:
            series, newest = _newest(uow, series_id, query.column)
            dates = newest.window(query.start, query.end).latest(query.limit).dates
            states = _states(uow, series, column=newest.columns[0], dates=dates, transform=query.transform)
        period = series.frequency.longest_period if series.frequency else None
        rows = releases(states, dates, query.counted, period=period, rounded=query.transform is not None)
        return Triangle(series=series, column=newest.columns[0], rows=rows)

    def history(self, series_id: UUID, date: Label, column: str = "") -> History:
        """
        Return the history of one date's value.

        Raises:
            SeriesNotFound, NoObservationsYet, DamagedVintage: there is nothing to read.
            InvalidInput: the series has no such column, or no vintage has the date.

        """
        with self.store.reading() as uow:
            series, newest = _newest(uow, series_id, column)
            states = _states(uow, series, column=newest.columns[0], dates=np.array([_in_utc(date)], newest.dates.dtype))
        found = history_of(states)
        if not found:
            span = f"Its dates go from {newest.first} to {newest.last}." if len(newest) else "It has no dates."
            raise InvalidInput(f"No vintage has a value of {newest.columns[0]} for {date}.", field="date", hint=span)
        return History(series=series, column=newest.columns[0], releases=found)


def _newest(uow: UnitOfWork, series_id: UUID, column: str) -> tuple[TimeSeries, Observations]:
    """Return the series, and the wanted column of its newest state."""
    series = uow.series.get(series_id)
    if series.is_formula:
        raise NotOfFormulas(f"{series.code} is a formula: it is computed when it is read, and has no releases.")
    state = stored_at(uow, series, AsOf()).observations
    if not state.columns or (column and column not in state.columns):
        named = ", ".join(state.columns) or "none"
        raise InvalidInput(f"The series has no column {column!r}.", field="column", hint=f"Its columns: {named}.")
    return series, state.select([state.columns.index(column) if column else 0])


def _states(
    uow: UnitOfWork, series: TimeSeries, *, column: str, dates: Dates, transform: PeriodTransform | None = None
) -> Sequence[ColumnState]:
    def transformed(whole: Observations) -> Observations:
        return by_period(whole, transform, series.frequency) if transform else whole

    # Cut one by one: the whole states of many vintages would not fit into memory.
    return in_knowledge_order(ColumnState.of(stored, column, dates, transformed) for stored in uow.vintages.walk(series.id))


def _in_utc(date: Label) -> Label:
    return date.astimezone(UTC).replace(tzinfo=None) if isinstance(date, datetime) else date
