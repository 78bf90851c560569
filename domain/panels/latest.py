"""The newest observations of a state that a moment may see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Observations
from domain.panels.rows import Meaning, Rows
from domain.panels.rule import CellRule, Fill

_YEAR = 366
#: So many days before the oldest row wanted a comparison of periods, or a collapsed period, may reach.
_REACH = 2 * _YEAR + 62


def eligible(starts: Dates, days: Dates, instants: Dates) -> NDArray[np.intp]:
    """Return how many periods have begun at each moment: those that have not are forecasts."""
    until = days if starts.dtype == days.dtype else instants.astype(starts.dtype)
    return starts.searchsorted(until, "right")


def pick(rows: Rows, counts: NDArray[np.intp], rule: CellRule) -> NDArray[np.intp]:
    """Return the places of the newest rows among the first ``counts``, newest last, -1 for none; shape (moments, window)."""
    if rule.fill is Fill.PREVIOUS:
        known = np.flatnonzero(~np.isnan(rows.values))
        picked = _last(known, known.searchsorted(counts), rule.window)
        # Nothing is known: the newest row says so.
        picked[:, -1] = np.where(picked[:, -1] < 0, counts - 1, picked[:, -1])
        return picked
    return _last(np.arange(len(rows.dates)), counts, rule.window)


def _last(places: NDArray[np.intp], counts: NDArray[np.intp], window: int) -> NDArray[np.intp]:
    wanted = counts[:, None] - np.arange(window, 0, -1)
    # Of the places, the last one stands for none.
    found: NDArray[np.intp] = np.append(places, -1)[np.maximum(wanted, -1)]
    return found


def newest_rows(column: Observations, rule: CellRule, meaning: Meaning, *, days: Dates, instants: Dates) -> tuple[Rows, NDArray[np.intp]]:
    """
    Return rows of a state, and which of them each moment sees.

    Only the rows near the first moment are worked on, unless it turns out that they do not hold all that is wanted.
    """
    if len(column) and not (rule.transform and rule.transform.needs_whole):
        tail, sound = _tail(column, rule, days.min())
        if len(tail) < len(column):
            rows = Rows.of(tail, rule, meaning)
            picked = pick(rows, eligible(rows.starts, days, instants), rule)
            if picked.min() >= 0 and not np.isnan(rows.values[picked[:, -1]]).any() and rows.dates[picked.min()] >= sound:
                return rows, picked
    rows = Rows.of(column, rule, meaning)
    return rows, pick(rows, eligible(rows.starts, days, instants), rule)


def _tail(column: Observations, rule: CellRule, day: np.datetime64) -> tuple[Observations, np.datetime64]:
    """Return the rows from some years before a day on, and the first date for which all is there that its value depends on."""
    sound: np.datetime64 = day - _YEAR * (2 + rule.window)
    first = int(column.dates.searchsorted(sound - _REACH))
    return Observations.from_trusted(column.dates[first:], column.columns, column.values[first:]), sound
