"""Following a series on its page: when it is looked at next, and why then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.schedules.schedule import FollowedSeries, Rule, Schedule
from domain.schedules.selector import Selector
from domain.series import TimeSeries
from domain.use_cases.describe_series import Described
from domain.use_cases.manage_schedules import ManageSchedules
from entrypoints.web import words


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksAhead:
    """
    What follows a series.

    Attributes:
        looks: a sentence for each schedule that does, with its next look and the reason for it.
        is_followed: whether one of them follows this series alone, so that it can be unfollowed here.

    """

    looks: Sequence[str]
    is_followed: bool


def looks_ahead(described: Described, following: Sequence[tuple[Schedule, FollowedSeries]]) -> LooksAhead:
    """Return the looks at a series by the schedules that follow it."""
    looks = [_sentence(described, schedule, look) for schedule, look in following]
    return LooksAhead(looks=looks, is_followed=any(schedule.selector.code for schedule, _ in following))


def follow(manage_schedules: ManageSchedules, series: TimeSeries, *, wanted: bool) -> None:
    """Follow a series by a learned schedule unless it is followed already, or remove the schedules that follow it alone."""
    selector = Selector(provider=series.provider, database=series.code.database, pattern=series.code.dataset)
    found = manage_schedules.find(selector)
    if wanted and not found:
        manage_schedules.create(selector, Rule())
    for state in () if wanted else found:
        manage_schedules.remove(state.schedule.id)


def _sentence(described: Described, schedule: Schedule, look: FollowedSeries) -> str:
    by = "" if schedule.selector.code else f" with {schedule.selector}"
    if look.next_at is None:
        return f"Followed{by}, but paused."
    return f"Followed{by}; looked at next {words.ago(look.next_at, described.now)}. {look.reason}"
