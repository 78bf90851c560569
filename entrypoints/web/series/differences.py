"""The differences of two states: the dates whose values are not the same, in the chosen units, column and range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.moments import AsOf
from domain.observations import Label, Observations, label
from domain.use_cases.read_series import ReadSeries, Selection
from domain.vintages import Vintage
from entrypoints.formats import axis_name, csv
from entrypoints.web import words
from entrypoints.web.series.reading import shown_in_units
from entrypoints.web.series.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A date whose value differs; None where a state has none."""

    date: Label
    old: float | None
    new: float | None

    @property
    def change(self) -> float | None:
        """From the old value to the new one."""
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def share(self) -> float | None:
        """The change as a share of the old value."""
        return None if not self.old or self.new is None else self.new / self.old - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """
    What differs between two states, oldest date first.

    Attributes:
        rows: as stored in the states; shares where percent are shown.
        state: the same as columns ``old``, ``new``, ``change`` and ``relative``.
        same: how many dates have the same value in both.

    """

    old: Vintage
    new: Vintage
    rows: Sequence[Difference]
    state: Observations
    same: int

    @property
    def added(self) -> int:
        """How many dates only the new state has a value for."""
        return sum(row.old is None for row in self.rows)

    @property
    def removed(self) -> int:
        """How many dates only the old state has a value for."""
        return sum(row.new is None for row in self.rows)

    @property
    def revised(self) -> int:
        """How many values were revised."""
        return len(self.rows) - self.added - self.removed

    def as_csv(self) -> bytes:
        """Return the rows as CSV."""
        names = (f"vintage {self.old.number}", f"vintage {self.new.number}", "change", "relative change")
        return csv(self.state, (axis_name(self.state), *names))


def differences(read_series: ReadSeries, view: View, vintages: Sequence[Vintage]) -> Differences:
    """
    Compare the state that is shown with the one that the address names, else with today's; today's with the one known before it.

    Args:
        vintages: of the series, in knowledge order.

    Raises:
        NotKnownYet, VintageNotFound, DamagedVintage: one of the states cannot be read.

    """

    def read(moment: AsOf) -> tuple[Vintage, Observations]:
        found = read_series(view.series.id, Selection(moment=moment))
        return found.vintage, shown_in_units(found, [view.column], view.state, view.base)

    today = view.newest, view.today
    chosen = (view.chosen, view.then) if view.chosen and view.then is not None else None
    if view.state.against:
        old, new = chosen or today, read(view.state.against)
    elif chosen:
        old, new = chosen, today
    else:
        old, new = read(AsOf(vintage=_before(vintages, view.newest).number)), today
    return _compared(view, old, new)


def _before(vintages: Sequence[Vintage], newest: Vintage) -> Vintage:
    return next((each for each in reversed(vintages) if each.knowledge() < newest.knowledge()), newest)


def _compared(view: View, old: tuple[Vintage, Observations], new: tuple[Vintage, Observations]) -> Differences:
    parts = [view.shown(state) for _, state in (old, new)]
    dates = np.union1d(parts[0].dates, parts[1].dates)
    values = np.full((len(dates), 4), np.nan)
    for column, part in enumerate(parts):
        values[np.searchsorted(dates, part.dates), column] = part.values[:, 0]
    before, after = values[:, 0], values[:, 1]
    missing = np.isnan(before) & np.isnan(after)
    same = before == after
    values[:, 2] = after - before
    with np.errstate(all="ignore"):
        values[:, 3] = np.where(before != 0, after / before - 1, np.nan)
    kept = ~(same | missing)
    state = Observations.from_trusted(dates[kept], ("old", "new", "change", "relative"), values[kept])
    rows = [
        Difference(date=label(moment), old=_known(row[0]), new=_known(row[1]))
        for moment, row in zip(state.dates, state.values, strict=True)
    ]
    return Differences(old=old[0], new=new[0], rows=rows, state=state, same=int(same.sum()))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def said(found: Differences) -> str:
    """Return the counts in words."""
    parts = [
        f"{words.counted(found.revised, 'value')} revised",
        f"{words.counted(found.added, 'date')} added" if found.added else "",
        f"{words.counted(found.removed, 'date')} taken away" if found.removed else "",
        f"{words.number(found.same)} the same",
    ]
    return ", ".join(filter(None, parts))
