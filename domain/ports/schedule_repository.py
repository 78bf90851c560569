"""The repository of the schedules and of the series that they follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.schedules.schedule import FollowedSeries, NextLook, Schedule, SchedulePage, ScheduleQuery, ScheduleState
from domain.series import TimeSeries

#: A schedule, and one of the series that it follows.
Followed = tuple[Schedule, FollowedSeries]


class ScheduleRepository(Protocol):
    """The schedules; each has a row for every series that it follows, which is asked or planned when its time has come."""

    def add(self, schedule: Schedule) -> None:
        """Add a schedule, and have it follow all stored series that its selector means; each is to be planned at once."""
        ...

    def get(self, schedule_id: UUID) -> Schedule:
        """
        Return a schedule.

        Raises:
            ScheduleNotFound: none has this id.

        """
        ...

    def describe(self, schedule_id: UUID) -> ScheduleState:
        """Return a schedule with the state of its series; raises like ``get``."""
        ...

    def list(self, query: ScheduleQuery) -> SchedulePage:
        """Return a page of the matching schedules, oldest first."""
        ...

    def change(self, schedule: Schedule) -> None:
        """Change a schedule's rule, or pause or resume it; its series are to be planned anew, or wait. Raises like ``get``."""
        ...

    def remove(self, schedule_id: UUID) -> None:
        """Remove a schedule, which then follows nothing; raises like ``get``."""
        ...

    def trigger(self, schedule_id: UUID) -> int:
        """Make all series of a schedule that is not paused due now, and return how many."""
        ...

    def unfollowed(self, series: TimeSeries) -> Sequence[Schedule]:
        """Return the schedules whose masks mean a series that they do not follow yet."""
        ...

    def follow(self, series: TimeSeries, schedule: Schedule) -> None:
        """Have a schedule follow a series, to be planned at once, unless it does so already."""
        ...

    def following(self, series_id: UUID) -> Sequence[Followed]:
        """Return the schedules that follow a series."""
        ...

    def looks(self, schedule_id: UUID, limit: int) -> Sequence[FollowedSeries]:
        """Return the series of a schedule that are looked at next, the next one first."""
        ...

    def next_at(self) -> datetime | None:
        """Return when the next look at any series is due, or became due."""
        ...

    def claim(self, limit: int) -> Sequence[Followed]:
        """
        Return at most ``limit`` due looks, ordered by series, and lock them until this unit of work ends.

        What another worker has locked, and a series that is being removed, is left out.
        """
        ...

    def plan(self, followed: FollowedSeries, look: NextLook, *, planned: bool = True, succeeded_at: datetime | None, failures: int) -> bool:
        """
        Set the next look at a series, unless it was set otherwise since ``followed`` was read; return whether it was set.

        Args:
            planned: whether the series is to be asked then; else its next look is planned anew then.
            succeeded_at: when a fetch of the series last succeeded.
            failures: number of its fetches that have failed since.

        """
        ...
