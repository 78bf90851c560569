"""Runs of flags: what one state's flags are beside another's, from a date to a date, and flags put together from them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.flags import Cells, Flags

Dates = NDArray[np.datetime64]
Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FlagRuns:
    """
    Flags to set, run by run, in the order of columns and dates; runs of a column do not overlap.

    Attributes:
        codes: those in use.
        columns: the place of each run's column.
        places: of each run's code in ``codes``, counted from 1; 0 takes flags away.
        first, last: the dates of each run, both included, in the axis unit since 1970; what lies between and is there gets the flag.

    """

    codes: tuple[str, ...]
    columns: NDArray[np.uint32]
    places: NDArray[np.uint16]
    first: Days
    last: Days

    @classmethod
    def between(cls, codes: Sequence[str], before: Cells, after: Cells, days: Days) -> Self | None:
        """
        Return the runs that turn one state's cells, places in codes, into another's on the same dates; None if they are equal.

        A run goes on over cells that have its flag already.
        """
        rows = len(days)
        wanted = after.ravel(order="F")
        differing = np.flatnonzero(before.ravel(order="F") != wanted)
        if not differing.size:
            return None
        begins = np.ones(len(wanted), dtype=bool)
        begins[1:] = wanted[1:] != wanted[:-1]
        begins[::rows] = True
        run = np.cumsum(begins)[differing]
        first = np.flatnonzero(np.diff(run, prepend=0))
        starts, ends = differing[first], differing[np.append(first[1:], len(differing)) - 1]
        used, places = np.unique(wanted[starts], return_inverse=True)
        taken = used[used > 0]
        return cls(
            codes=tuple(codes[place - 1] for place in taken.tolist()),
            columns=(starts // rows).astype(np.uint32),
            places=(places + (len(taken) == len(used))).astype(np.uint16),
            first=days[starts % rows],
            last=days[ends % rows],
        )

    @classmethod
    def of(cls, flags: Flags, dates: Dates) -> Self | None:
        """Return the runs of a state's flags."""
        return cls.between(flags.codes, np.zeros_like(flags.cells), flags.cells, dates.astype(np.int64))

    def __len__(self) -> int:
        return len(self.places)

    def put_on(self, cells: Cells, days: Days, has: NDArray[np.bool_], table: NDArray[np.uint16]) -> Cells:
        """
        Return cells on an axis after these runs.

        Args:
            has: which of the days are there.
            table: the cell for each place in ``codes``.

        """
        rows = len(days)
        marks = np.zeros(cells.size + 1, np.int64)
        value, column = table[self.places].astype(np.int64) + 1, self.columns.astype(np.int64) * rows
        np.add.at(marks, column + days.searchsorted(self.first), value)
        np.subtract.at(marks, column + days.searchsorted(self.last, "right"), value)
        found = np.cumsum(marks[:-1]).reshape(cells.shape, order="F")
        return np.where((found > 0) & has[:, None], found - 1, cells).astype(np.uint16)


def folded(dates: Dates, columns: int, flags: Flags | None, steps: Sequence[tuple[Dates, Dates, FlagRuns | None]]) -> Flags | None:
    """
    Return the flags of a state after steps, each with the dates that it puts, those that it drops, and its runs.

    Args:
        dates, columns, flags: of the state before them.

    """
    days = dates.astype(np.int64)
    axis = np.unique(np.concatenate([days, *(part.astype(np.int64) for put, drop, _ in steps for part in (put, drop))]))
    codes = sorted({code for part in (flags, *(runs for *_, runs in steps)) if part is not None for code in part.codes})
    ranks = {code: rank for rank, code in enumerate(codes, start=1)}
    has, cells = np.zeros(len(axis), dtype=bool), np.zeros((len(axis), columns), np.uint16)
    own = axis.searchsorted(days)
    has[own] = True
    if flags is not None:
        cells[own] = _table(flags.codes, ranks)[flags.cells]
    for put, drop, runs in steps:
        gone = axis.searchsorted(drop.astype(np.int64))
        has[gone], cells[gone] = False, 0
        has[axis.searchsorted(put.astype(np.int64))] = True
        if runs is not None:
            cells = runs.put_on(cells, axis, has, _table(runs.codes, ranks))
    return Flags.of(codes, cells[has])


def _table(codes: Sequence[str], ranks: dict[str, int]) -> NDArray[np.uint16]:
    """Return the cell for each place in codes, of which 0 is none."""
    return np.array([0, *(ranks[code] for code in codes)], np.uint16)
