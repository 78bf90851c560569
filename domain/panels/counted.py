"""Cells of the nth release or change: of each moment the newest date that had so many by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Observations
from domain.panels.availability import available_at, releasing
from domain.panels.rows import Meaning, Rows
from domain.panels.rule import CellRule, Fill
from domain.periods import bounds
from domain.releases import DIGITS, ColumnState, Counted, in_knowledge_order, latest_before, looked_late
from domain.vintages import Vintage

Column = tuple[Vintage, Observations]


@dataclass(frozen=True, slots=True)
class CountedRows(Rows):
    """
    The nth release of each date.

    Attributes:
        values: NaN where there is no such release, or a true first one may have been missed.
        available: from when on each counts; NaT where there is none.
        vintages: the number of each release's vintage; 0 where there is none.
        censored: whether a true first release may have been missed.

    """

    available: Dates
    vintages: NDArray[np.int32]
    censored: NDArray[np.bool_]

    def seen(self, instant: np.datetime64, begun: int, rule: CellRule) -> NDArray[np.intp]:
        """Return the places of the newest dates among the first ``begun`` whose release counts at an instant, newest last."""
        known = np.flatnonzero(self.available[:begun] <= instant)
        if rule.fill is Fill.PREVIOUS and not self.censored[known].all():
            known = known[~self.censored[known]]
        return known[-rule.window :]


def counted_rows(columns: Iterable[Column], rule: CellRule, meaning: Meaning) -> CountedRows:
    """Return the nth release of all dates, of the vintages that count at some moment: of one at least."""
    by_number = {vintage.number: (vintage, column) for vintage, column in columns}
    kept = [by_number[vintage.number] for vintage in releasing([v for v, _ in by_number.values()], rule.clock)]
    rows = [Rows.of(column, rule, meaning) for _, column in kept]
    dates = np.unique(np.concatenate([each.dates for each in rows]))
    states = in_knowledge_order(
        (_state(vintage, column, each, dates) for (vintage, column), each in zip(kept, rows, strict=True)),
        lambda vintage: available_at(vintage, rule),
    )
    return _counted(states, dates, rule, meaning.collapsed(rule.collapse))


def _state(vintage: Vintage, column: Observations, rows: Rows, dates: Dates) -> ColumnState:
    values = np.full(len(dates), np.nan)
    values[np.searchsorted(dates, rows.dates)] = rows.values
    known = np.flatnonzero(~np.isnan(rows.values))
    return ColumnState(vintage, values, rows.dates[known[-1]] if len(known) else None, column.digest())


def _counted(states: Sequence[ColumnState], dates: Dates, rule: CellRule, meaning: Meaning) -> CountedRows:
    starts, ends = bounds(dates, meaning.frequency, meaning.anchor)
    values = np.array([state.values for state in states]).reshape(len(states), len(dates))
    new = ~np.isnan(values)
    censored = _censored(states, dates, new, meaning.frequency.longest_period if meaning.frequency else None)
    if rule.counted is Counted.CHANGE:
        new &= _differs(values, rounded=rule.transform is not None)
    nth = new & (np.cumsum(new, axis=0) == (rule.nth or 0) + 1)
    there = nth.any(axis=0)
    place = (np.where(there, nth.argmax(axis=0), -1), np.arange(len(dates)))
    moments = [available_at(state.vintage, rule).replace(tzinfo=None) for state in states]
    numbers = [state.vintage.number for state in states]
    return CountedRows(
        dates=dates,
        values=np.where(there & ~censored, np.vstack([values, np.full(len(dates), np.nan)])[place], np.nan),
        starts=starts,
        ends=ends,
        available=np.array([*moments, "NaT"], "datetime64[us]")[place[0]],
        vintages=np.array([*numbers, 0], np.int32)[place[0]],
        censored=censored,
    )


def _censored(states: Sequence[ColumnState], dates: Dates, known: NDArray[np.bool_], period: timedelta | None) -> NDArray[np.bool_]:
    """Return for each date whether its true first release may have been missed."""
    first = known.argmax(axis=0)
    late = np.array([row == 0 or looked_late(states, row, period) for row in range(len(states))])
    before = np.array(latest_before(states), "datetime64[s]")
    censored: NDArray[np.bool_] = late[first] | (before[first] >= dates)
    return censored


def _differs(values: NDArray[np.float64], *, rounded: bool) -> NDArray[np.bool_]:
    """Return which values differ from the last one known of their date, bit by bit or to 12 digits; the first one does."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=0)
    before = np.vstack([np.full((1, values.shape[1]), -1), last[:-1]])
    old = np.take_along_axis(np.vstack([values, np.full((1, values.shape[1]), np.nan)]), before, axis=0)
    differs: NDArray[np.bool_] = values.view(np.int64) != np.ascontiguousarray(old).view(np.int64)
    if rounded:
        for place in zip(*np.nonzero(differs & ~np.isnan(old) & ~np.isnan(values)), strict=True):
            differs[place] = f"%.{DIGITS}g" % values[place] != f"%.{DIGITS}g" % old[place]
    return differs
