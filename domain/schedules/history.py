"""What is known of the past of a series, from which a learned schedule plans the next look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.frequency import Frequency
from domain.schedules.calendar import ReleaseEvent
from domain.schedules.schedule import NextLook
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    The past of a series that has been fetched successfully.

    Attributes:
        vintages: the last ones, in order of arrival.
        frequency: as its provider declares it.
        checked_at: when a fetch of it last succeeded, changed or not.
        now: the present moment.
        budget: the number of looks for one release.
        tz: the time zone of releases.
        events: its releases that a calendar lists; empty if there is none.
        doubt: why no calendar tells its releases, though it should; a sentence.

    """

    vintages: Sequence[Vintage]
    frequency: Frequency | None
    checked_at: datetime
    now: datetime
    budget: int
    tz: str
    events: Sequence[ReleaseEvent] = ()
    doubt: str = ""


#: Plans the next look from the past of a series.
Learn = Callable[[History], NextLook]
