"""The next look at a series and its reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.frequency import Frequency
from domain.schedules.learning import Checks, Plan, Release, plan
from domain.schedules.learning.releases import period_of

NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def months(count: int) -> list[date]:
    return [date(2020 + month // 12, month % 12 + 1, 1) for month in range(count)]


def on_the_tenth(count: int) -> list[Release]:
    """Months published on the tenth of the next one, 08:30 in New York."""
    firsts = months(count + 2)
    moments = [datetime(day.year, day.month, 10, 8, 30, tzinfo=NEW_YORK).astimezone(UTC) for day in firsts]
    return [
        Release(period=period_of(firsts[place - 1], Frequency.MONTHLY), before=moments[place - 1], after=at, by=at)
        for place, at in list(enumerate(moments))[1:]
    ][:count]


def planned(releases: list[Release], last: datetime, *, budget: int = 4, newest: date | None = None) -> Plan:
    known = releases[-1]
    checks = Checks(newest=newest or known.period, known_at=known.by, last=last)
    return plan(releases, checks, frequency=Frequency.MONTHLY, budget=budget, zone=NEW_YORK)


def test_a_regular_series_is_looked_at_when_its_release_is_due() -> None:
    releases = on_the_tenth(24)
    due = datetime(2022, 2, 10, 8, 30, tzinfo=NEW_YORK)
    found = planned(releases, due - 20 * HOUR)

    assert abs(found.at - due) < timedelta(minutes=5)
    assert found.reason.startswith("releases came 10 days after the period's end, about 08:30 America/New_York ±")
    assert found.overdue_since is None


def test_the_weekly_look_comes_while_nothing_is_due() -> None:
    releases = on_the_tenth(24)
    found = planned(releases, releases[-1].by + HOUR)

    assert found.at == releases[-1].by + HOUR + timedelta(days=7)
    assert found.reason.endswith("; the weekly look comes before the next one")


def test_looks_are_a_minute_apart_while_a_release_is_due() -> None:
    releases = on_the_tenth(24)
    last = datetime(2022, 2, 10, 8, 30, tzinfo=NEW_YORK)

    assert planned(releases, last.astimezone(UTC)).at >= last + timedelta(seconds=60)


@pytest.mark.parametrize(("late", "wait"), [(1, 2), (3, 4), (20, 7)])
def test_what_is_overdue_is_looked_for_less_and_less(late: int, wait: int) -> None:
    """The next month's release is not due in the mean time."""
    releases = on_the_tenth(24)
    first = planned(releases, datetime(2022, 2, 14, tzinfo=UTC))
    assert first.overdue_since is not None
    found = planned(releases, first.overdue_since + late * DAY)

    assert found.overdue_since == first.overdue_since
    assert "overdue since 2022-02-1" in found.reason
    assert found.at <= first.overdue_since + (late + wait) * DAY
    assert found.at == first.overdue_since + (late + wait) * DAY or found.at.day in range(7, 15)


def test_few_releases_are_looked_for_at_even_intervals() -> None:
    releases = on_the_tenth(2)
    found = planned(releases, releases[-1].by, budget=31)

    assert found.at - releases[-1].by == DAY
    assert found.reason == "no habit is known yet; a period lasts 31 days; looked at every 24 h"


def test_irregular_releases_are_looked_for_by_their_rate() -> None:
    random = Random(3)
    releases, at = [], datetime(2020, 1, 1, tzinfo=UTC)
    for _ in range(60):
        before, at = at, at + timedelta(days=random.expovariate(1 / 10))
        releases.append(Release(period=at.date(), before=before, after=at, by=at))
    found = plan(releases, Checks(newest=at.date(), known_at=at, last=at), frequency=None, budget=4)

    assert found.reason.startswith("releases come at no regular time, about every ")
    assert timedelta(days=1.5) < found.at - at < timedelta(days=3.5)


@settings(max_examples=60, deadline=None)
@given(
    past=st.tuples(st.lists(st.integers(1, 90 * 24 * 60), min_size=0, max_size=30), st.integers(0, 10_000)),
    wait=st.integers(0, 500 * 24),
    budget=st.integers(1, 50),
    frequency=st.sampled_from([None, *Frequency]),
    zone=st.sampled_from([UTC, NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")]),
)
def test_any_past_has_a_next_look(past: tuple[list[int], int], wait: int, budget: int, frequency: Frequency | None, zone: ZoneInfo) -> None:
    """Within a week, a minute or more after the last look, never in the past."""
    gaps, width = past
    at = datetime(2019, 12, 31, 23, 59, tzinfo=UTC)
    releases = []
    for gap in gaps:
        before, at = at, at + timedelta(minutes=gap)
        after = max(before, at - timedelta(minutes=width))
        releases.append(Release(period=period_of(at.date(), frequency), before=before, after=after, by=at))
    last = at + wait * HOUR
    checks = Checks(newest=at.date(), known_at=at, last=last)
    found = plan(releases, checks, frequency=frequency, budget=budget, zone=zone)

    assert last + timedelta(seconds=60) <= found.at <= last + timedelta(days=7)
    assert found.reason
    assert found.overdue_since is None or found.overdue_since <= last
