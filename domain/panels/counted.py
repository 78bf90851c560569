"""Cells of the nth release or change: of each moment the newest date that had so many by then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Observations
from domain.panels.availability import available_at, releasing
from domain.panels.rows import Meaning, Rows
from domain.panels.rule import CellRule, Fill
from domain.panels.vintage_moments import VintageMoments
from domain.periods import bounds
from domain.release_table import ReleaseTable
from domain.releases import ColumnState, in_knowledge_order
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


def counted_rows(columns: Iterable[Column], rule: CellRule, meaning: Meaning, flags_alone: Collection[int] = ()) -> CountedRows:
    """
    Return the nth release of all dates, of the vintages that count at some moment: of one at least.

    Args:
        flags_alone: as in ``in_knowledge_order``.

    """
    by_number = {vintage.number: (vintage, column) for vintage, column in columns}
    kept_numbers = [vintage.number for vintage in releasing([v for v, _ in by_number.values()], rule.clock)]
    kept = [by_number[number] for number in kept_numbers]
    rows = [Rows.of(column, rule, meaning) for _, column in kept]
    dates = np.unique(np.concatenate([each.dates for each in rows]))
    available = dict(zip(kept_numbers, available_at(VintageMoments.of([vintage for vintage, _ in kept]), rule), strict=True))
    states = in_knowledge_order(
        (_state(vintage, column, each, dates) for (vintage, column), each in zip(kept, rows, strict=True)),
        lambda vintage: available[vintage.number],
        flags_alone,
    )
    moments = [available[state.vintage.number] for state in states]
    return _counted(states, moments, rule, meaning.collapsed(rule.collapse), dates=dates)


def _state(vintage: Vintage, column: Observations, rows: Rows, dates: Dates) -> ColumnState:
    values = np.full(len(dates), np.nan)
    values[np.searchsorted(dates, rows.dates)] = rows.values
    known = np.flatnonzero(~np.isnan(rows.values))
    return ColumnState(vintage, values, rows.dates[known[-1]] if len(known) else None, column.digest())


def _counted(
    states: Sequence[ColumnState], moments: Sequence[np.datetime64], rule: CellRule, meaning: Meaning, *, dates: Dates
) -> CountedRows:
    starts, ends = bounds(dates, meaning.frequency, meaning.anchor)
    period = meaning.frequency.longest_period if meaning.frequency else None
    table = ReleaseTable.of(states, dates, rule.counted, period=period, rounded=rule.transform is not None)
    rows = table.nth(rule.nth or 0)
    numbers = [state.vintage.number for state in states]
    # NO_ROW is -1: the last entry of each array stands for none.
    return CountedRows(
        dates=dates,
        values=np.where(table.censored, np.nan, table.at(rows)),
        starts=starts,
        ends=ends,
        available=np.array([*moments, np.datetime64("NaT")], "datetime64[us]")[rows],
        vintages=np.array([*numbers, 0], np.int32)[rows],
        censored=table.censored,
    )
