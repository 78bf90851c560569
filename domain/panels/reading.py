"""Reading the cells of one series: the states that count at each moment, and what is picked from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Observations
from domain.panels.assumed import assume, delay_of, refuse_adjusted
from domain.panels.availability import Timeline
from domain.panels.cells import Cells, Grid, Status
from domain.panels.counted import Column, counted_rows
from domain.panels.decisions import Decisions
from domain.panels.latest import eligible, newest_rows
from domain.panels.plain import State, is_plain, put_plain
from domain.panels.rows import Meaning
from domain.panels.rule import CellRule
from domain.releases import with_flags_alone
from domain.vintages import Cause, Vintage

#: Places of moments, with what the metadata known at them say.
Meanings = Sequence[tuple[NDArray[np.intp], Meaning]]
Columns = Callable[[Collection[int]], Iterator[tuple[int, Observations]]]


class CellReading:
    """
    The reading of the cells of one series.

    Args:
        columns: yields the wanted column in the states of vintages, by number; whatever a series' states are, they come from it.

    Attributes:
        names: of the columns that were read, by the vintage's number.

    """

    def __init__(self, timeline: Timeline, rule: CellRule, decisions: Decisions, columns: Columns) -> None:
        self._timeline, self._rule, self._decisions, self._columns = timeline, rule, decisions, columns
        self._instants, self._days = decisions.instants, decisions.days
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
        return grid.finished(self._rule, self._decisions.later_than(checked))

    def _put_latest(self, grid: Grid, meanings: Meanings) -> None:
        states = self._states_at(self._instants)
        if is_plain(self._rule) and len(meanings) == 1:
            (_, meaning), by_days = meanings[0], list[State]()
            for state in states:
                # Instants are compared one by one.
                by_days.append(state) if state[2].unit == "D" else self._put_state(grid, state, meanings)
            put_plain(grid, by_days, self._rule, meaning)
            return
        for state in states:
            self._put_state(grid, state, meanings)

    def _put_state(self, grid: Grid, state: State, meanings: Meanings) -> None:
        at, vintage, column = state
        for places, meaning in meanings:
            own = at if len(meanings) == 1 else np.intersect1d(at, places)
            if len(own):
                days, instants = self._days[own], self._instants[own]
                rows, picked = newest_rows(column, self._rule, meaning, days=days, instants=instants)
                grid.put(own, rows, picked, vintage.number)

    def _put_counted(self, grid: Grid, meanings: Meanings) -> None:
        vintages = zip(self._timeline.vintages, self._timeline.available, strict=True)
        columns = list(self._read([vintage for vintage, available in vintages if available <= self._instants[-1]]))
        alone = with_flags_alone(self._timeline.vintages)
        for places, meaning in meanings:
            for own, counting in self._epochs(places, columns):
                rows = counted_rows(counting, self._rule, meaning, alone)
                begun = eligible(rows.starts, self._days[own], self._instants[own])
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
        columns = [] if isinstance(self._rule.assume, int) else list(self._read(self._timeline.vintages))
        ((_, vintage, column),) = self._states_at(self._timeline.available.min()[None])
        refuse_adjusted(column.columns[0])
        for places, meaning in meanings:
            delay = delay_of(self._rule, columns, meaning)
            own = places[before[places]]
            if delay is not None and len(own):
                assume(grid, {int(place): self._instants[place] for place in own}, (vintage, column), (self._rule, meaning), delay=delay)

    def _states_at(self, instants: Dates) -> Iterator[State]:
        """
        Yield the column in each state that some of these instants see, with the places of those.

        All states of a panel that a moment selects come from here.
        """
        seen, vintages = self._timeline.at(instants), self._timeline.vintages
        places = {vintages[place].number: place for place in np.unique(seen[seen >= 0]).tolist()}
        for vintage, column in self._read([vintages[place] for place in places.values()]):
            yield np.flatnonzero(seen == places[vintage.number]), vintage, column

    def _read(self, vintages: Sequence[Vintage]) -> Iterator[Column]:
        """Yield the column in the states of these vintages."""
        by_number = {vintage.number: vintage for vintage in vintages}
        for number, column in self._columns(by_number.keys()):
            self.names[number] = column.columns[0]
            yield by_number[number], column
