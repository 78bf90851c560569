"""What is assumed of the time before the first vintage: its values, each some days after its period's end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from domain.errors import InvalidInput
from domain.observations import Observations
from domain.panels.cells import Grid, Status
from domain.panels.counted import Column, counted_rows
from domain.panels.latest import eligible, pick
from domain.panels.rows import Meaning, Rows
from domain.panels.rule import CellRule, Learned
from domain.periods import bounds
from domain.releases import Counted

#: A delay is learned from so many releases at the most, and at the least.
_MOST, _FEWEST = 24, 6
_ADJUSTED = re.compile(r"\badj", re.IGNORECASE)
_DAY = np.timedelta64(1, "D")


def refuse_adjusted(column: str) -> None:
    """Raise InvalidInput for a column of prices that are adjusted backwards: each state has other values of all its past."""
    if _ADJUSTED.search(column):
        text = f"assume is refused for {column!r}: the whole past of adjusted prices is changed by later dividends and splits."
        raise InvalidInput(text, field="assume", hint="Take the unadjusted column, or omit assume.")


def learned_delay(columns: Sequence[Column], rule: CellRule, meaning: Meaning) -> int | None:
    """Return the longest delay in days among the first genuine releases; None if there are too few."""
    plain = replace(rule, counted=Counted.RELEASE, nth=0, collapse=None, transform=None)
    found = counted_rows(columns, plain, meaning)
    genuine = np.flatnonzero(~found.censored & (found.vintages > 0))[:_MOST]
    if len(genuine) < _FEWEST:
        return None
    delays = -((found.ends[genuine].astype("datetime64[us]") - found.available[genuine]) // _DAY)
    return int(delays.max())


def assume(
    grid: Grid, instants: Mapping[int, np.datetime64], first: tuple[int, Observations], wanted: tuple[CellRule, Meaning], *, delay: int
) -> None:
    """
    Put into the cells before the first vintage what it has of periods that had ended so many days before.

    Args:
        instants: by the places of their cells.

    """
    (number, column), (rule, meaning) = first, wanted
    _, ends = bounds(column.dates, meaning.frequency, meaning.anchor)
    for place, instant in instants.items():
        known = int(np.searchsorted(ends.astype("datetime64[us]"), instant - delay * _DAY, "right"))
        cut = Observations.from_trusted(column.dates[:known], column.columns, column.values[:known])
        rows = Rows.of(cut, rule, meaning)
        one = slice(place, place + 1)
        picked = pick(rows, eligible(rows.starts, grid.days[one], np.array([instant])), rule)
        if picked[0, -1] < 0:
            grid.status[one] = Status.BEFORE_STORE
            continue
        grid.put(np.array([place]), rows, picked, number)
        grid.status[one] = np.where(grid.status[one] == Status.OK, Status.ASSUMED, grid.status[one])


def delay_of(rule: CellRule, columns: Sequence[Column], meaning: Meaning) -> int | None:
    """Return the delay that a rule assumes; None if nothing is assumed, or too little is there to learn it from."""
    if rule.assume is None:
        return None
    return learned_delay(columns, rule, meaning) if isinstance(rule.assume, Learned) else rule.assume
