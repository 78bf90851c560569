"""The rows of one column in one state: collapsed, transformed, and with the periods for which they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.frequency import DAYS_OF, MONTHS_OF, Collapse, Frequency, collapse
from domain.observations import Dates, Observations
from domain.panels.rule import CellRule
from domain.period_transforms import PeriodTransform, by_period
from domain.periods import Anchor, bounds
from domain.transforms import Transform, transform

_HOUR, _DAY, _MONTH = np.timedelta64(1, "h"), np.timedelta64(1, "D"), np.timedelta64(31, "D")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the metadata known at a moment say of a series' dates."""

    frequency: Frequency | None
    anchor: Anchor | None

    def collapsed(self, kind: Collapse | None) -> Meaning:
        """Return what holds after collapsing: dates are the last days of calendar periods."""
        return self if kind is None else Meaning(Frequency(kind), Anchor.END if kind is Collapse.WEEKLY else None)


@dataclass(frozen=True, slots=True)
class Rows:
    """
    Rows, oldest first.

    Attributes:
        values: NaN where missing.
        starts: the first day of each date's period, or the instant itself.
        ends: the last day of each period.

    """

    dates: Dates
    values: NDArray[np.float64]
    starts: Dates
    ends: Dates

    @classmethod
    def of(cls, column: Observations, rule: CellRule, meaning: Meaning) -> Rows:
        """
        Return the rows of a single column as a rule wants them; a collapsed period that is not complete is left out.

        Raises:
            InvalidInput: the transform does not fit the frequency.

        """
        whole = column if rule.collapse is None else collapse(column, rule.collapse)
        after = meaning.collapsed(rule.collapse)
        rows = _transformed(whole, rule, after.frequency)
        if rule.collapse and len(rows) and not _is_complete(column, rule.collapse, meaning.frequency):
            rows = Observations.from_trusted(rows.dates[:-1], rows.columns, rows.values[:-1])
        starts, ends = bounds(rows.dates, after.frequency, after.anchor)
        return cls(rows.dates, rows.values[:, 0], starts, ends)


def _transformed(column: Observations, rule: CellRule, frequency: Frequency | None) -> Observations:
    kind = rule.transform
    if kind is None:
        return column
    return transform(column, Transform(kind)) if kind.needs_whole else by_period(column, PeriodTransform(kind), frequency)


def _is_complete(column: Observations, kind: Collapse, frequency: Frequency | None) -> bool:
    """Return whether the observation that follows the last known one belongs to a later collapsed period."""
    known = column.dates[~np.isnan(column.values[:, 0])]
    following = _following(known, frequency)
    if following is None:
        return False
    wanted = Frequency(kind)
    return bool(wanted.ends(following)[0] != wanted.ends(known[-1:])[0])


def _following(known: Dates, frequency: Frequency | None) -> Dates | None:
    """Return when the next observation is expected after the last one; None if nothing says it."""
    if frequency is None:
        return None
    days = known[-1:].astype("datetime64[D]")
    following: Dates = np.add(days, DAYS_OF.get(frequency, 1) * _DAY)
    if frequency is Frequency.HOURLY:
        following = np.add(known[-1:].astype("datetime64[s]"), _HOUR)
    elif frequency in MONTHS_OF:
        following = np.add(days.astype("datetime64[M]"), MONTHS_OF[frequency]).astype("datetime64[D]")
    elif frequency is Frequency.DAILY:
        recent = known[known.astype("datetime64[D]") > days - _MONTH].astype("datetime64[D]")
        following = np.busday_offset(following, 0, roll="forward") if np.is_busday(recent).all() else following
    return following
