"""Periods: on which of its days a week, month, quarter or year is dated, and the day to which its date is moved."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput, InvalidObservations
from domain.frequency import DAYS_OF, MONTHS_OF, Frequency
from domain.observations import Dates, Observations

_DAY = np.timedelta64(1, "D")


class Side(StrEnum):
    """The day of a period by which its observation is dated."""

    START = "start"
    END = "end"


class Anchor(StrEnum):
    """
    On which of its days a provider dates a period.

    ``dates`` in the extra metadata of a series says it: a text that begins with these words. Any other text states nothing.

    Attributes:
        START: each date is the first day of its period, which for some reporting years is a day within a month.
        END: each date is the last day of its period, be it a week, a calendar month or a fiscal year.
        WITHIN: each date is some day of its calendar period, such as the last day of trading; weeks run from Monday to Sunday.

    """

    START = "first day"
    END = "last day"
    WITHIN = "a day"

    def of(self, period: str = "period") -> str:
        """Return the text that states it, ``last day of the week``."""
        return f"{self} of the {period}"


def stated(dates: object) -> Anchor | None:
    """Return the anchor that ``dates`` states; None if it states none."""
    return next((anchor for anchor in Anchor if isinstance(dates, str) and dates.startswith(f"{anchor} of the ")), None)


def aligned(observations: Observations, side: Side, frequency: Frequency | None, anchor: Anchor | None = None) -> Observations:
    """
    Return the observations dated by the first or last day of each period; daily data and unknown frequencies stay as they are.

    Args:
        anchor: on which day of its period each date stands. None for months and longer is the calendar period that holds the date.

    Raises:
        InvalidInput: two dates are in one period, or nothing states where a week begins.

    """
    if observations.unit != "D" or frequency is None or frequency in (Frequency.HOURLY, Frequency.DAILY):
        return observations
    if frequency in DAYS_OF:
        dates = _weeks(observations.dates, side, frequency, anchor)
    else:
        dates = _months(observations.dates, side, MONTHS_OF[frequency], anchor)
    try:
        moved = Observations.of(dates, observations.columns, observations.values, flags=observations.flags)
    except InvalidObservations:
        moved = None
    if moved is None or len(moved) != len(observations):
        raise InvalidInput("Two dates of the series are in one period.", field="periods", hint="Omit periods.")
    return moved


def bounds(dates: Dates, frequency: Frequency | None, anchor: Anchor | None) -> tuple[Dates, Dates]:
    """
    Return the first and the last day of the period for which each date stands, each date taken by itself.

    A date of a day, of an unknown frequency, or of a week of which nothing states where it begins, counts as both. An instant is its own
    beginning, and its day in UTC the end.
    """
    days: Dates = dates.astype("datetime64[D]")
    if dates.dtype != days.dtype or frequency in (None, Frequency.HOURLY, Frequency.DAILY):
        return dates, days
    if frequency in DAYS_OF:
        return _week_bounds(days, frequency, anchor)
    length, months = MONTHS_OF[frequency], days.astype("datetime64[M]")
    numbers = months.astype(np.int64)
    first = {Anchor.START: numbers, Anchor.END: numbers - length + 1}.get(anchor, numbers // length * length)  # type: ignore[arg-type]
    starts: Dates = first.astype("datetime64[M]").astype("datetime64[D]")
    after: Dates = (first + length).astype("datetime64[M]")
    if anchor is Anchor.START:
        # A reporting year may begin within a month.
        following: Dates = np.minimum(after.astype("datetime64[D]") + (days - starts), (after + 1).astype("datetime64[D]") - _DAY)
        return days, np.subtract(following, _DAY)
    return starts, np.subtract(after.astype("datetime64[D]"), _DAY)


def _week_bounds(days: Dates, frequency: Frequency, anchor: Anchor | None) -> tuple[Dates, Dates]:
    if anchor is Anchor.WITHIN and frequency is Frequency.WEEKLY:
        days, anchor = frequency.ends(days), Anchor.END
    further = (DAYS_OF[frequency] - 1) * _DAY
    starts: Dates = np.subtract(days, further) if anchor is Anchor.END else days
    ends: Dates = np.add(days, further) if anchor is Anchor.START else days
    return starts, ends


def _weeks(dates: Dates, side: Side, frequency: Frequency, anchor: Anchor | None) -> Dates:
    length = np.timedelta64(DAYS_OF[frequency] - 1, "D")
    if anchor is Anchor.WITHIN and frequency is Frequency.WEEKLY:
        dates, anchor = frequency.ends(dates), Anchor.END
    if anchor is Anchor.START:
        return dates if side is Side.START else dates + length
    if anchor is Anchor.END:
        return dates if side is Side.END else dates - length
    text = "The series does not state on which day of their week its dates stand, so that they cannot be moved to another."
    raise InvalidInput(text, field="periods", hint="Omit periods: the dates are then those of its provider.")


def _months(dates: Dates, side: Side, length: int, anchor: Anchor | None) -> Dates:
    months = dates.astype("datetime64[M]").astype(np.int64)
    if anchor is Anchor.START:
        day = _common_day(dates)
        if day > 1:
            return dates if side is Side.START else _on_day(months + length, day) - np.timedelta64(1, "D")
        first = months
    elif anchor is Anchor.END:
        first = months - length + 1
    else:
        first = months // length * length
    first = first if side is Side.START else first + length
    begins: Dates = first.astype("datetime64[M]").astype("datetime64[D]")
    return begins if side is Side.START else begins - np.timedelta64(1, "D")


def _common_day(dates: Dates) -> int:
    """Return the day of the month on which all dates stand, of months that are too short the last; 1 if they stand on several."""
    months = dates.astype("datetime64[M]")
    day = int((dates - months.astype("datetime64[D]")).astype(np.int64).max(initial=0)) + 1
    return day if (_on_day(months.astype(np.int64), day) == dates).all() else 1


def _on_day(months: NDArray[np.int64], day: int) -> Dates:
    """Return a day of each month, which is counted from 1970; of a month that is too short, its last."""
    begins, next_begins = ((months + more).astype("datetime64[M]").astype("datetime64[D]") for more in (0, 1))
    found: Dates = np.minimum(begins + np.timedelta64(day - 1, "D"), next_begins - np.timedelta64(1, "D"))
    return found
