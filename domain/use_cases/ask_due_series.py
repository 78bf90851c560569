"""AskDueSeries: request a fetch of each followed series whose time has come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import InvalidInput
from domain.moments import is_ahead
from domain.ports import Store, UnitOfWork
from domain.ports.schedule_repository import Followed
from domain.schedules.schedule import FollowedSeries, NextLook, Schedule
from domain.schedules.timing import catch_up_delay, inside_window, next_look
from domain.use_cases.plan_next_look import UNDER_WAY, PlanNextLook, put_off

logger = logging.getLogger(__name__)

_BATCH = 50


@dataclass(frozen=True, slots=True)
class AskDueSeries:
    """
    Claim due looks, each in one transaction with the fetch it leads to.

    Of any number of workers one gets a look. Its next one is set in the same transaction, so that a worker that dies loses none and
    repeats none.
    """

    store: Store
    plan_next_look: PlanNextLook

    def __call__(self) -> bool:
        """Claim a batch of due looks; return whether there may be more."""
        with self.store.reading() as uow:
            next_at = uow.schedules.next_at()
            if next_at is None or next_at > uow.now():
                return False
        claimed, asked = self._claim()
        for series_id in {look.series_id for _, look in claimed} - asked:
            self.plan_next_look(series_id)
        return len(claimed) == _BATCH

    def _claim(self) -> tuple[Sequence[Followed], AbstractSet[UUID]]:
        """Claim a batch; return it, and the series that are asked."""
        with self.store.writing() as uow:
            claimed, now = uow.schedules.claim(_BATCH), uow.now()
            asked = {look.series_id for schedule, look in claimed if self._advance(uow, schedule, look, now)}
            if claimed:
                uow.commit()
        if asked:
            logger.info("followed series asked", extra={"fetches": len(asked)})
        return claimed, asked

    def _advance(self, uow: UnitOfWork, schedule: Schedule, look: FollowedSeries, now: datetime) -> bool:
        """Ask the series if that is planned, and set its next look; return whether a fetch was added."""
        asked = False
        try:
            opens = inside_window(schedule.rule, NextLook.again(look, now, look.reason))
            # One that has yet to be planned is only put off, so that no other worker plans it meanwhile.
            planned, next_ = look.planned, opens if look.planned else put_off(look, look.reason, now)
            if look.planned and opens.at <= now:
                planned, next_ = _after(schedule, look, now)
                asked = self._ask(uow, schedule, look, now)
        except InvalidInput as error:
            # As when a time zone was renamed: its schedule stops no other one.
            planned, next_ = False, put_off(look, error.message, now)
        uow.schedules.plan(look, next_, planned=planned, succeeded_at=look.last_success_at, failures=look.failures)
        return asked

    def _ask(self, uow: UnitOfWork, schedule: Schedule, look: FollowedSeries, now: datetime) -> bool:
        due_at, series = look.next_at or now, uow.series.get(look.series_id)
        newest = series.fetch
        since = [moment for moment in (series.checked_at, newest and newest.created_at) if moment and not is_ahead(moment, now)]
        if any(moment >= due_at for moment in since) or (newest and not newest.ended):
            # It has been checked since, as by another schedule or a person, or a fetch is under way.
            return False
        late = catch_up_delay(schedule.rule, look.series_id, due_at, now)
        return uow.fetches.add_scheduled(look.series_id, request_id=f"schedule-{schedule.id}", seconds=late.total_seconds())


def _after(schedule: Schedule, look: FollowedSeries, now: datetime) -> tuple[bool, NextLook]:
    """Return whether the look after one that was asked is known already, and the look."""
    if schedule.rule.kind.follows_releases:
        return False, put_off(look, UNDER_WAY, now)
    return True, next_look(schedule, look.series_id, now)
