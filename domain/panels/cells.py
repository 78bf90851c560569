"""The cells of one series in a panel, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates
from domain.panels.rows import Rows
from domain.panels.rule import CellRule


class Status(IntEnum):
    """
    What a cell holds.

    ``unchecked``: the moment is later than the last look at the provider. ``stale``: the value is too old, and left out.
    ``before_store``: no vintage counts yet. ``assumed``: a later, revised value. ``missing``: there is no value.
    ``censored``: the release may have been missed, or there was none.
    """

    OK = 0
    STALE = 1
    UNCHECKED = 2
    BEFORE_STORE = 3
    ASSUMED = 4
    MISSING = 5
    CENSORED = 6


@dataclass(frozen=True, slots=True)
class Cells:
    """
    Cells in the order of the moments, in a window the oldest observation first.

    Attributes:
        decision: place of each cell's moment.
        value: NaN where there is none.
        date: NaT where there is none, as is ``period_end``.
        vintage: its number; 0 if there is none.
        age: days from the period's end to the moment's day; 0 where there is no date.
        status: as in ``Status``.
        fine: whether some dates are instants.

    """

    decision: NDArray[np.int32]
    value: NDArray[np.float64]
    date: Dates
    period_end: Dates
    vintage: NDArray[np.int32]
    age: NDArray[np.int32]
    status: NDArray[np.int8]
    fine: bool

    def __len__(self) -> int:
        return len(self.decision)


class Grid:
    """
    Cells in the making: a row for each moment, its newest observation last.

    Args:
        days: the local day of each moment.

    """

    def __init__(self, days: Dates, window: int) -> None:
        shape = len(days), window
        self.days = days
        self.value = np.full(shape, np.nan)
        self.date = np.full(shape, np.datetime64("NaT", "s"))
        self.period_end = np.full(shape, np.datetime64("NaT", "D"))
        self.vintage = np.zeros(shape, np.int32)
        self.status = np.full(shape, Status.MISSING, np.int8)
        self.used = np.zeros(shape, bool)
        self.used[:, -1] = True
        self.fine = False

    @property
    def window(self) -> int:
        """The number of observations of a moment."""
        return self.value.shape[1]

    def put(self, at: NDArray[np.intp], rows: Rows, picked: NDArray[np.intp], vintage: int | NDArray[np.int32]) -> None:
        """
        Put rows into cells.

        Args:
            at: places of moments.
            picked: places of rows, in the shape of these moments' cells; -1 for none.
            vintage: the number of each, or of all.

        """
        self.vintage[at] = vintage
        if not len(rows.values):
            return
        self.fine |= rows.dates.dtype != self.days.dtype
        there = picked >= 0
        value = np.where(there, rows.values[picked], np.nan)
        self.value[at] = value
        self.date[at] = np.where(there, rows.dates[picked].astype("datetime64[s]"), np.datetime64("NaT", "s"))
        self.period_end[at] = np.where(there, rows.ends[picked], np.datetime64("NaT", "D"))
        self.status[at] = np.where(np.isnan(value), Status.MISSING, Status.OK)
        self.used[at] = there
        self.used[at, -1] = True

    def finished(self, rule: CellRule, unchecked: NDArray[np.bool_]) -> Cells:
        """Return the cells, with those that are stale or unchecked marked."""
        ages = (self.days[:, None] - self.period_end).astype("timedelta64[D]")
        dated = ~np.isnat(self.period_end)
        age = np.where(dated, ages.astype(np.int64), 0)
        if rule.max_age is not None:
            stale = dated[:, -1] & (age[:, -1] > rule.max_age)
            self.value[stale], self.status[stale] = np.nan, Status.STALE
        self.status[(self.status == Status.OK) & unchecked[:, None]] = Status.UNCHECKED
        rows, _ = np.nonzero(self.used)
        return Cells(
            decision=rows.astype(np.int32),
            value=self.value[self.used],
            date=self.date[self.used],
            period_end=self.period_end[self.used],
            vintage=self.vintage[self.used],
            age=age[self.used].astype(np.int32),
            status=self.status[self.used],
            fine=self.fine,
        )
