"""Following: what is looked at next and why then, of one series and of all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from domain.errors import SeriesNotFound
from domain.schedules.schedule import FollowedSeries, Rule, Schedule, ScheduleKind, ScheduleQuery, ScheduleState
from domain.schedules.selector import Selector
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.manage_schedules import ManageSchedules
from entrypoints.rest.http.params import fetch_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksAhead:
    """
    What follows a series.

    Attributes:
        notes: a sentence for each schedule that is paused, or follows other series too; when it is looked at next is part of its freshness.
        is_followed: whether one of them follows this series alone, so that it can be unfollowed here.

    """

    notes: Sequence[str]
    is_followed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """
    A schedule with its state.

    Attributes:
        says: its rule in words.
        series: the one that is looked at next.

    """

    state: ScheduleState
    says: str
    series: TimeSeries | None


def followed(use_cases: UseCases, query: ScheduleQuery) -> tuple[list[Followed], str | None]:
    """Return a page of the schedules, and where the next one goes on."""
    page = use_cases.manage_schedules.list(query)
    found = [Followed(state=state, says=_said(state.schedule.rule), series=_series(use_cases, state)) for state in page.items]
    return found, fetch_cursor(page.next)


def _series(use_cases: UseCases, state: ScheduleState) -> TimeSeries | None:
    with suppress(SeriesNotFound):
        return use_cases.describe_series(state.next.series_id).series if state.next else None
    return None


def _said(rule: Rule) -> str:
    said = {
        ScheduleKind.INTERVAL: f"every {rule.spec}",
        ScheduleKind.CRON: f"at “{rule.spec}”, {rule.zone}",
        ScheduleKind.CALENDAR: f"when the calendar {rule.spec} lists a release",
        ScheduleKind.LEARNED: "when its releases are expected",
    }
    return f"{said[rule.kind]}{f', {rule.window}' if rule.window else ''}"


def looks_ahead(following: Sequence[tuple[Schedule, FollowedSeries]]) -> LooksAhead:
    """Return what follows a series."""
    notes = [
        f"Followed{'' if schedule.selector.code else f' with {schedule.selector}'}{', but paused' if schedule.paused else ''}."
        for schedule, _ in following
        if schedule.paused or not schedule.selector.code
    ]
    return LooksAhead(notes=notes, is_followed=any(schedule.selector.code for schedule, _ in following))


def follow(manage_schedules: ManageSchedules, series: TimeSeries, *, wanted: bool) -> None:
    """Follow a series by a learned schedule unless it is followed already, or remove the schedules that follow it alone."""
    selector = Selector(provider=series.provider, database=series.code.database, pattern=series.code.dataset)
    found = manage_schedules.find(selector)
    if wanted and not found:
        manage_schedules.create(selector, Rule())
    for state in () if wanted else found:
        manage_schedules.remove(state.schedule.id)
