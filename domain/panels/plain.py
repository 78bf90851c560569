"""
Cells of rules that pick values as they stand, of all states of a series in one pass over arrays.

A rule without collapse, transform and fill needs a few rows of each state: those from the oldest one wanted to the last that may have
begun. They are put behind each other, and one search finds the row of every moment. ``newest_rows`` gives the same cells state by state;
measured on 240 moments over 300 vintages a series takes 20.4 ms of processor time with it, and 6 ms with this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.frequency import DAYS_OF, MONTHS_OF
from domain.observations import Dates
from domain.panels.cells import Grid
from domain.panels.rows import Meaning, Rows
from domain.panels.rule import CellRule, Fill
from domain.periods import bounds

#: More days than lie between any two dates.
_APART = 10**7


@dataclass(frozen=True, slots=True)
class RowSpans:
    """
    Which rows of some states are wanted: those of dates after ``first`` and until ``last``, and the newest ones before them.

    Attributes:
        numbers: of the states' vintages, ascending.
        first, last: a day of each.
        before: how many rows until ``first``.

    """

    numbers: NDArray[np.int64]
    first: Dates
    last: Dates
    before: int

    def of(self, place: int, dates: Dates) -> slice:
        """Return which of the dates of a state are wanted."""
        begin = int(dates.searchsorted(self.first[place], "right")) - self.before
        return slice(max(0, begin), int(dates.searchsorted(self.last[place], "right")))


@dataclass(frozen=True, slots=True)
class SpannedRows:
    """
    Rows of one column in some states, those of each state behind those of the one before.

    Attributes:
        lengths: how many rows there are of each state.
        names: of the column in each state.

    """

    lengths: Sequence[int]
    dates: Dates
    values: NDArray[np.float64]
    names: Sequence[str]


def is_plain(rule: CellRule) -> bool:
    """Return whether a rule picks values as they stand."""
    return rule.collapse is None and rule.transform is None and rule.fill is Fill.NONE


def spans_of(grid: Grid, at: NDArray[np.intp], numbers: NDArray[np.int64], meaning: Meaning) -> RowSpans:
    """
    Return the rows that a plain rule needs.

    Args:
        at: places of moments, ascending.
        numbers: of the vintage that each of them sees.

    """
    wanted, first = np.unique(numbers, return_index=True)
    _, last = np.unique(numbers[::-1], return_index=True)
    days = grid.days[at]
    return RowSpans(wanted, days[first], days[::-1][last] + _reach(meaning), grid.window)


def put_plain(
    grid: Grid, at: NDArray[np.intp], numbers: NDArray[np.int64], states: tuple[RowSpans, SpannedRows], *, meaning: Meaning
) -> None:
    """Put the cells of a plain rule, of moments that see these states."""
    spans, rows = states
    starts, ends = bounds(rows.dates, meaning.frequency, meaning.anchor)
    lengths, owners = np.array(rows.lengths), spans.numbers.searchsorted(numbers)
    key = np.repeat(np.arange(len(lengths)), lengths) * _APART + starts.astype(np.int64)
    begun = key.searchsorted(owners * _APART + grid.days[at].astype(np.int64), "right")
    picked = begun[:, None] - np.arange(grid.window, 0, -1)
    picked = np.where(picked >= (np.cumsum(lengths) - lengths)[owners][:, None], picked, -1)
    grid.put(at, Rows(rows.dates, rows.values, starts, ends), picked, numbers.astype(np.int32)[:, None])


def _reach(meaning: Meaning) -> int:
    """Return how many days after its period's start a date may stand."""
    frequency = meaning.frequency
    return frequency.longest_period.days if frequency and (frequency in MONTHS_OF or frequency in DAYS_OF) else 0
