"""ReadReleases: the releases of each date of a series, what each vintage says of it, and the history of one date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from domain.errors import InvalidInput, NotOfFormulas, TooManyCells
from domain.moments import AsOf, written
from domain.observations import Dates, Label, Observations, label
from domain.period_transforms import PeriodTransform, by_period
from domain.ports import Store, UnitOfWork
from domain.release_table import NO_ROW, ReleaseTable
from domain.releases import ColumnState, Counted, Release, Releases, history_of, in_knowledge_order, with_flags_alone
from domain.series import TimeSeries
from domain.use_cases.read_series import stored_at
from domain.vintages import StoredVintage, Vintage

#: Values of all vintages together, of which several matrices of 80 MB each are in memory at once.
MOST_CELLS = 10_000_000
_HINT = "Ask for a shorter range of dates."


@dataclass(frozen=True, slots=True, kw_only=True)
class TriangleQuery:
    """
    Which releases are wanted.

    Attributes:
        column: its name; the first one if empty.
        start, end: of the dates.
        limit: number of newest dates; None for all.

    """

    column: str = ""
    start: Label | None = None
    end: Label | None = None
    transform: PeriodTransform | None = None
    counted: Counted = Counted.RELEASE
    limit: int | None = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangle:
    """The releases of the dates of one column, oldest date first."""

    series: TimeSeries
    column: str
    rows: Sequence[Releases]


@dataclass(frozen=True, slots=True, kw_only=True)
class NthReleases:
    """One release of each date that has so many, counted from 0, oldest date first."""

    series: TimeSeries
    column: str
    rows: Sequence[NthRelease]


@dataclass(frozen=True, slots=True)
class NthRelease:
    """A date's release, and whether its true first release may be unknown; see ``Releases``."""

    date: Label
    release: Release
    censored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VintageTable:
    """
    What each vintage says of each date.

    Attributes:
        vintages: in knowledge order.
        observations: a column for each of them, named by its number.

    """

    series: TimeSeries
    column: str
    vintages: Sequence[Vintage]
    observations: Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Each value that one date of a column has had, in the order in which they became known."""

    series: TimeSeries
    column: str
    releases: Sequence[Release]


@dataclass(frozen=True, slots=True)
class ReadReleases:
    """Read what was known of single dates over time, of at most so many values at once."""

    store: Store
    most_cells: int = MOST_CELLS

    def __call__(self, series_id: UUID, query: TriangleQuery) -> Triangle:
        """
        Return the revision triangle.

        Raises:
            SeriesNotFound, NoObservationsYet, DamagedVintage: there is nothing to read.
            InvalidInput: the newest state lacks the column, or the transform does not fit the series' frequency.
            TooManyCells: there are too many vintages of too many dates.

        """
        series, column, table = self._table(series_id, query)
        return Triangle(series=series, column=column, rows=table.releases())

    def nth(self, series_id: UUID, query: TriangleQuery, release: int, *, censored: bool = False) -> NthReleases:
        """
        Return this release of each date, counted from 0; raises what ``__call__`` raises.

        Args:
            censored: whether dates are included whose true first release may be unknown.

        """
        series, column, table = self._table(series_id, query)
        rows = table.nth(release)
        found = [
            NthRelease(label(table.dates[place]), Release(value, table.states[rows[place]].vintage), bool(table.censored[place]))
            for place, value in enumerate(table.at(rows).tolist())
            if rows[place] != NO_ROW and (censored or not table.censored[place])
        ]
        return NthReleases(series=series, column=column, rows=found)

    def by_vintage(self, series_id: UUID, query: TriangleQuery, since: AsOf | None = None, until: AsOf | None = None) -> VintageTable:
        """
        Return each date's value in each vintage from one state to another, both included; raises what ``__call__`` raises.

        Raises:
            VintageNotFound: a bound is the number of none.
            InvalidInput: no state lies between the bounds.

        """
        with self.store.reading() as uow:
            series, newest = newest_column(uow, series_id, query.column)
            dates = all_dates(uow.vintages.walk(series.id), newest, query, most_cells=self.most_cells, hint=_HINT)
            [states] = column_states(uow, series, column=newest.columns[0], dates=dates, transforms=(query.transform,))
            first = max(_place(uow, series, states, since) - 1, 0) if since else 0
            last = _place(uow, series, states, until) if until else len(states)
        chosen = states[first:last]
        if not chosen:
            begin = written(states[first].vintage.answers_from)
            raise InvalidInput("No state lies between from and to.", field="to", hint=f"The first one from then on is of {begin}.")
        values = np.array([state.values for state in chosen]).T
        is_known = ~np.isnan(values).all(axis=1)
        vintages = [state.vintage for state in chosen]
        names = tuple(str(each.number) for each in vintages)
        observations = Observations.from_trusted(dates[is_known], names, values[is_known])
        return VintageTable(series=series, column=newest.columns[0], vintages=vintages, observations=observations)

    def history(self, series_id: UUID, date: Label, column: str = "") -> History:
        """
        Return the history of one date's value.

        Raises:
            SeriesNotFound, NoObservationsYet, DamagedVintage: there is nothing to read.
            InvalidInput: the series has no such column, or no vintage has the date.

        """
        with self.store.reading() as uow:
            series, newest = newest_column(uow, series_id, column)
            dates = np.array([_in_utc(date)], newest.dates.dtype)
            [states] = column_states(uow, series, column=newest.columns[0], dates=dates)
        found = history_of(states)
        if not found:
            span = f"Its dates go from {newest.first} to {newest.last}." if len(newest) else "It has no dates."
            raise InvalidInput(f"No vintage has a value of {newest.columns[0]} for {date}.", field="date", hint=span)
        return History(series=series, column=newest.columns[0], releases=found)

    def _table(self, series_id: UUID, query: TriangleQuery) -> tuple[TimeSeries, str, ReleaseTable]:
        with self.store.reading() as uow:
            series, newest = newest_column(uow, series_id, query.column)
            dates = all_dates(uow.vintages.walk(series.id), newest, query, most_cells=self.most_cells, hint=_HINT)
            [states] = column_states(uow, series, column=newest.columns[0], dates=dates, transforms=(query.transform,))
        period = series.frequency.longest_period if series.frequency else None
        table = ReleaseTable.of(states, dates, query.counted, period=period, rounded=query.transform is not None)
        return series, newest.columns[0], table


def newest_column(uow: UnitOfWork, series_id: UUID, column: str) -> tuple[TimeSeries, Observations]:
    """Return the series, and the wanted column of its newest state; the first one if none is named."""
    series = uow.series.get(series_id)
    if series.is_formula:
        raise NotOfFormulas(f"{series.code} is a formula: it is computed when it is read, and has no releases.")
    state = stored_at(uow, series, AsOf()).observations
    if not state.columns or (column and column not in state.columns):
        named = ", ".join(state.columns) or "none"
        raise InvalidInput(f"The series has no column {column!r}.", field="column", hint=f"Its columns: {named}.")
    return series, state.select([state.columns.index(column) if column else 0])


def all_dates(vintages: Iterable[StoredVintage], newest: Observations, query: TriangleQuery, *, most_cells: int, hint: str) -> Dates:
    """Return the dates that any vintage has; raises TooManyCells, with this hint, if all vintages have more than so many values of them."""

    def part(state: Observations) -> Dates:
        window = state.window(query.start, query.end)
        return window.dates if query.limit is None else window.latest(query.limit).dates

    found, count = part(newest), 0
    for stored in vintages:
        dates, count = part(stored.observations), count + 1
        if not np.isin(dates, found, assume_unique=True).all():
            found = np.union1d(found, dates.astype(found.dtype))
        if count * len(found) > most_cells:
            raise TooManyCells(f"{count} vintages or more of {len(found)} dates have over {most_cells} values.", hint=hint)
    return found if query.limit is None else found[-query.limit :]


def column_states(
    uow: UnitOfWork, series: TimeSeries, *, column: str, dates: Dates, transforms: Sequence[PeriodTransform | None] = (None,)
) -> Sequence[Sequence[ColumnState]]:
    """Return for each transform the states of a column in knowledge order, cut to these dates."""

    def transformed(transform: PeriodTransform | None) -> Callable[[Observations], Observations]:
        return lambda whole: by_period(whole, transform, series.frequency) if transform else whole

    steps = [transformed(each) for each in transforms]
    # Cut one by one: the whole states of many vintages would not fit into memory.
    states = [[ColumnState.of(stored, column, dates, step) for step in steps] for stored in uow.vintages.walk(series.id)]
    alone = with_flags_alone(of_all[0].vintage for of_all in states)
    return [in_knowledge_order(of_one, flags_alone=alone) for of_one in zip(*states, strict=True)]


def _place(uow: UnitOfWork, series: TimeSeries, states: Sequence[ColumnState], bound: AsOf) -> int:
    """Return how many states were known at a moment, or up to a vintage."""
    bound = bound.at(uow.now())
    if bound.as_of:
        return sum(state.vintage.answers_from <= bound.as_of for state in states)
    vintage = stored_at(uow, series, bound).vintage
    wanted = vintage.answers_from, vintage.number
    return sum((state.vintage.answers_from, state.vintage.number) <= wanted for state in states)


def _in_utc(date: Label) -> Label:
    return date.astimezone(UTC).replace(tzinfo=None) if isinstance(date, datetime) else date
