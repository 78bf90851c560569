"""Pairs: the first and the final value of each period, each transformed inside its own vintage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Matrix
from domain.release_table import NO_ROW, ReleaseTable, changes
from domain.vintages import Cause

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class LeftOut(StrEnum):
    """
    Why a period with a value is in no pair; the first reason that holds.

    ``censored``: its true first release may be unknown. ``no_initial``: it has fewer releases. ``no_final``: it has no final value, or
    none yet. ``same_vintage``: the final value is not of a later vintage. ``mixed``: a vintage that a newer adapter read from other bytes
    changed it, so that nobody can tell whether it was revised. ``level_shift``: the series' level shifted in between.
    """

    CENSORED = "censored"
    NO_INITIAL = "no_initial"
    NO_FINAL = "no_final"
    SAME_VINTAGE = "same_vintage"
    MIXED = "mixed"
    LEVEL_SHIFT = "level_shift"


@dataclass(frozen=True, eq=False, kw_only=True)
class Pairs:
    """
    The pairs of a sample, in the order of their periods.

    Attributes:
        periods: numbers of the periods; those of consecutive ones are consecutive.
        initial, final: the values compared.
        directions: of shape (2, pairs), what the signs of initial and final value are taken from; NaN where it is missing.

    """

    dates: Dates
    periods: NDArray[np.int64]
    initial: NDArray[np.float64]
    final: NDArray[np.float64]
    directions: Matrix
    left_out: Mapping[LeftOut, int]

    @property
    def revisions(self) -> NDArray[np.float64]:
        """The final values minus the initial ones."""
        return np.asarray(self.final - self.initial)

    @property
    def follow(self) -> Mask:
        """Whether each pair but the first is of the period right after that of the pair before."""
        return np.asarray(np.diff(self.periods) == 1)


@dataclass(frozen=True, eq=False, kw_only=True)
class Pairing:
    """
    What pairs are made of.

    Attributes:
        wanted: which dates are asked for.
        final: for each date, the row of its final value.
        signs: of the table's shape, what signs are taken from.
        excluding: rows of the states with another level, which exclude the pairs that they lie between.

    """

    table: ReleaseTable
    wanted: Mask
    periods: NDArray[np.int64]
    final: Rows
    signs: Matrix
    excluding: Collection[int]

    @cached_property
    def _mixed(self) -> Rows:
        """Up to each cell, how many vintages of mixed cause had changed the date's value."""
        is_mixed = np.array([state.vintage.cause is Cause.MIXED for state in self.table.states], dtype=bool)
        return np.cumsum(changes(self.table.values, rounded=True) & is_mixed[:, None], axis=0)

    @cached_property
    def _shifts(self) -> Rows:
        """Up to each row, how many states excluded pairs."""
        return np.cumsum(np.isin(np.arange(len(self.table.states)), list(self.excluding)))

    def __call__(self, release: int) -> Pairs:
        """Return the pairs of this release, counted from 0, with the final values."""
        initial = self.table.nth(release)
        left, left_out = self.wanted & (self.table.counts[-1] > 0), {}
        for reason, holds in self._reasons(initial):
            left_out[reason] = int((left & holds).sum())
            left = left & ~holds
        return self._pairs(initial, left, left_out)

    def common(self, first: int, last: int) -> list[Pairs]:
        """Return the pairs of each release from one to another, of the dates that have them all."""
        dates = np.isin(self.table.dates, self(first).dates) & np.isin(self.table.dates, self(last).dates)
        return [self._pairs(self.table.nth(release), dates, {}) for release in range(first, last + 1)]

    def _reasons(self, initial: Rows) -> list[tuple[LeftOut, Mask]]:
        before, after = np.maximum(initial, 0), np.maximum(self.final, 0)
        places = np.arange(len(initial))
        return [
            (LeftOut.CENSORED, self.table.censored),
            (LeftOut.NO_INITIAL, initial == NO_ROW),
            (LeftOut.NO_FINAL, np.isnan(self.table.at(self.final))),
            (LeftOut.SAME_VINTAGE, self.final <= initial),
            (LeftOut.MIXED, self._mixed[after, places] > self._mixed[before, places]),
            (LeftOut.LEVEL_SHIFT, self._shifts[after] > self._shifts[before]),
        ]

    def _pairs(self, initial: Rows, dates: Mask, left_out: Mapping[LeftOut, int]) -> Pairs:
        places = np.flatnonzero(dates)
        return Pairs(
            dates=self.table.dates[dates],
            periods=self.periods[dates],
            initial=self.table.at(initial)[dates],
            final=self.table.at(self.final)[dates],
            directions=np.stack([self.signs[initial[dates], places], self.signs[self.final[dates], places]]),
            left_out=left_out,
        )
