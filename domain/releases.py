"""Releases: what was known of each date, first, second and so on, read from the vintages of one column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Label, Observations, label
from domain.vintages import Cause, StoredVintage, Vintage

#: Transformed values that agree to so many digits are one value: their last digits differ by rounding alone.
_DIGITS = 12


class Counted(StrEnum):
    """What makes a further release of a date: each vintage that has a value for it, or only one whose value differs."""

    RELEASE = "release"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Release:
    """A value of a date as one vintage has it; None where the vintage no longer has one."""

    value: float | None
    vintage: Vintage


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """
    The releases of one date, the first one first.

    Attributes:
        censored: whether the true first release may be unknown: the date was there when the series was first stored, came in behind
            later dates, or had not been looked for within its period.

    """

    date: Label
    censored: bool
    releases: Sequence[Release]


@dataclass(frozen=True, slots=True)
class ColumnState:
    """The values of one column in one vintage, on the dates that it has."""

    vintage: Vintage
    dates: Dates
    values: NDArray[np.float64]


def in_knowledge_order(walked: Iterable[tuple[Vintage, Observations]]) -> Sequence[ColumnState]:
    """
    Return the states that ``as_of`` answered one after the other, of one column each.

    A state that was never the newest known is left out: the correction of an older label. A state read again replaces the one that it
    was read from, and of states without a label only those count that differ from the one before.

    Args:
        walked: all vintages in order of arrival, each with the observations of one column (or none, if the vintage lacks it).

    """
    known: list[ColumnState] = []
    for vintage, state in sorted(walked, key=lambda each: (each[0].answers_from, each[0].number)):
        values = state.values[:, 0] if state.columns else np.empty(0)
        column = ColumnState(vintage, state.dates if state.columns else state.dates[:0], values)
        if vintage.cause is Cause.PARSER:
            _read_again(known, column)
        elif known and vintage.knowledge() < known[-1].vintage.knowledge():
            continue
        elif not known or vintage.published is not None or not _same(known[-1], column):
            known.append(column)
    return known


def releases(states: Sequence[ColumnState], dates: Dates, counted: Counted, *, period: timedelta | None, rounded: bool) -> list[Releases]:
    """
    Return the releases of these dates.

    Args:
        states: in knowledge order.
        dates: sorted; a date that no state has is left out.
        period: the length of a period, within which an unlabelled vintage must have been looked for.
        rounded: whether values count as equal if they agree to 12 digits, as transformed ones do; else bit by bit.

    """
    values = np.array([_on(state, dates) for state in states]).reshape(len(states), len(dates))
    latest = _latest_before(states)
    found = []
    for place, moment in enumerate(dates):
        cells = values[:, place]
        rows = np.flatnonzero(~np.isnan(cells))
        if not rows.size:
            continue
        first = int(rows[0])
        censored = first == 0 or not latest[first] < moment or _looked_late(states, first, period)
        kept = rows if counted is Counted.RELEASE else rows[_changed(cells[rows], rounded=rounded)]
        history = [Release(float(cells[row]), states[row].vintage) for row in kept]
        found.append(Releases(date=label(moment), censored=bool(censored), releases=history))
    return found


def history_of(states: Sequence[ColumnState], date: np.datetime64) -> list[Release]:
    """Return each value that one date has had, and None where it was taken away again."""
    found: list[Release] = []
    for state in states:
        value = float(_on(state, np.array([date]))[0])
        said = None if np.isnan(value) else value
        before = found[-1].value if found else None
        if said != before:
            found.append(Release(said, state.vintage))
    return found


def _read_again(known: list[ColumnState], column: ColumnState) -> None:
    """Replace the values of the vintage that was read again."""
    read = column.vintage
    for place, each in enumerate(known):
        if (each.vintage.known_at, each.vintage.published) == (read.known_at, read.published):
            known[place] = ColumnState(each.vintage, column.dates, column.values)


def _same(one: ColumnState, other: ColumnState) -> bool:
    return np.array_equal(one.dates, other.dates) and np.array_equal(one.values.view(np.int64), other.values.view(np.int64))


def _on(state: ColumnState, dates: Dates) -> NDArray[np.float64]:
    """Return a state's values on some dates, NaN where it has none."""
    if not len(state.dates):
        return np.full(len(dates), np.nan)
    wanted = dates.astype(state.dates.dtype)
    places = np.minimum(np.searchsorted(state.dates, wanted), len(state.dates) - 1)
    return np.where(state.dates[places] == wanted, state.values[places], np.nan)


def _latest_before(states: Sequence[ColumnState]) -> Sequence[np.datetime64]:
    """Return for each state the last date with a value in any state before it."""
    latest, found = np.datetime64("0001-01-01"), []
    for state in states:
        found.append(latest)
        held = state.dates[~np.isnan(state.values)]
        latest = max(latest, held[-1]) if len(held) else latest
    return found


def _looked_late(states: Sequence[ColumnState], row: int, period: timedelta | None) -> bool:
    """Return whether an unlabelled vintage may be later than a release that nobody looked for."""
    vintage, before = states[row].vintage, states[row - 1].vintage
    if vintage.published is not None:
        return False
    looked: datetime = max(vintage.previous_check_at or before.fetched_at, before.fetched_at)
    return period is None or vintage.fetched_at - looked >= period


def _changed(cells: NDArray[np.float64], *, rounded: bool) -> NDArray[np.bool_]:
    keys = [float(f"%.{_DIGITS}g" % cell) for cell in cells.tolist()] if rounded else cells.view(np.int64).tolist()
    return np.array([True, *(after != before for before, after in pairwise(keys))])


def column_of(walked: Iterable[StoredVintage], column: str) -> Iterable[tuple[Vintage, Observations]]:
    """Yield vintages with the observations of one column, or without columns where they lack it."""
    for each in walked:
        names = each.observations.columns
        yield each.vintage, each.observations.select([names.index(column)] if column in names else [])
