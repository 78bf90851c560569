"""Learned schedules: the next look by ``domain.schedules.learning``, from the past of a series as it is stored."""

from __future__ import annotations

from domain.frequency import Frequency
from domain.schedules import learning
from domain.schedules.history import History
from domain.schedules.schedule import NextLook
from domain.schedules.zones import zone_of

_USUAL = Frequency.DAILY


class LearnedLook:
    """Plans the next look from the releases of the past."""

    def __call__(self, history: History) -> NextLook:
        zone, frequency = zone_of(history.tz), history.frequency
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
        return NextLook(
            at=max(plan.at, history.now), reason=f"{plan.reason[:1].upper()}{plan.reason[1:]}.", overdue_since=plan.overdue_since
        )
