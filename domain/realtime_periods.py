"""Real-time periods: each value that a date has had, and the days from which and until which it was the published one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Observations
from domain.releases import ColumnState, in_knowledge_order, looked_late, with_flags_alone
from domain.vintages import Vintage

#: The end of what is still valid, as FRED writes it.
FOR_EVER = np.datetime64("9999-12-31", "D")
_DAY = np.timedelta64(1, "D")
_NO_VALUES = np.empty(0)
_NEVER = np.datetime64("0001-01-01", "s")
Places = NDArray[np.int64]
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DayState:
    """
    The last state that was known on a day.

    Attributes:
        day: in UTC.
        vintage: by which it became known.
        number: of the vintage that has its observations: another one if it was read again.

    """

    day: date
    vintage: Vintage
    number: int


def by_day(vintages: Sequence[Vintage]) -> Sequence[DayState]:
    """
    Return the last state of each day on which the series was released or changed, oldest first.

    They are those that ``as_of`` answers for the end of these days: a correction counts from the day on which it was fetched.

    Args:
        vintages: all of the series, in order of arrival.

    """
    alone = with_flags_alone(vintages)
    numbers = {bytes.fromhex(each.digest): each.number for each in vintages}
    own = {each.number: bytes.fromhex(each.digest) for each in vintages}
    states = in_knowledge_order(ColumnState(each, _NO_VALUES, None, own[each.number]) for each in vintages)
    found: dict[date, DayState] = {}
    for state in states:
        vintage = state.vintage
        if vintage.number not in alone:
            number = vintage.number if state.digest == own[vintage.number] else numbers[state.digest]
            day = vintage.answers_from.astimezone(UTC).date()
            found[day] = DayState(day, vintage, number)
    return list(found.values())


def late_looks(states: Sequence[DayState], period: timedelta | None) -> Mask:
    """Return of which states the true first release may be earlier: of the first one, and of those that were not looked for in time."""
    columns = [ColumnState(each.vintage, _NO_VALUES, None, b"") for each in states]
    return np.array([row == 0 or looked_late(columns, row, period) for row in range(len(columns))], bool)


@dataclass(frozen=True, slots=True, eq=False)
class RealtimePeriods:
    """
    The values of one column, by date and then by when they were published.

    Attributes:
        days: on which something was published, ascending; the others are places in it.
        dates: of the values.
        values: NaN where a state has the date without a value.
        since: from when on it was the published one.
        until: when another one took its place, or the date was withdrawn; the number of days while it is still valid.
        is_initial: whether it is the date's first value, and known to be its first release; see ``Releases.censored``.

    """

    days: Dates
    dates: Dates
    values: Values
    since: Places
    until: Places
    is_initial: Mask

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def first_days(self) -> Dates:
        """The first day of each period."""
        first: Dates = self.days[self.since]
        return first

    @property
    def last_days(self) -> Dates:
        """The last day of each period, ``FOR_EVER`` while it is valid."""
        following: Dates = np.append(self.days, FOR_EVER)[self.until]
        return np.where(self.until < len(self.days), following - _DAY, FOR_EVER)

    def take(self, part: Mask | Places | slice) -> RealtimePeriods:
        """Return some of the rows."""
        kept = self.dates[part], self.values[part], self.since[part], self.until[part], self.is_initial[part]
        return RealtimePeriods(self.days, *kept)

    def of_dates(self, start: date | None, end: date | None) -> RealtimePeriods:
        """Return the rows of the dates from start to end, both included."""
        days = self.dates.astype("datetime64[D]")
        kept = np.ones(len(self), bool)
        if start is not None:
            kept &= days >= np.datetime64(start)
        if end is not None:
            kept &= days <= np.datetime64(end)
        return self.take(kept)

    def during(self, first: date, last: date) -> RealtimePeriods:
        """Return what was the published value on some day from first to last."""
        return self.take((self.first_days <= np.datetime64(last)) & (self.last_days >= np.datetime64(first)))

    def on(self, days: Sequence[date]) -> RealtimePeriods:
        """Return what was the published value on one of these days."""
        wanted = np.sort(np.array(days, "datetime64[D]"))
        return self.take(wanted.searchsorted(self.last_days, "right") > wanted.searchsorted(self.first_days, "left"))

    def places_during(self, first: date, last: date) -> Places:
        """Return the places of the days whose states were the published ones from first to last."""
        begin = max(0, int(self.days.searchsorted(np.datetime64(first), "right")) - 1)
        return np.arange(begin, int(self.days.searchsorted(np.datetime64(last), "right")), dtype=np.int64)

    def places_on(self, days: Sequence[date]) -> Places:
        """Return the place of the state that was published on each of these days, -1 before the first."""
        return self.days.searchsorted(np.array(days, "datetime64[D]"), "right") - 1


class _Part(NamedTuple):
    dates: Dates
    values: Values
    since: Places
    until: Places


class PeriodFold:
    """
    Folds the states of one column, given one after the other, into real-time periods.

    It holds the last state and what has ended, whatever the number of states; each one costs a comparison with the one before.
    """

    def __init__(self) -> None:
        nothing: Dates = np.empty(0, "datetime64[D]")
        self._dates, self._values, self._since = nothing, _NO_VALUES, np.empty(0, np.int64)
        self._ended: list[_Part] = []
        self._latest: list[np.datetime64] = []
        self._last = _NEVER

    def repeat(self) -> None:
        """Add a state that is the same as the one before."""
        self._latest.append(self._last)

    def add(self, state: Observations) -> None:
        """Add the next state, which has a single column."""
        place, values = len(self._latest), state.values[:, 0] if state.columns else _NO_VALUES
        dates: Dates = state.dates if state.columns else state.dates[:0]
        self.repeat()
        since = np.full(len(dates), place, np.int64)
        old, new = _common(self._dates, dates)
        stays = self._values[old].view(np.int64) == values[new].view(np.int64)
        since[new[stays]] = self._since[old[stays]]
        ended = np.ones(len(self._dates), bool)
        ended[old[stays]] = False
        if ended.any():
            self._end(ended, place)
        self._dates, self._values, self._since = dates, values, since
        known = np.flatnonzero(~np.isnan(values))
        if len(known):
            self._last = max(self._last, dates[known[-1]].astype("datetime64[s]"))

    def result(self, days: Sequence[date], late: Mask) -> RealtimePeriods:
        """
        Return the periods.

        Args:
            days: one for each state that was added.
            late: as ``late_looks`` returns it.

        """
        self._end(np.ones(len(self._dates), bool), len(days))
        dates, values, since, until = (np.concatenate(parts) for parts in zip(*self._ended, strict=True))
        order = np.lexsort((since, dates))
        dates, values, since, until = dates[order], values[order], since[order], until[order]
        initial = _first_known(dates, values)
        latest = np.array(self._latest, "datetime64[s]")
        initial[initial] = (latest[since[initial]] < dates[initial].astype("datetime64[s]")) & ~late[since[initial]]
        return RealtimePeriods(np.array(days, "datetime64[D]"), dates, values, since, until, initial)

    def _end(self, ended: Mask, place: int) -> None:
        dates, values, since = self._dates[ended], self._values[ended], self._since[ended]
        self._ended.append(_Part(dates, values, since, np.full(len(dates), place, np.int64)))


def _common(old: Dates, new: Dates) -> tuple[Places, Places]:
    """Return the places of the dates that are in both."""
    count = min(len(old), len(new))
    if old.dtype == new.dtype and np.array_equal(old[:count], new[:count]):
        # As nearly always: dates are only added.
        places = np.arange(count)
        return places, places
    if not count:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = np.minimum(new.searchsorted(old), len(new) - 1)
    places = np.flatnonzero(new[found] == old)
    return places, found[places]


def _first_known(dates: Dates, values: Values) -> Mask:
    """Return which rows, sorted by date, are the first with a value of their date."""
    known = np.flatnonzero(~np.isnan(values))
    first = np.zeros(len(dates), bool)
    first[known[np.append(True, dates[known][1:] != dates[known][:-1])] if len(known) else known] = True
    return first
