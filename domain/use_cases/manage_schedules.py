"""ManageSchedules: follow series, change how, look ahead, and stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from domain.errors import SchedulePaused
from domain.ports import Store
from domain.schedules.schedule import (
    FollowedSeries,
    NextLook,
    Rule,
    Schedule,
    ScheduleKind,
    SchedulePage,
    ScheduleQuery,
    ScheduleState,
)
from domain.schedules.selector import Selector
from domain.schedules.timing import preview
from domain.use_cases.plan_next_look import PlanNextLook
from domain.use_cases.request_fetch import RequestFetch
from domain.use_cases.spelling import spelled

_PLANNED_HERE = 10


@dataclass(frozen=True, slots=True)
class PreviewedLook:
    """A look ahead; of one series, or by the rule of all before their jitter."""

    look: NextLook
    series_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ManageSchedules:
    """Create, read, change and remove schedules."""

    store: Store
    request_fetch: RequestFetch
    plan_next_look: PlanNextLook

    def create(self, selector: Selector, rule: Rule, *, paused: bool = False) -> ScheduleState:
        """
        Have a rule follow one series, which is added if it is not stored yet, or all that a mask means, now and later.

        Raises:
            InvalidInput: a field of the rule is not valid.
            UnknownProvider, ProviderNotConfigured: no provider can serve it; nothing was written.

        """
        wanted = self.resolve(selector)
        with self.store.writing() as uow:
            now = uow.now()
            self._check(rule, now)
            if wanted.code and wanted.provider:
                uow.series.add(wanted.provider, wanted.code)
            schedule = Schedule(id=uuid4(), selector=wanted, rule=rule, paused=paused, created_at=now)
            uow.schedules.add(schedule)
            uow.commit()
        return self._planned(schedule.id)

    def resolve(self, selector: Selector) -> Selector:
        """Return the selector with the provider that serves its code, as that spells it; raises like ``create`` if none does."""
        if selector.code:
            provider = self.request_fetch.provider_of(selector.code, selector.provider)
            own = spelled(self.store, self.request_fetch.providers, provider.name, selector.code)
            return Selector(provider=provider.name, database=own.database, pattern=own.dataset)
        if selector.provider:
            self.request_fetch.providers.get(selector.provider)
        return selector

    def find(self, selector: Selector) -> Sequence[ScheduleState]:
        """Return the schedules with exactly this selector, oldest first."""
        return self.list(ScheduleQuery(selector=self.resolve(selector))).items

    def get(self, schedule_id: UUID) -> ScheduleState:
        """Return a schedule with its state; raises ScheduleNotFound."""
        with self.store.reading() as uow:
            return uow.schedules.describe(schedule_id)

    def list(self, query: ScheduleQuery) -> SchedulePage:
        """Return a page of schedules, oldest first."""
        with self.store.reading() as uow:
            return uow.schedules.list(query)

    def looks_at(self, series_id: UUID) -> Sequence[tuple[Schedule, FollowedSeries]]:
        """Return the schedules that follow a series, with its next looks."""
        with self.store.reading() as uow:
            return uow.schedules.following(series_id)

    def change(self, schedule_id: UUID, changes: Mapping[str, Any]) -> ScheduleState:
        """
        Change fields of a schedule's rule, or ``paused``, after which its series are planned anew.

        Raises:
            ScheduleNotFound: none has this id.
            InvalidInput: a field is not valid.

        """
        with self.store.writing() as uow:
            schedule = uow.schedules.get(schedule_id)
            rule = replace(schedule.rule, **{name: value for name, value in changes.items() if name != "paused"})
            self._check(rule, uow.now())
            uow.schedules.change(replace(schedule, rule=rule, paused=changes.get("paused", schedule.paused)))
            uow.commit()
        return self._planned(schedule_id)

    def remove(self, schedule_id: UUID) -> None:
        """Remove a schedule; what it followed stays stored. Raises ScheduleNotFound."""
        with self.store.writing() as uow:
            uow.schedules.remove(schedule_id)
            uow.commit()

    def trigger(self, schedule_id: UUID) -> ScheduleState:
        """
        Make all series of a schedule due now.

        Raises:
            ScheduleNotFound: none has this id.
            SchedulePaused: it is paused.

        """
        with self.store.writing() as uow:
            if uow.schedules.get(schedule_id).paused:
                raise SchedulePaused
            uow.schedules.trigger(schedule_id)
            state = uow.schedules.describe(schedule_id)
            uow.commit()
        return state

    def preview(self, schedule_id: UUID, number: int) -> Sequence[PreviewedLook]:
        """Return the next looks: by an interval or a cron expression, else those that are planned for its series."""
        with self.store.reading() as uow:
            schedule, now = uow.schedules.get(schedule_id), uow.now()
            if not schedule.rule.kind.follows_releases:
                return [PreviewedLook(look) for look in preview(schedule, now, number)]
            planned = uow.schedules.looks(schedule_id, number)
        return [PreviewedLook(NextLook.again(look, look.next_at, look.reason), look.series_id) for look in planned if look.next_at]

    def _check(self, rule: Rule, now: datetime) -> None:
        rule.check(now)
        if rule.kind is ScheduleKind.CALENDAR:
            self.plan_next_look.read_calendar.check(rule.spec)

    def _planned(self, schedule_id: UUID) -> ScheduleState:
        """Plan a few of a schedule's series, so that its state says when they are looked at; the workers plan the others."""
        with self.store.reading() as uow:
            looks = uow.schedules.looks(schedule_id, _PLANNED_HERE)
        for look in looks:
            self.plan_next_look(look.series_id)
        return self.get(schedule_id)
