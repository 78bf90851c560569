"""Interval and cron schedules on the days on which clocks are changed, against tables computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.schedules.cron import next_cron
from domain.schedules.schedule import Rule, Schedule, ScheduleKind
from domain.schedules.selector import Selector
from domain.schedules.timing import next_look
from domain.schedules.window import AskingWindow
from domain.schedules.zones import instant_of

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"

#: Zone, expression, from where (UTC), and the looks that follow, all in UTC. In 2026 Berlin's clocks go from 02:00 to 03:00 on 29 March,
#: at 01:00 UTC, and back from 03:00 to 02:00 on 25 October, at 01:00 UTC; New York's from 02:00 to 03:00 on 8 March, at 07:00 UTC,
#: and back from 02:00 to 01:00 on 1 November, at 06:00 UTC.
TABLE = [
    # Each hour that passes: none is lost in spring, and both of the doubled hour count in autumn.
    (BERLIN, "0 * * * *", "2026-03-28 23:30", ["03-29 00:00", "03-29 01:00", "03-29 02:00"]),
    (BERLIN, "0 * * * *", "2026-10-24 23:30", ["10-25 00:00", "10-25 01:00", "10-25 02:00"]),
    (BERLIN, "30 0-23 * * *", "2026-10-24 23:40", ["10-25 00:30", "10-25 01:30", "10-25 02:30"]),
    (NEW_YORK, "15 * * * *", "2026-03-08 05:30", ["03-08 06:15", "03-08 07:15", "03-08 08:15"]),
    (NEW_YORK, "15 * * * *", "2026-11-01 04:30", ["11-01 05:15", "11-01 06:15", "11-01 07:15"]),
    # A time that is skipped counts once, at the end of the gap.
    (BERLIN, "30 2 * * *", "2026-03-28 00:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
    (BERLIN, "0,20,40 2 * * *", "2026-03-28 02:00", ["03-29 01:00", "03-30 00:00", "03-30 00:20"]),
    (BERLIN, "*/30 2 * * *", "2026-03-28 02:00", ["03-29 01:00", "03-30 00:00", "03-30 00:30"]),
    (BERLIN, "0 2,3 * * *", "2026-03-28 03:00", ["03-29 01:00", "03-30 00:00", "03-30 01:00"]),
    (NEW_YORK, "30 2 * * *", "2026-03-07 00:00", ["03-07 07:30", "03-08 07:00", "03-09 06:30"]),
    # A time that comes twice counts once, the first time.
    (BERLIN, "30 2 * * *", "2026-10-24 12:00", ["10-25 00:30", "10-26 01:30", "10-27 01:30"]),
    (BERLIN, "0 */2 * * *", "2026-10-24 23:00", ["10-25 00:00", "10-25 03:00", "10-25 05:00"]),
    (NEW_YORK, "30 1 * * *", "2026-10-31 12:00", ["11-01 05:30", "11-02 06:30", "11-03 06:30"]),
    (NEW_YORK, "*/20 1 * * *", "2026-11-01 05:30", ["11-01 05:40", "11-02 06:00", "11-02 06:20"]),
    # Days, business days, weeks, months and years keep their local time.
    (BERLIN, "0 9 * * *", "2026-03-28 06:00", ["03-28 08:00", "03-29 07:00", "03-30 07:00"]),
    (BERLIN, "0 9 * * *", "2026-10-24 06:00", ["10-24 07:00", "10-25 08:00", "10-26 08:00"]),
    (NEW_YORK, "30 8 * * 1-5", "2026-03-06 12:00", ["03-06 13:30", "03-09 12:30", "03-10 12:30"]),
    (NEW_YORK, "30 8 * * 1-5", "2026-10-30 12:00", ["10-30 12:30", "11-02 13:30", "11-03 13:30"]),
    (BERLIN, "0 0 * * 0", "2026-03-21 00:00", ["03-21 23:00", "03-28 23:00", "04-04 22:00"]),
    (BERLIN, "30 2 * * 0", "2026-10-18 12:00", ["10-25 00:30", "11-01 01:30", "11-08 01:30"]),
    (NEW_YORK, "30 2 * * 0", "2026-03-01 12:00", ["03-08 07:00", "03-15 06:30", "03-22 06:30"]),
    (NEW_YORK, "0 9 * * *", "2026-03-07 06:00", ["03-07 14:00", "03-08 13:00", "03-09 13:00"]),
    (NEW_YORK, "0 9 * * *", "2026-10-31 06:00", ["10-31 13:00", "11-01 14:00", "11-02 14:00"]),
    (BERLIN, "30 9 * * 1-5", "2026-03-27 06:00", ["03-27 08:30", "03-30 07:30", "03-31 07:30"]),
    (BERLIN, "30 9 * * 1-5", "2026-10-23 06:00", ["10-23 07:30", "10-26 08:30", "10-27 08:30"]),
    (NEW_YORK, "0 16 * * 5", "2026-10-30 00:00", ["10-30 20:00", "11-06 21:00", "11-13 21:00"]),
    (BERLIN, "30 2 29 * *", "2026-02-28 00:00", ["03-29 01:00", "04-29 00:30", "05-29 00:30"]),
    (NEW_YORK, "30 8 1 * *", "2026-02-20 00:00", ["03-01 13:30", "04-01 12:30", "05-01 12:30"]),
    (NEW_YORK, "30 8 1 * *", "2026-10-02 00:00", ["11-01 13:30", "12-01 13:30", "2027-01-01 13:30"]),
    (BERLIN, "30 2 25 * *", "2026-09-26 00:00", ["10-25 00:30", "11-25 01:30", "12-25 01:30"]),
    (NEW_YORK, "30 2 8 3 *", "2026-01-01 00:00", ["03-08 07:00", "2027-03-08 07:30", "2028-03-08 07:30"]),
    (NEW_YORK, "30 1 1 11 *", "2026-01-01 00:00", ["11-01 05:30", "2027-11-01 05:30", "2028-11-01 05:30"]),
    (BERLIN, "30 2 29 3 *", "2026-01-01 00:00", ["03-29 01:00", "2027-03-29 00:30", "2028-03-29 00:30"]),
    (BERLIN, "0 12 31 12,6 *", "2026-03-01 00:00", ["12-31 11:00", "2027-12-31 11:00", "2028-12-31 11:00"]),
    (NEW_YORK, "0 0 1 1 *", "2026-03-01 00:00", ["2027-01-01 05:00", "2028-01-01 05:00", "2029-01-01 05:00"]),
    (BERLIN, "30 2 25 10 *", "2026-01-01 00:00", ["10-25 00:30", "2027-10-25 00:30", "2028-10-25 00:30"]),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text if len(text) > 11 else f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "expression", "after", "expected"), TABLE)
def test_cron_follows_the_table(zone: str, expression: str, after: str, expected: Sequence[str]) -> None:
    """Each local time once, whatever the clocks do."""
    found, moment = [], utc(after)
    for _ in expected:
        following = next_cron(expression, ZoneInfo(zone), moment)
        assert following is not None
        found.append(moment := following)

    assert found == [utc(each) for each in expected]


@pytest.mark.parametrize(
    ("zone", "begin", "hours"),
    [
        (BERLIN, "2026-03-28 23:00", 23),
        (BERLIN, "2026-10-24 22:00", 25),
        (NEW_YORK, "2026-03-08 05:00", 23),
        (NEW_YORK, "2026-11-01 04:00", 25),
        (BERLIN, "2026-06-30 22:00", 24),
    ],
)
def test_a_day_has_as_many_looks_as_hours(zone: str, begin: str, hours: int) -> None:
    """An hourly expression and an interval of an hour are due 23, 24 or 25 times from midnight to midnight."""
    first, here = utc(begin), ZoneInfo(zone)
    end = instant_of(first.astimezone(here).replace(tzinfo=None) + timedelta(days=1), here)
    hourly = Rule(kind=ScheduleKind.INTERVAL, spec="1h", tz=zone)
    schedule = Schedule(id=uuid4(), selector=Selector.parse("X/Y"), rule=hourly, paused=False, created_at=first - timedelta(hours=1))

    def count(after: datetime, *, by_cron: bool) -> int:
        moment = next_cron("0 * * * *", here, after) if by_cron else next_look(schedule, None, after).at
        assert moment is not None
        return 0 if moment >= end else 1 + count(moment, by_cron=by_cron)

    before = first - timedelta(seconds=1)
    assert (count(before, by_cron=True), count(before, by_cron=False)) == (hours, hours)


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        (BERLIN, "2026-03-29 01:59", "2026-03-29 00:59"),
        (BERLIN, "2026-03-29 02:00", "2026-03-29 01:00"),
        (BERLIN, "2026-03-29 02:59", "2026-03-29 01:00"),
        (BERLIN, "2026-03-29 03:00", "2026-03-29 01:00"),
        (BERLIN, "2026-10-25 02:59", "2026-10-25 00:59"),
        (BERLIN, "2026-10-25 03:00", "2026-10-25 02:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),
    ],
)
def test_local_times_become_instants(zone: str, local: str, expected: str) -> None:
    """A skipped time is the end of the gap, whether it is half an hour or a whole day; of a repeated one it is the first."""
    assert instant_of(datetime.fromisoformat(local), ZoneInfo(zone)) == utc(expected)


@pytest.mark.parametrize(
    ("zone", "window", "moment", "opens"),
    [
        (BERLIN, "02:30-02:45", "2026-03-28 02:00", "2026-03-30 00:30"),
        (BERLIN, "02:30-04:00", "2026-03-28 12:00", "2026-03-29 01:00"),
        (BERLIN, "02:30-02:45", "2026-10-24 12:00", "2026-10-25 00:30"),
        (BERLIN, "sun 08:00-18:00", "2026-10-24 12:00", "2026-10-25 07:00"),
        (NEW_YORK, "02:15-03:30", "2026-03-08 05:00", "2026-03-08 07:00"),
        (NEW_YORK, "22:00-06:00", "2026-11-01 10:59", "2026-11-01 10:59"),
        (NEW_YORK, "22:00-06:00", "2026-11-01 11:00", "2026-11-02 03:00"),
    ],
)
def test_windows_open_by_local_time(zone: str, window: str, moment: str, opens: str) -> None:
    """One that is skipped in part opens at the end of the gap; one that is skipped as a whole opens on the next day."""
    assert AskingWindow.parse(window).earliest(utc(moment), ZoneInfo(zone)) == utc(opens)


def test_a_clock_that_is_set_back_repeats_no_look() -> None:
    """Not even to before the schedule's creation: its first look by the interval comes one length later."""
    rule = Rule(kind=ScheduleKind.INTERVAL, spec="1d")
    schedule = Schedule(id=uuid4(), selector=Selector.parse("X/Y"), rule=rule, paused=False, created_at=utc("06-01 12:00"))

    assert next_look(schedule, None, utc("06-01 11:00")).at == utc("06-02 12:00")
