"""Reading the cells of one series: the states that count at each moment, and what is picked from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.observations import Observations
from domain.panels.assumed import assume, delay_of, refuse_adjusted
from domain.panels.availability import Timeline
from domain.panels.cells import Cells, Grid, Status
from domain.panels.counted import Column, counted_rows
from domain.panels.decisions import Decisions
from domain.panels.latest import eligible, newest_rows
from domain.panels.plain import RowSpans, SpannedRows, is_plain, put_plain, spans_of
from domain.panels.rows import Meaning
from domain.panels.rule import CellRule
from domain.releases import with_flags_alone
from domain.vintages import Cause, Vintage

#: Places of moments, with what the metadata known at them say.
Meanings = Sequence[tuple[NDArray[np.intp], Meaning]]


class ColumnStates(Protocol):
    """One column in the states of a series: whatever they are, all that a panel reads of them comes from here."""

    def vintages(self) -> Sequence[Vintage]:
        """Return the vintages up to the panel's position in the feed, in order of arrival."""
        ...

    def whole(self, numbers: Collection[int]) -> Iterator[tuple[int, Observations]]:
        """Yield the column in the states of vintages, by number."""
        ...

    def spanned(self, spans: RowSpans) -> SpannedRows | None:
        """Return rows of the column in some states; None if a state's dates are instants."""
        ...


class CellReading:
    """
    The reading of the cells of one series.

    Attributes:
        names: of the columns that were read, by the vintage's number.

    """

    def __init__(self, timeline: Timeline, rule: CellRule, decisions: Decisions, states: ColumnStates) -> None:
        self._timeline, self._rule, self._decisions, self._stored = timeline, rule, decisions, states
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
        if self._rule.assume is not None and before.any() and len(self._timeline.moments):
            self._put_assumed(grid, meanings, before)
        return grid.finished(self._rule, self._decisions.later_than(checked))

    def _put_latest(self, grid: Grid, meanings: Meanings) -> None:
        seen = self._timeline.at(self._instants)
        at = np.flatnonzero(seen >= 0)
        numbers = self._timeline.moments.numbers[seen[at]]
        if len(at) and not (is_plain(self._rule) and len(meanings) == 1 and self._put_plain(grid, at, numbers, meanings[0][1])):
            for number, column in self._read(np.unique(numbers).tolist()):
                self._put_state(grid, at[numbers == number], (number, column), meanings)

    def _put_plain(self, grid: Grid, at: NDArray[np.intp], numbers: NDArray[np.int64], meaning: Meaning) -> bool:
        """Put the cells of a plain rule; return whether the dates of all states are days."""
        spans = spans_of(grid, at, numbers, meaning)
        rows = self._stored.spanned(spans)
        if rows is None:
            return False
        self.names.update(zip(spans.numbers.tolist(), rows.names, strict=True))
        put_plain(grid, at, numbers, (spans, rows), meaning=meaning)
        return True

    def _put_state(self, grid: Grid, at: NDArray[np.intp], state: tuple[int, Observations], meanings: Meanings) -> None:
        number, column = state
        for places, meaning in meanings:
            own = at if len(meanings) == 1 else np.intersect1d(at, places)
            if len(own):
                days, instants = self._days[own], self._instants[own]
                rows, picked = newest_rows(column, self._rule, meaning, days=days, instants=instants)
                grid.put(own, rows, picked, number)

    def _put_counted(self, grid: Grid, meanings: Meanings) -> None:
        columns = self._with_vintages(self._timeline.moments.numbers[self._timeline.available <= self._instants[-1]].tolist())
        alone = with_flags_alone(self._vintages)
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
        available = dict(zip(self._timeline.moments.numbers.tolist(), self._timeline.available, strict=True))
        read_again = np.sort([available[vintage.number] for vintage, _ in columns if vintage.cause is Cause.PARSER])
        epochs = np.searchsorted(read_again.astype("datetime64[us]"), self._instants[places], "right")
        for epoch in np.unique(epochs):
            own = places[epochs == epoch]
            counting = [each for each in columns if available[each[0].number] <= self._instants[own[-1]]]
            if counting:
                yield own, counting

    def _put_assumed(self, grid: Grid, meanings: Meanings, before: NDArray[np.bool_]) -> None:
        numbers = self._timeline.moments.numbers
        columns = [] if isinstance(self._rule.assume, int) else self._with_vintages(numbers.tolist())
        (first,) = self._timeline.at(self._timeline.available.min()[None])
        ((number, column),) = self._read([int(numbers[first])])
        refuse_adjusted(column.columns[0])
        for places, meaning in meanings:
            delay = delay_of(self._rule, columns, meaning)
            own = places[before[places]]
            if delay is not None and len(own):
                assume(grid, {int(place): self._instants[place] for place in own}, (number, column), (self._rule, meaning), delay=delay)

    @cached_property
    def _vintages(self) -> Sequence[Vintage]:
        return self._stored.vintages()

    def _with_vintages(self, numbers: Sequence[int]) -> Sequence[Column]:
        """Return the column in the states of these vintages."""
        by_number = {vintage.number: vintage for vintage in self._vintages}
        return [(by_number[number], column) for number, column in self._read(numbers)]

    def _read(self, numbers: Sequence[int]) -> Iterator[tuple[int, Observations]]:
        """Yield the column in the states of vintages, by number."""
        for number, column in self._stored.whole(numbers):
            self.names[number] = column.columns[0]
            yield number, column
