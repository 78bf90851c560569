"""Periods: the day by which a week, month, quarter or year is dated."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from domain.errors import InvalidInput, InvalidObservations
from domain.frequency import MONTHS_OF, Frequency
from domain.observations import Dates, Observations

_WEEK = np.timedelta64(6, "D")


class Side(StrEnum):
    """The day of a period by which its observation is dated."""

    START = "start"
    END = "end"


def aligned(observations: Observations, side: Side, frequency: Frequency | None, *, week_begins: bool = False) -> Observations:
    """
    Return the observations dated by the first or last day of each period; daily data and unknown frequencies stay as they are.

    Args:
        week_begins: whether weeks are dated by their first day rather than their last.

    Raises:
        InvalidInput: two dates are in one period.

    """
    if observations.unit != "D" or frequency is None or frequency in (Frequency.HOURLY, Frequency.DAILY):
        return observations
    if frequency is Frequency.WEEKLY:
        dates = _weeks(observations.dates, side, begins=week_begins)
    else:
        dates = _months(observations.dates, side, frequency)
    try:
        moved = Observations.of(dates, observations.columns, observations.values)
    except InvalidObservations:
        moved = None
    if moved is None or len(moved) != len(observations):
        raise InvalidInput("Two dates of the series are in one period.", field="periods", hint="Omit periods.")
    return moved


def _weeks(dates: Dates, side: Side, *, begins: bool) -> Dates:
    if begins == (side is Side.START):
        return dates
    return dates + _WEEK if begins else dates - _WEEK


def _months(dates: Dates, side: Side, frequency: Frequency) -> Dates:
    if side is Side.END:
        return frequency.ends(dates)
    length = MONTHS_OF[frequency]
    first: Dates = (dates.astype("datetime64[M]").astype(np.int64) // length * length).astype("datetime64[M]").astype("datetime64[D]")
    return first
