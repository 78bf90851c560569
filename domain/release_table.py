"""The table of releases: the cells of one column, and which of them is the first, second … release of its date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Matrix, label
from domain.releases import DIGITS, ColumnState, Counted, Release, Releases, latest_before, looked_late

#: The row of a release that there is not.
NO_ROW = -1


@dataclass(frozen=True, eq=False)
class ReleaseTable:
    """
    The cells of one column: a row for each state in knowledge order, a column for each date.

    Attributes:
        values: of shape (states, dates), NaN where a state has no value.
        is_release: of the same shape, whether a cell is a further release of its date.
        censored: for each date, whether its true first release may be unknown; see ``Releases``.

    """

    states: Sequence[ColumnState]
    dates: Dates
    values: Matrix
    is_release: NDArray[np.bool_]
    censored: NDArray[np.bool_]

    @classmethod
    def of(cls, states: Sequence[ColumnState], dates: Dates, counted: Counted, *, period: timedelta | None, rounded: bool) -> Self:
        """
        Return the table of these states.

        Args:
            states: one or more in knowledge order, cut to these dates.
            dates: sorted.
            period: the length of a period, within which an unlabelled vintage must have been looked for.
            rounded: whether values count as equal if they agree to 12 digits, as transformed ones do; else bit by bit.

        """
        values = np.array([state.values for state in states]).reshape(len(states), len(dates))
        known = ~np.isnan(values)
        is_release = known & changes(values, rounded=rounded) if counted is Counted.CHANGE else known
        return cls(states, dates, values, is_release, _censored(states, dates, known, period))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """For each cell, how many releases its date has had by then."""
        return np.cumsum(self.is_release, axis=0, dtype=np.int64)

    def nth(self, release: int) -> NDArray[np.int64]:
        """Return for each date the row that holds this release, counted from 0; ``NO_ROW`` where there are fewer."""
        return np.where(self.counts[-1] > release, np.argmax(self.counts > release, axis=0), NO_ROW)

    def at(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the value of each date in its row; NaN for ``NO_ROW``."""
        cells = np.take_along_axis(self.values, np.maximum(rows, 0)[None, :], axis=0)[0]
        return np.where(rows == NO_ROW, np.nan, cells)

    def releases(self) -> list[Releases]:
        """Return the releases of each date that has any."""
        found = []
        for place in np.flatnonzero(self.is_release.any(axis=0)).tolist():
            rows = np.flatnonzero(self.is_release[:, place]).tolist()
            history = [Release(float(self.values[row, place]), self.states[row].vintage) for row in rows]
            found.append(Releases(date=label(self.dates[place]), censored=bool(self.censored[place]), releases=history))
        return found


def changes(values: Matrix, *, rounded: bool) -> NDArray[np.bool_]:
    """Return which cells differ from the last value that their date had before, whatever gap lies between; its first one does."""
    known = ~np.isnan(values)
    newest = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], NO_ROW), axis=0)
    before = np.vstack([np.full((1, values.shape[1]), NO_ROW), newest[:-1]])
    old = np.take_along_axis(values, np.maximum(before, 0), axis=0)
    differs = known & (before != NO_ROW) & (values.view(np.int64) != old.view(np.int64))
    if rounded:
        pairs = zip(values[differs].tolist(), old[differs].tolist(), strict=True)
        differs[differs] = [_rounded(value) != _rounded(earlier) for value, earlier in pairs]
    return np.asarray(differs | (known & (before == NO_ROW)))


def _rounded(value: float) -> float:
    return float(f"%.{DIGITS}g" % value)


def _censored(states: Sequence[ColumnState], dates: Dates, known: NDArray[np.bool_], period: timedelta | None) -> NDArray[np.bool_]:
    first = np.argmax(known, axis=0)
    latest = np.array(latest_before(states), dtype="datetime64[s]")
    late = np.array([row == 0 or looked_late(states, row, period) for row in range(len(states))])
    return np.asarray(late[first] | (latest[first] >= dates.astype("datetime64[s]")))
