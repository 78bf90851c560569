"""Which value of a period is its final one: the latest, a further release, or the one known some time after the first release."""

from __future__ import annotations

import re
from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.release_table import NO_ROW, ReleaseTable

_RELEASE, _DURATION = re.compile("[0-9]{1,4}"), re.compile("P([0-9]{1,4})([YMD])")
_MONTHS = {"Y": 12, "M": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """
    The final value; the latest if no attribute is set.

    Attributes:
        release: its number, counted from 0.
        months, days: how long after the first release; the state known then.

    """

    release: int | None = None
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``latest``, a release's number, or a duration of ISO 8601 in years, months or days such as ``P3Y``."""
        duration = _DURATION.fullmatch(text)
        if duration and int(duration[1]):
            count, unit = int(duration[1]), duration[2]
            return cls(days=count) if unit == "D" else cls(months=count * _MONTHS[unit])
        if text == "latest":
            return cls()
        if not _RELEASE.fullmatch(text):
            hint = "Write latest, a number such as 2 (the third release), or a time after the first release: P3Y, P18M, P90D."
            raise InvalidInput("final is neither latest nor a release nor a duration.", field="final", hint=hint)
        return cls(release=int(text))

    def __str__(self) -> str:
        if self.release is not None:
            return str(self.release)
        if self.days:
            return f"P{self.days}D"
        years, rest = divmod(self.months, 12)
        return "latest" if not self.months else f"P{self.months}M" if rest else f"P{years}Y"

    def rows(self, table: ReleaseTable, checked_at: datetime | None) -> NDArray[np.int64]:
        """Return for each date the row of its final value; ``NO_ROW`` where it has none, or none yet at the last check."""
        if self.release is not None:
            return table.nth(self.release)
        if not (self.months or self.days):
            return np.full(len(table.dates), len(table.states) - 1)
        moments = [state.vintage.answers_from for state in table.states]
        later = [self._after(moment) for moment in moments]
        known = [bisect_right(moments, each) - 1 if checked_at and each <= checked_at else NO_ROW for each in later]
        first = table.nth(0)
        return np.where(first == NO_ROW, NO_ROW, np.array(known)[first])

    def _after(self, moment: datetime) -> datetime:
        """Return the moment so much later; of a day that its month lacks, the month's last."""
        year, month = divmod(moment.year * 12 + moment.month - 1 + self.months, 12)
        if year > MAXYEAR:
            return datetime.max.replace(tzinfo=moment.tzinfo)
        day = min(moment.day, monthrange(year, month + 1)[1])
        try:
            return moment.replace(year=year, month=month + 1, day=day) + timedelta(days=self.days)
        except OverflowError:
            return datetime.max.replace(tzinfo=moment.tzinfo)
