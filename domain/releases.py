"""Releases: what was known of each date, first, second and so on, read from the vintages of one column."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Label, Observations
from domain.vintages import Cause, StoredVintage, Vintage

#: Transformed values that agree to so many digits are one value: their last digits differ by rounding alone.
DIGITS = 12


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
    """
    One column in one vintage, cut to some dates.

    Attributes:
        values: on these dates, NaN where there is none.
        last: the last date with a value in the whole column; None if there is none.
        digest: of the whole column, untransformed.

    """

    vintage: Vintage
    values: NDArray[np.float64]
    last: np.datetime64 | None
    digest: bytes

    @classmethod
    def of(cls, stored: StoredVintage, column: str, dates: Dates, transformed: Callable[[Observations], Observations]) -> Self:
        """
        Return a column as a vintage has it; without values if the vintage lacks it.

        Args:
            transformed: applied to the whole column before it is cut.

        """
        names = stored.observations.columns
        if column not in names:
            return cls(stored.vintage, np.full(len(dates), np.nan), None, b"")
        whole = stored.observations.select([names.index(column)]).without_flags()
        state = transformed(whole)
        known = state.dates[~np.isnan(state.values[:, 0])]
        return cls(stored.vintage, _on(state, dates), known[-1] if len(known) else None, whole.digest())


def with_flags_alone(vintages: Iterable[Vintage]) -> Collection[int]:
    """
    Return the numbers of the vintages that brought other flags and nothing else.

    Args:
        vintages: all of a series, in order of arrival.

    """
    found = set[int]()
    known: list[tuple[tuple[datetime, int], str]] = []
    for vintage in vintages:
        own = vintage.knowledge(), vintage.digest
        place = bisect(known, own)
        has_same_values = not (vintage.added or vintage.changed or vintage.deleted)
        if place and has_same_values and known[place - 1][1] != vintage.digest:
            found.add(vintage.number)
        insort(known, own)
    return found


def in_knowledge_order(
    states: Iterable[ColumnState],
    available: Callable[[Vintage], datetime | np.datetime64] = attrgetter("answers_from"),
    flags_alone: Collection[int] = (),
) -> Sequence[ColumnState]:
    """
    Return the states that ``as_of`` answered one after the other.

    A state that was never the newest known is left out: the correction of an older label. A state read again replaces the one that it
    was read from. States without a label, or with other flags alone, count only if the column differs from the one before.

    Args:
        states: of the same column and dates, of all vintages.
        available: from when on a vintage counts.
        flags_alone: numbers of the vintages that brought nothing but other flags.

    """
    known: list[ColumnState] = []
    for state in sorted(states, key=lambda each: (available(each.vintage), each.vintage.number)):
        if known and state.vintage.cause is Cause.PARSER:
            place = _read_from(known, state.vintage)
            if place is not None:
                known[place] = replace(state, vintage=known[place].vintage)
        elif known and state.vintage.knowledge() < known[-1].vintage.knowledge():
            continue
        elif not known or state.digest != known[-1].digest or _is_release(state.vintage, flags_alone):
            known.append(state)
    return known


def history_of(states: Sequence[ColumnState]) -> list[Release]:
    """Return each value that the one date of these states has had, and None where it was taken away again."""
    found: list[Release] = []
    for state in states:
        value = float(state.values[0])
        said = None if np.isnan(value) else value
        before = found[-1].value if found else None
        if said != before:
            found.append(Release(said, state.vintage))
    return found


def _is_release(vintage: Vintage, flags_alone: Collection[int]) -> bool:
    """Return whether a vintage is a release even where the column is as before."""
    return vintage.has_release_label and vintage.number not in flags_alone


def _read_from(known: Sequence[ColumnState], read_again: Vintage) -> int | None:
    """
    Return the place of the state that was read again: the one known at its moment from the same bytes.

    None if that was left out, as it was never the newest one. If there is none of that moment, as in older stores, it is the newest one,
    unless that one is known later.
    """
    moment = read_again.known_at, read_again.published
    places = [place for place, each in enumerate(known) if (each.vintage.known_at, each.vintage.published) == moment]
    if not places:
        return len(known) - 1 if read_again.knowledge() > known[-1].vintage.knowledge() else None
    sent = read_again.origin.response_sha256
    return next((place for place in reversed(places) if known[place].vintage.origin.response_sha256 == sent), None)


def _on(state: Observations, dates: Dates) -> NDArray[np.float64]:
    """Return the values of a single column on some dates, NaN where it has none."""
    if not len(state):
        return np.full(len(dates), np.nan)
    wanted = dates.astype(state.dates.dtype)
    places = np.minimum(np.searchsorted(state.dates, wanted), len(state) - 1)
    return np.where(state.dates[places] == wanted, state.values[places, 0], np.nan)


def latest_before(states: Sequence[ColumnState]) -> Sequence[np.datetime64]:
    """Return for each state the last date with a value in any state before it."""
    latest, found = np.datetime64("0001-01-01"), []
    for state in states:
        found.append(latest)
        latest = latest if state.last is None else max(latest, state.last)
    return found


def looked_late(states: Sequence[ColumnState], row: int, period: timedelta | None) -> bool:
    """Return whether an unlabelled vintage may be later than a release that nobody looked for."""
    vintage, before = states[row].vintage, states[row - 1].vintage
    if vintage.has_release_label:
        return False
    looked = max(vintage.previous_check_at or _seen_at(before), _seen_at(before))
    return period is None or _seen_at(vintage) - looked >= period


def _seen_at(vintage: Vintage) -> datetime:
    """Return when somebody looked: of an imported state when its file was saved."""
    return vintage.known_at if vintage.cause is Cause.IMPORT else vintage.fetched_at
