"""Coarser frequencies as FRED has them: weeks that end on any day, and periods that are dated by their first day."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from domain.aggregates import Aggregate, by_label
from domain.errors import InvalidInput
from domain.frequency import MONTHS_OF, Frequency
from domain.observations import Dates, Observations

#: The last day of a two-week period of the Federal Reserve, a Wednesday.
_END_OF_TWO_WEEKS = np.datetime64("1984-02-15", "D")
_WEEK, _TWO_WEEKS = 7, 14
#: Day 0 of the epoch was a Thursday; by their ends.
_WEEKDAYS = {"f": 1, "sa": 2, "su": 3, "m": 4, "tu": 5, "w": 6, "th": 7}
#: From the finest to the coarsest.
_ORDER = tuple(Frequency)


class CoarserFrequency(StrEnum):
    """
    What observations are aggregated to, in FRED's names.

    ``wef`` is weekly, ending Friday, and so on; ``bwew`` two weeks that end on a Wednesday. ``w`` and ``bw``, which say no day, are
    ``wef`` and ``bwew``. Weeks are dated by their last day, all longer periods by their first.
    """

    DAILY = "d"
    WEEKLY = "w"
    BIWEEKLY = "bw"
    MONTHLY = "m"
    QUARTERLY = "q"
    SEMIANNUAL = "sa"
    ANNUAL = "a"
    WEEK_ENDING_FRIDAY = "wef"
    WEEK_ENDING_THURSDAY = "weth"
    WEEK_ENDING_WEDNESDAY = "wew"
    WEEK_ENDING_TUESDAY = "wetu"
    WEEK_ENDING_MONDAY = "wem"
    WEEK_ENDING_SUNDAY = "wesu"
    WEEK_ENDING_SATURDAY = "wesa"
    TWO_WEEKS_ENDING_WEDNESDAY = "bwew"
    TWO_WEEKS_ENDING_MONDAY = "bwem"

    @property
    def frequency(self) -> Frequency:
        """The frequency, whatever the day on which weeks end."""
        plain = {"d": Frequency.DAILY, "m": Frequency.MONTHLY, "q": Frequency.QUARTERLY, "sa": Frequency.SEMIANNUAL, "a": Frequency.ANNUAL}
        return plain.get(self) or (Frequency.BIWEEKLY if self.startswith("bw") else Frequency.WEEKLY)

    def labels(self, dates: Dates) -> Dates:
        """Return the date of each date's period."""
        days: Dates = dates.astype("datetime64[D]")
        frequency = self.frequency
        if frequency in MONTHS_OF:
            length = MONTHS_OF[frequency]
            return (days.astype("datetime64[M]").astype(np.int64) // length * length).astype("datetime64[M]").astype("datetime64[D]")
        if frequency is Frequency.DAILY:
            return days
        if frequency is Frequency.WEEKLY:
            ends = _WEEKDAYS[self.removeprefix("we") if len(self) > 1 else "f"]
            return days + (ends - days.astype(np.int64)) % _WEEK
        ends = int(_END_OF_TWO_WEEKS.astype(np.int64)) - (2 if self is CoarserFrequency.TWO_WEEKS_ENDING_MONDAY else 0)
        return days + (ends - days.astype(np.int64)) % _TWO_WEEKS


def aggregated(observations: Observations, to: CoarserFrequency, how: Aggregate, own: Frequency | None) -> Observations:
    """
    Return one value for each period that has any, of its known values; a period that has not ended counts with what it has.

    Args:
        own: the frequency of the observations; if it is the same, they stay as they are.

    Raises:
        InvalidInput: they are observed less often than that.

    """
    if own is to.frequency:
        return observations
    if own and _ORDER.index(own) > _ORDER.index(to.frequency):
        raise InvalidInput(f"frequency={to} is higher than the series' own, which is {own}.", field="frequency", hint="Omit frequency.")
    if not len(observations) or not observations.columns:
        return observations
    return by_label(observations, to.labels(observations.dates), how)
