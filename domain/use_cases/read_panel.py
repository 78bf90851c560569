"""ReadPanel: what was known of many series at many moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from domain.errors import DamagedVintage, InvalidInput, PanelNotFound
from domain.moments import AsOf
from domain.observations import Dates, Observations
from domain.panels.assumed import assume, delay_of, refuse_adjusted
from domain.panels.availability import Timeline
from domain.panels.cells import Cells, Grid, Status
from domain.panels.counted import Column, counted_rows
from domain.panels.decisions import Decisions
from domain.panels.latest import eligible, newest_rows
from domain.panels.panel import Panel, PanelColumn, pinned
from domain.panels.query import PanelQuery, PanelSeries
from domain.panels.rows import Meaning
from domain.periods import stated
from domain.ports import Providers, Store, UnitOfWork
from domain.providers import Routing
from domain.schedules.selector import Selector
from domain.series import MetadataEntry, TimeSeries
from domain.use_cases.describe_series import series_of_code
from domain.vintages import Cause, Vintage

#: Places of moments, with what the metadata known at them say.
Meanings = Sequence[tuple[NDArray[np.intp], Meaning]]


@dataclass(frozen=True, slots=True)
class ReadPanel:
    """Read panels; never fetches."""

    store: Store
    providers: Providers
    routing: Routing

    def __call__(self, query: PanelQuery) -> Panel:
        """
        Return a panel.

        Raises:
            SeriesNotFound, DamagedVintage: a series cannot be read.
            InvalidInput: a mask means none, the panel is too large, or a rule does not fit a series.

        """
        with self.store.reading() as uow:
            position = _position(uow, query)
            chosen = [each for said in query.series for each in self._chosen(uow, said)]
            query.check_size(len(chosen))
            columns = [_column(uow, said, series, query, position) for said, series in chosen]
        return Panel(query=pinned(query, [each.said for each in columns], position), columns=columns)

    def keep(self, panel: Panel) -> str:
        """Keep a panel's pinned query, and return the digest by which ``kept`` finds it."""
        body = orjson.dumps(panel.document, option=orjson.OPT_SORT_KEYS)
        digest = sha256(body).hexdigest()
        with self.store.writing() as uow:
            uow.panels.keep(digest, body)
            uow.commit()
        return digest

    def kept(self, digest: str) -> PanelQuery:
        """
        Return a pinned query that was kept.

        Raises:
            PanelNotFound: there is none of this digest.

        """
        with self.store.reading() as uow:
            body = uow.panels.find(digest)
        if body is None:
            raise PanelNotFound("No panel of this digest is kept here.", hint="Ask for it again: POST /panel.")
        return PanelQuery.read(orjson.loads(body))

    def _chosen(self, uow: UnitOfWork, said: PanelSeries) -> Sequence[tuple[PanelSeries, TimeSeries]]:
        """Return the series that are meant now, in order of creation, each named in full."""
        if said.selector.code:
            provider, code = said.selector.provider, said.selector.code
            found = [series_of_code(uow, code, provider, default=self.routing.provider_for(code, self.providers.all()))]
        else:
            found = list(uow.series.matching(said.selector, _MOST))
        if not found:
            raise InvalidInput(f"{said.selector} means no stored series.", field="series", hint="GET /timeseries lists those that are.")
        return [(replace(said, selector=_exact(series)), series) for series in found]


_MOST = 1_001


def _exact(series: TimeSeries) -> Selector:
    return Selector(provider=series.provider, database=series.code.database, pattern=series.code.dataset)


def _position(uow: UnitOfWork, query: PanelQuery) -> int:
    last = uow.vintages.position()
    if query.position is None:
        return last
    if query.position > last:
        raise InvalidInput(f"The feed has not come to position {query.position}.", field="position", hint=f"Its last one is {last}.")
    return query.position


def _column(uow: UnitOfWork, said: PanelSeries, series: TimeSeries, query: PanelQuery, position: int) -> PanelColumn:
    vintages = uow.vintages.until(series.id, position)
    checked = said.checked_at or (series.checked_at if query.position is None else last_check(vintages))
    entries = [entry for entry in uow.series.metadata_history(series.id) if entry.position <= position]
    reading = _Reading(uow, series, said, Timeline.of(vintages, said.rule), query.decisions)
    try:
        cells = reading.cells(_meanings(entries, query.decisions), checked)
    except DamagedVintage as error:
        raise DamagedVintage(f"{series.provider}:{series.code}: {error.message}") from error
    except InvalidInput as error:
        raise InvalidInput(f"{series.provider}:{series.code}: {error.message}", field=error.field, hint=error.hint) from error
    by_number = {vintage.number: vintage for vintage in vintages}
    return PanelColumn.of(replace(said, checked_at=checked), cells, by_number, reading.names)


def last_check(vintages: Sequence[Vintage]) -> datetime | None:
    """Return the last moment of which these vintages prove that the provider was asked."""
    return max((vintage.fetched_at for vintage in vintages), default=None)


def _meanings(entries: Sequence[MetadataEntry], decisions: Decisions) -> Meanings:
    """Return what the metadata known at each moment say; before the first entry that one holds."""
    if not entries:
        return [(np.arange(len(decisions.moments)), Meaning(None, None))]
    found: dict[Meaning, list[int]] = {}
    for place, moment in enumerate(decisions.moments):
        known = [entry for entry in entries if entry.known_at <= moment] or entries[:1]
        metadata = known[-1].metadata
        found.setdefault(Meaning(metadata.frequency, stated(metadata.extra.get("dates"))), []).append(place)
    return [(np.array(places), meaning) for meaning, places in found.items()]


class _Reading:
    """The reading of one series."""

    def __init__(self, uow: UnitOfWork, series: TimeSeries, said: PanelSeries, timeline: Timeline, decisions: Decisions) -> None:
        self._uow, self._series, self._said, self._rule = uow, series, said, said.rule
        self._timeline, self._instants, self._days = timeline, decisions.instants, decisions.days
        self.names: dict[int, str] = {}

    def cells(self, meanings: Meanings, checked: datetime | None) -> Cells:
        """Return the cells of all moments."""
        grid = Grid(self._days, self._rule.window)
        before = self._timeline.at(self._instants) < 0
        if self._rule.nth is None:
            self._put_latest(grid, meanings)
        else:
            self._put_counted(grid, meanings)
        grid.status[before] = Status.BEFORE_STORE
        if self._rule.assume is not None and before.any() and len(self._timeline.vintages):
            self._put_assumed(grid, meanings, before)
        self._require_column()
        unchecked = np.full(len(before), fill_value=True) if checked is None else self._instants > np.datetime64(checked.replace(tzinfo=None))
        return grid.finished(self._rule, unchecked)

    def _put_latest(self, grid: Grid, meanings: Meanings) -> None:
        for at, vintage, column in self._states_at(self._instants):
            for places, meaning in meanings:
                own = at if len(meanings) == 1 else np.intersect1d(at, places)
                if len(own):
                    days, instants = self._days[own], self._instants[own]
                    rows, picked = newest_rows(column, self._rule, meaning, days=days, instants=instants)
                    grid.put(own, rows, picked, vintage.number)

    def _put_counted(self, grid: Grid, meanings: Meanings) -> None:
        columns = list(self._columns(self._timeline.available <= self._instants[-1]))
        for places, meaning in meanings:
            for own, counting in self._epochs(places, columns):
                rows = counted_rows(counting, self._rule, meaning)
                begun = eligible(rows, self._days[own], self._instants[own])
                for place, count in zip(own.tolist(), begun.tolist(), strict=True):
                    seen = rows.seen(self._instants[place], count, self._rule)
                    picked = np.append(np.full(self._rule.window - len(seen), -1), seen)[None, :]
                    if len(seen):
                        grid.put(np.array([place]), rows, picked, rows.vintages[picked])
                        grid.status[place][(picked >= 0)[0] & rows.censored[picked[0]]] = Status.CENSORED

    def _epochs(self, places: NDArray[np.intp], columns: Sequence[Column]) -> Iterator[tuple[NDArray[np.intp], Sequence[Column]]]:
        """
        Yield moments with the vintages that count at the last of them, and until then only ever add releases.

        A state that is read again changes a release from its own moment on, and so begins another epoch.
        """
        available = dict(zip((v.number for v in self._timeline.vintages), self._timeline.available, strict=True))
        read_again = np.sort([available[vintage.number] for vintage, _ in columns if vintage.cause is Cause.PARSER])
        epochs = np.searchsorted(read_again.astype("datetime64[us]"), self._instants[places], "right")
        for epoch in np.unique(epochs):
            own = places[epochs == epoch]
            counting = [each for each in columns if available[each[0].number] <= self._instants[own[-1]]]
            if counting:
                yield own, counting

    def _put_assumed(self, grid: Grid, meanings: Meanings, before: NDArray[np.bool_]) -> None:
        columns: Sequence[Column] = []
        if not isinstance(self._rule.assume, int):
            columns = list(self._columns(np.full(len(self._timeline.vintages), fill_value=True)))
        ((_, vintage, column),) = self._states_at(self._timeline.available.min()[None])
        refuse_adjusted(column.columns[0])
        for places, meaning in meanings:
            delay = delay_of(self._rule, columns, meaning)
            own = places[before[places]]
            if delay is not None and len(own):
                assume(grid, own, (vintage, column), delay, rule=self._rule, meaning=meaning, instants=self._instants)

    def _states_at(self, instants: Dates) -> Iterator[tuple[NDArray[np.intp], Vintage, Observations]]:
        """
        Yield the column in each state that some of these instants see, with the places of those.

        All states of a panel that are selected by a moment come from here.
        """
        seen = self._timeline.at(instants)
        vintages = {self._timeline.vintages[place].number: place for place in np.unique(seen[seen >= 0]).tolist()}
        for number, column in self._uow.vintages.columns(self._series.id, self._said.column, vintages.keys()):
            self.names[number] = column.columns[0]
            yield np.flatnonzero(seen == vintages[number]), self._timeline.vintages[vintages[number]], column

    def _columns(self, wanted: Any) -> Iterator[Column]:
        """Yield the column in all vintages of these places."""
        vintages: Mapping[int, Vintage] = {self._timeline.vintages[place].number: self._timeline.vintages[place] for place in np.flatnonzero(wanted)}
        for number, column in self._uow.vintages.columns(self._series.id, self._said.column, vintages.keys()):
            self.names[number] = column.columns[0]
            yield vintages[number], column

    def _require_column(self) -> None:
        """Raise InvalidInput if no vintage that was read has the column."""
        wanted = self._said.column
        if not wanted or not self.names:
            return
        newest = self._uow.vintages.find(self._series.id, AsOf(vintage=max(self.names)))
        if newest and wanted not in newest.observations.columns:
            names = ", ".join(newest.observations.columns)
            raise InvalidInput(f"It has no column {wanted[:40]!r}.", field="column", hint=f"Its columns: {names}.")

