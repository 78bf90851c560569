"""
Cells of rules that pick values as they stand, of all states of a series in one pass over arrays.

A rule without collapse, transform and fill needs a few rows of each state: those from the oldest one wanted to the last that may have
begun. They are put behind each other, and one search finds the row of every moment. ``newest_rows`` gives the same cells state by state;
measured on 240 moments over 300 vintages a series takes 20.4 ms of processor time with it, and 11.8 ms with this.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from domain.frequency import DAYS_OF, MONTHS_OF
from domain.observations import Observations
from domain.panels.cells import Grid
from domain.panels.rows import Meaning, Rows
from domain.panels.rule import CellRule, Fill
from domain.periods import bounds
from domain.vintages import Vintage

#: More days than lie between any two dates.
_APART = 10**7

State = tuple[NDArray[np.intp], Vintage, Observations]


def is_plain(rule: CellRule) -> bool:
    """Return whether a rule picks values as they stand."""
    return rule.collapse is None and rule.transform is None and rule.fill is Fill.NONE


def put_plain(grid: Grid, states: Iterable[State], rule: CellRule, meaning: Meaning) -> None:
    """Put the cells of states on axes of days, each with the places of the moments that see it, under a plain rule."""
    dates, values, ats, numbers = [], [], [], []
    reach = _reach(meaning)
    for at, vintage, column in states:
        first = max(0, int(column.dates.searchsorted(grid.days[at[0]], "right")) - rule.window)
        last = int(column.dates.searchsorted(grid.days[at[-1]] + reach, "right"))
        dates.append(column.dates[first:last])
        values.append(column.values[first:last, 0])
        ats.append(at)
        numbers.append(vintage.number)
    if not ats:
        return
    whole = np.concatenate(dates)
    starts, ends = bounds(whole, meaning.frequency, meaning.anchor)
    lengths = np.array([len(part) for part in dates])
    moments, owners = np.concatenate(ats), np.repeat(np.arange(len(ats)), [len(at) for at in ats])
    key = np.repeat(np.arange(len(ats)), lengths) * _APART + starts.astype(np.int64)
    begun = key.searchsorted(owners * _APART + grid.days[moments].astype(np.int64), "right")
    picked = begun[:, None] - np.arange(rule.window, 0, -1)
    picked = np.where(picked >= (np.cumsum(lengths) - lengths)[owners][:, None], picked, -1)
    grid.put(moments, Rows(whole, np.concatenate(values), starts, ends), picked, np.array(numbers, np.int32)[owners][:, None])


def _reach(meaning: Meaning) -> int:
    """Return how many days after its period's start a date may stand."""
    frequency = meaning.frequency
    return frequency.longest_period.days if frequency and (frequency in MONTHS_OF or frequency in DAYS_OF) else 0
