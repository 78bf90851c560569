"""Learned schedules: the next look by ``domain.schedules.learning``, from the past of a series as it is stored."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.frequency import Frequency
from domain.schedules import learning
from domain.schedules.history import History
from domain.schedules.learning.by_calendar import plan_by_calendar
from domain.schedules.schedule import Basis, NextLook
from domain.schedules.zones import zone_of

_USUAL = Frequency.DAILY
_EXHAUSTED = "Its calendar lists no later release."


class LearnedLook:
    """Plans the next look by the releases that a calendar lists, else from those of the past."""

    def __call__(self, history: History) -> NextLook:
        zone = zone_of(history.tz)
        if history.events:
            plan = plan_by_calendar(history.events, history.vintages, history.checked_at, budget=history.budget, zone=zone)
            if plan:
                return _look(plan, history, Basis.CALENDAR)
        look = self._learned(history, zone)
        doubt = _EXHAUSTED if history.events else history.doubt
        return replace(look, reason=f"{doubt} {look.reason}") if doubt else look

    def _learned(self, history: History, zone: ZoneInfo) -> NextLook:
        frequency = history.frequency
        newest = max((each for each in history.vintages if each.last is not None), key=lambda each: each.knowledge(), default=None)
        if newest is None or newest.last is None:
            return NextLook(at=history.checked_at + (frequency or _USUAL).max_age, reason="It holds no observations yet.")
        plan = learning.plan(
            learning.releases_of(history.vintages, frequency, zone),
            learning.Checks(newest=newest.last, known_at=newest.known_at, last=history.checked_at),
            frequency=frequency,
            budget=history.budget,
            zone=zone,
        )
        return _look(plan, history, Basis.LEARNED)


def _look(plan: learning.Plan, history: History, basis: Basis) -> NextLook:
    return NextLook(
        at=max(plan.at, history.now),
        reason=f"{plan.reason[:1].upper()}{plan.reason[1:]}.",
        overdue_since=plan.overdue_since,
        expected_at=plan.expected_at,
        basis=basis if plan.expected_at else None,
    )
