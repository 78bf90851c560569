"""The next look by a calendar, and the delay between its moments and the arrivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.schedules.calendar import ReleaseEvent
from domain.schedules.learned import LearnedLook
from domain.schedules.learning.by_calendar import plan_by_calendar
from domain.schedules.learning.plan import Plan
from domain.schedules.schedule import Basis
from domain.vintages import Cause, Vintage
from tests.builders import an_arrival
from tests.unit.schedules.test_learned import history

NEW_YORK = ZoneInfo("America/New_York")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
#: 08:30 in New York on the 12th of each month of 2024.
MOMENTS = [datetime(2024, month, 12, 8, 30, tzinfo=NEW_YORK).astimezone(UTC) for month in range(1, 13)]
EVENTS = [ReleaseEvent(at, "Consumer Price Index") for at in MOMENTS]
DAYS = [ReleaseEvent(at.date(), "") for at in MOMENTS]


def arrival(number: int, at: datetime, *, checked: datetime | None = None, cause: Cause = Cause.PUBLICATION) -> Vintage:
    vintage = Vintage.of(number, an_arrival(at), None)
    return replace(vintage, previous_check_at=checked or at - MINUTE, cause=cause)


def arrivals(delay: timedelta, months: int) -> list[Vintage]:
    """A first vintage, and one so long after each of the first moments, each found a minute later."""
    first = arrival(1, MOMENTS[0] - 20 * DAY)
    return [first, *(arrival(number, at + delay + MINUTE) for number, at in enumerate(MOMENTS[:months], start=2))]


def plan(events: Sequence[ReleaseEvent], vintages: Sequence[Vintage], last: datetime, budget: int = 4) -> Plan:
    planned = plan_by_calendar(events, vintages, last, budget=budget, zone=NEW_YORK)
    assert planned
    return planned


def test_a_release_is_looked_for_soon_after_its_time() -> None:
    """Within the hour as long as no delay is known; the reason names event and time."""
    look = plan(EVENTS, arrivals(MINUTE, 0), MOMENTS[0] - DAY)

    assert MOMENTS[0] <= look.at <= MOMENTS[0] + 20 * MINUTE
    assert look.reason == "the calendar lists “Consumer Price Index” for 2024-01-12 08:30 America/New_York"
    assert look.expected_at
    assert MOMENTS[0] < look.expected_at < MOMENTS[0] + timedelta(hours=1)


def test_the_delay_is_learned() -> None:
    """An interface that lags by three hours is asked then, over a clock change too, and at shrinking distances."""
    late = timedelta(hours=3)
    look = plan(EVENTS, arrivals(late, 6), MOMENTS[5] + late + 2 * MINUTE + 28 * DAY)

    assert abs(look.at - (MOMENTS[6] + late)) < 20 * MINUTE
    assert look.expected_at
    assert abs(look.expected_at - (MOMENTS[6] + late)) < 10 * MINUTE
    assert look.reason.endswith("; by the last 6, it arrives about 3 h after that")
    again = plan(EVENTS, arrivals(late, 6), look.at)
    assert look.at < again.at < look.at + timedelta(hours=6)


def test_looks_end_with_the_release() -> None:
    """A vintage from then on is the release, also one that revises values only; a correction of lanner's reading is none."""
    before = arrivals(MINUTE, 3)
    found = arrival(5, MOMENTS[3] + 5 * MINUTE)
    checked = MOMENTS[3] + 6 * MINUTE

    assert plan(EVENTS, [*before, found], checked).reason.startswith("the calendar lists “Consumer Price Index” for 2024-05-12")
    parsed = replace(found, cause=Cause.PARSER)
    assert "2024-04-12" in plan(EVENTS, [*before, parsed], checked).reason


def test_a_release_that_does_not_come_is_overdue_and_costs_no_more() -> None:
    """It is looked for a day later, then less and less often, and at the next event."""
    vintages, looked = arrivals(MINUTE, 3), [MOMENTS[3]]
    while looked[-1] < MOMENTS[4] - DAY:
        looked.append(plan(EVENTS, vintages, looked[-1]).at)
    look = plan(EVENTS, vintages, looked[-1])

    assert len(looked) < 20
    assert look.overdue_since
    assert MOMENTS[3] < look.overdue_since < MOMENTS[3] + DAY
    assert "the release before is overdue since 2024-04-12" in look.reason
    assert max(later - earlier for earlier, later in pairwise(looked)) <= 7 * DAY


def test_there_is_a_look_every_week() -> None:
    """Because values are revised between."""
    last = MOMENTS[2] + 2 * MINUTE
    look = plan(EVENTS, arrivals(MINUTE, 3), last)

    assert look.at == last + 7 * DAY
    assert "the weekly look comes before it" in look.reason


def test_days_without_time() -> None:
    """Looks spread over the day at first; then they follow the hour that is learned."""
    begin = datetime(2024, 1, 12, tzinfo=NEW_YORK)
    first = plan(DAYS, arrivals(MINUTE, 0), MOMENTS[0] - DAY)
    learned = plan(DAYS, arrivals(MINUTE, 8), MOMENTS[8] - 3 * DAY)

    assert begin < first.at < begin + timedelta(hours=12)
    assert first.reason == "the calendar lists 2024-01-12"
    assert abs(learned.at - MOMENTS[8]) < timedelta(hours=1)


def test_a_calendar_that_has_ended_tells_nothing() -> None:
    """But that its last release is overdue, if it is."""
    vintages = arrivals(MINUTE, 12)

    assert plan_by_calendar(EVENTS, vintages, MOMENTS[-1] + DAY, budget=4, zone=NEW_YORK) is None
    assert plan_by_calendar([], vintages, MOMENTS[-1] + DAY, budget=4, zone=NEW_YORK) is None
    missed = plan(EVENTS, vintages[:-1], MOMENTS[-1] + 2 * DAY)
    assert missed.overdue_since
    assert missed.reason.endswith("it lists no later release")
    assert missed.at <= MOMENTS[-1] + 9 * DAY


def test_without_events_the_past_is_learned_from() -> None:
    """The reason says why the calendar does not tell."""
    known = history()
    by_calendar = LearnedLook()(replace(known, events=[ReleaseEvent(known.now + DAY, "x")]))
    ended = LearnedLook()(replace(known, events=[ReleaseEvent(date(2020, 1, 1), "x")]))
    broken = LearnedLook()(replace(known, doubt="Its calendar cannot be read: No."))

    assert (by_calendar.basis, ended.basis, broken.basis) == (Basis.CALENDAR, Basis.LEARNED, Basis.LEARNED)
    assert by_calendar.expected_at
    assert ended.expected_at
    assert ended.reason.startswith("Its calendar lists no later release. Releases came ")
    assert broken.reason.startswith("Its calendar cannot be read: No. Releases came ")
    assert ended.at == LearnedLook()(known).at
