"""The schedules in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from adapters.memory.state import Clock, State
from domain.errors import ScheduleNotFound
from domain.ports.schedule_repository import Followed
from domain.schedules.schedule import (
    TO_BE_PLANNED,
    TRIGGERED,
    FollowedSeries,
    NextLook,
    Schedule,
    SchedulePage,
    ScheduleQuery,
    ScheduleState,
)
from domain.series import TimeSeries


@dataclass(frozen=True, slots=True)
class MemoryScheduleRepository:
    """The schedules of a state."""

    state: State
    clock: Clock

    def add(self, schedule: Schedule) -> None:
        self.state.schedules[schedule.id] = schedule
        for series in self.state.series.values():
            if schedule.selector.matches(series.provider, series.code):
                self.follow(series, schedule)

    def get(self, schedule_id: UUID) -> Schedule:
        if schedule_id not in self.state.schedules:
            raise ScheduleNotFound
        return self.state.schedules[schedule_id]

    def describe(self, schedule_id: UUID) -> ScheduleState:
        schedule, looks = self.get(schedule_id), self._of(schedule_id)
        return ScheduleState(
            schedule=schedule,
            series=len(looks),
            next=next(iter(self.looks(schedule_id, 1)), None),
            last_success_at=max((look.last_success_at for look in looks if look.last_success_at), default=None),
            overdue_since=min((look.overdue_since for look in looks if look.overdue_since), default=None),
        )

    def list(self, query: ScheduleQuery) -> SchedulePage:
        found = [
            self.describe(schedule.id)
            for schedule in sorted(self.state.schedules.values(), key=_age)
            if query.selector in (None, schedule.selector)
            and (query.series_id is None or (schedule.id, query.series_id) in self.state.followed)
            and not (query.overdue and all(look.overdue_since is None for look in self._of(schedule.id)))
            and (query.after is None or _age(schedule) > query.after)
        ]
        return SchedulePage.of(found[: query.limit + 1], query.limit)

    def change(self, schedule: Schedule) -> None:
        self.get(schedule.id)
        self.state.schedules[schedule.id] = schedule
        for look in self._of(schedule.id):
            anew = replace(look, planned=False, reason=TO_BE_PLANNED, expected_at=None, basis=None)
            self._put(replace(anew, next_at=None if schedule.paused else self.clock()))

    def remove(self, schedule_id: UUID) -> None:
        self.get(schedule_id)
        del self.state.schedules[schedule_id]
        for look in self._of(schedule_id):
            del self.state.followed[schedule_id, look.series_id]

    def trigger(self, schedule_id: UUID) -> int:
        waiting = [look for look in self._of(schedule_id) if look.next_at]
        for look in waiting:
            self._put(replace(look, next_at=self.clock(), planned=True, reason=TRIGGERED))
        return len(waiting)

    def unfollowed(self, series: TimeSeries) -> Sequence[Schedule]:
        masks = [schedule for schedule in self.state.schedules.values() if schedule.selector.code is None]
        meant = [schedule for schedule in masks if schedule.selector.matches(series.provider, series.code)]
        return [schedule for schedule in meant if (schedule.id, series.id) not in self.state.followed]

    def follow(self, series: TimeSeries, schedule: Schedule) -> None:
        if (schedule.id, series.id) not in self.state.followed:
            first = FollowedSeries(
                schedule_id=schedule.id,
                series_id=series.id,
                next_at=None if schedule.paused else self.clock(),
                planned=False,
                reason=TO_BE_PLANNED,
            )
            self._put(first)

    def following(self, series_id: UUID) -> Sequence[Followed]:
        looks = [look for look in self.state.followed.values() if look.series_id == series_id]
        return sorted(((self.state.schedules[look.schedule_id], look) for look in looks), key=lambda found: _age(found[0]))

    def looks(self, schedule_id: UUID, limit: int) -> Sequence[FollowedSeries]:
        waiting = [(look.next_at, self._number(look), look) for look in self._of(schedule_id) if look.next_at]
        return [look for *_, look in sorted(waiting, key=lambda found: found[:2])][:limit]

    def next_at(self) -> datetime | None:
        return min((look.next_at for look in self.state.followed.values() if look.next_at), default=None)

    def claim(self, limit: int) -> Sequence[Followed]:
        now = self.clock()
        due = [(look.next_at, self._number(look), look) for look in self.state.followed.values() if look.next_at and look.next_at <= now]
        chosen = [look for *_, look in sorted(due, key=lambda found: found[:2])[:limit]]
        return [(self.state.schedules[look.schedule_id], look) for look in sorted(chosen, key=self._number)]

    def plan(self, followed: FollowedSeries, look: NextLook, *, planned: bool = True, succeeded_at: datetime | None, failures: int) -> bool:
        found = self.state.followed.get((followed.schedule_id, followed.series_id))
        if found is None or found.next_at is None or (found.next_at, found.planned) != (followed.next_at, followed.planned):
            return False
        set_anew = replace(found, next_at=look.at, reason=look.reason, overdue_since=look.overdue_since)
        set_anew = replace(set_anew, expected_at=look.expected_at, basis=look.basis)
        self._put(replace(set_anew, planned=planned, last_success_at=succeeded_at, failures=failures))
        return True

    def _of(self, schedule_id: UUID) -> Sequence[FollowedSeries]:
        return [look for look in self.state.followed.values() if look.schedule_id == schedule_id]

    def _number(self, look: FollowedSeries) -> int:
        return self.state.series[look.series_id].number

    def _put(self, look: FollowedSeries) -> None:
        self.state.followed[look.schedule_id, look.series_id] = look


def _age(schedule: Schedule) -> tuple[datetime, UUID]:
    return schedule.created_at, schedule.id
