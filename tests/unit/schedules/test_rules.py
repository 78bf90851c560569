"""Selectors, rules, windows and lengths of time: what is understood, what is refused, and when the next look is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.schedules.durations import parse_duration, write_duration
from domain.schedules.schedule import Rule, Schedule, ScheduleKind
from domain.schedules.selector import Selector
from domain.schedules.timing import catch_up_delay, next_look, preview, share_of
from domain.schedules.window import AskingWindow

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")


def schedule(**rule: Any) -> Schedule:
    return Schedule(id=uuid4(), selector=Selector.parse("X/Y"), rule=Rule(**rule), paused=False, created_at=NOW)


@pytest.mark.parametrize(
    ("text", "code", "meant", "not_meant"),
    [
        ("FRED/GDP", "FRED/GDP", ["fred:FRED/GDP", "quandl:FRED/GDP"], ["fred:FRED/gdp", "fred:FRED/GDPC1"]),
        ("fred:FRED/GDP", "FRED/GDP", ["fred:FRED/GDP"], ["quandl:FRED/GDP"]),
        ("FRED/GS*", None, ["fred:FRED/GS10", "fred:FRED/GS"], ["fred:FRED/gs10", "fred:FRED/DGS10", "fred:WIKI/GS1"]),
        ("fred:fred/*", None, ["fred:FRED/GDP"], ["quandl:FRED/GDP", "fred:ALFRED/GDP"]),
        ("fred:*", None, ["fred:FRED/GDP", "fred:ALFRED/GDP"], ["quandl:FRED/GDP"]),
        ("ECB/EXR/D.*.EUR", None, ["sdmx:ECB/EXR/D.USD.EUR"], ["sdmx:ECB/EXR/M.USD.EUR"]),
        ("X/A_*", None, ["x:X/A_B"], ["x:X/AxB"]),
    ],
)
def test_selectors_mean_series(text: str, code: str | None, meant: list[str], not_meant: list[str]) -> None:
    """A code means itself, an asterisk any characters, in capitals or small letters as written."""
    selector = Selector.parse(text)

    def means(reference: str) -> bool:
        provider, _, rest = reference.partition(":")
        return selector.matches(provider, DatasetCode.parse(rest))

    assert selector.code == (DatasetCode.parse(code) if code else None)
    assert [means(each) for each in (*meant, *not_meant)] == [True] * len(meant) + [False] * len(not_meant)
    assert Selector.parse(str(selector)) == selector


@pytest.mark.parametrize("text", ["", "*", "GDP", "FRED*", "F*/GDP", "FRED/", "FRED/a b", "FRED/../*", "Fred:*", "FRED/GS?"])
def test_other_selectors_are_refused(text: str) -> None:
    """With the field's name, and the forms that there are."""
    with pytest.raises(InvalidInput) as refused:
        Selector.parse(text)

    assert (refused.value.field, "fred:*" in refused.value.hint) == ("selector", True)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"kind": ScheduleKind.INTERVAL, "spec": ""}, "spec"),
        ({"kind": ScheduleKind.INTERVAL, "spec": "6"}, "spec"),
        ({"kind": ScheduleKind.INTERVAL, "spec": "59s"}, "spec"),
        ({"kind": ScheduleKind.INTERVAL, "spec": "367d"}, "spec"),
        ({"kind": ScheduleKind.INTERVAL, "spec": "1h", "jitter": timedelta(hours=2)}, "jitter"),
        ({"kind": ScheduleKind.CRON, "spec": "0 8 * *"}, "spec"),
        ({"kind": ScheduleKind.CRON, "spec": "0 0 8 * * *"}, "spec"),
        ({"kind": ScheduleKind.CRON, "spec": "0 25 * * *"}, "spec"),
        ({"kind": ScheduleKind.CRON, "spec": "0 8 31 2 *"}, "spec"),
        ({"kind": ScheduleKind.CRON, "spec": "0 8 * * *", "tz": "Europe/Bonn"}, "tz"),
        ({"kind": ScheduleKind.CRON, "spec": "0 8 * * *", "tz": "../../etc/localtime"}, "tz"),
        ({"spec": "6h"}, "spec"),
        ({"catch_up": timedelta(days=2)}, "catch_up"),
        ({"catch_up": timedelta(seconds=-1)}, "catch_up"),
        ({"budget": 0}, "budget"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(rule: Mapping[str, Any], field: str) -> None:
    """The error names the field."""
    with pytest.raises(InvalidInput) as refused:
        Rule(**rule).check(NOW)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mon-fri 08:00-18:00", "mon-fri 08:00-18:00"),
        ("MON,tue sat-SUN".replace(" ", ","), "mon,tue,sat,sun"),
        ("sat-mon", "mon,sat,sun"),
        ("22:00-06:00", "22:00-06:00"),
        ("00:00-24:00", "mon-sun"),
        ("08:00-18:00 fri", "fri 08:00-18:00"),
    ],
)
def test_windows_are_read_and_written(text: str, written: str) -> None:
    """Weekdays, hours or both; what is written is read as the same window."""
    window = AskingWindow.parse(text)

    assert (str(window), AskingWindow.parse(written)) == (written, window)


@pytest.mark.parametrize(
    "text", ["", "monday", "mon fri", "8-18", "08:00", "25:00-26:00", "08:60-09:00", "mon-", "08:00-09:00 10:00-11:00"]
)
def test_other_windows_are_refused(text: str) -> None:
    """With the field's name, and the forms that there are."""
    with pytest.raises(InvalidInput) as refused:
        AskingWindow.parse(text)

    assert (refused.value.field, "mon-fri 08:00-18:00" in refused.value.hint) == ("window", True)


@pytest.mark.parametrize(
    ("window", "moment", "opens"),
    [
        ("mon-fri 08:00-18:00", "2026-06-01 07:00", "2026-06-01 07:00"),
        ("mon-fri 08:00-18:00", "2026-06-01 05:59", "2026-06-01 06:00"),
        ("mon-fri 08:00-18:00", "2026-06-01 16:00", "2026-06-02 06:00"),
        ("mon-fri 08:00-18:00", "2026-06-05 16:00", "2026-06-08 06:00"),
        ("22:00-06:00", "2026-06-01 03:00", "2026-06-01 03:00"),
        ("22:00-06:00", "2026-06-01 04:00", "2026-06-01 20:00"),
        ("fri 22:00-06:00", "2026-06-06 02:00", "2026-06-06 02:00"),
        ("fri 22:00-06:00", "2026-06-07 02:00", "2026-06-12 20:00"),
        ("sun", "2026-06-01 12:00", "2026-06-06 22:00"),
        # Berlin's clock skips 02:00 to 03:00 on 29 March.
        ("02:15-02:45", "2026-03-28 12:00", "2026-03-30 00:15"),
    ],
)
def test_windows_open_in_their_zone(window: str, moment: str, opens: str) -> None:
    """By Berlin's clock: inside stays, outside waits for the next opening."""
    expected = datetime.fromisoformat(opens).replace(tzinfo=UTC)

    assert AskingWindow.parse(window).earliest(datetime.fromisoformat(moment).replace(tzinfo=UTC), BERLIN) == expected


def test_intervals_count_from_the_creation() -> None:
    """However late a look was, the next ones keep to the first one's time of day."""
    found = schedule(kind=ScheduleKind.INTERVAL, spec="6h")

    assert [look.at - NOW for look in preview(found, NOW, 3)] == [timedelta(hours=hours) for hours in (6, 12, 18)]
    assert next_look(found, None, NOW + timedelta(hours=13)).at == NOW + timedelta(hours=18)
    assert next_look(found, None, NOW + timedelta(hours=6)).at == NOW + timedelta(hours=12)
    assert next_look(found, None, NOW).reason == "It is looked at every 6h."


@pytest.mark.parametrize("rule", [{"kind": ScheduleKind.INTERVAL, "spec": "1h"}, {"kind": ScheduleKind.CRON, "spec": "0 * * * *"}])
def test_jitter_spreads_series_and_is_always_the_same(rule: Mapping[str, Any]) -> None:
    """Each series has its own time within the jitter, an hour apart from look to look; together they fill it evenly."""
    found, names = schedule(**rule, jitter=timedelta(minutes=10)), [UUID(int=number) for number in range(1000)]
    late = {}
    for name in names:
        first = next_look(found, name, NOW)
        assert next_look(found, name, first.at).at - first.at == timedelta(hours=1)
        late[name] = (first.at - NOW).total_seconds() % 3600

    assert max(late.values()) < 600
    assert 0.4 < sum(late.values()) / len(late) / 600 < 0.6
    assert late[names[0]] == pytest.approx(share_of(names[0]) * 600, abs=1e-5)


def test_what_was_missed_is_caught_up_within_its_time() -> None:
    """A look that is late by a downtime is put off by the series' share of the catch-up time; one that is nearly in time is not."""
    rule, names = Rule(catch_up=timedelta(hours=1)), [uuid4() for _ in range(200)]
    late = [catch_up_delay(rule, name, NOW - timedelta(days=7), NOW) for name in names]

    assert timedelta(0) <= min(late) < timedelta(minutes=10)
    assert timedelta(minutes=50) < max(late) < timedelta(hours=1)
    assert catch_up_delay(rule, names[0], NOW - timedelta(minutes=5), NOW) == timedelta(0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("6h", 21600), ("90m", 5400), ("1d12h", 129600), ("2w", 1209600), ("10d", 864000), ("0s", 0)]
)
def test_lengths_are_read_and_written(text: str, seconds: int) -> None:
    """In any sum of weeks, days, hours, minutes and seconds; written, they are read as the same length."""
    length = parse_duration(text, field="x", least=timedelta(0), most=timedelta(days=30))

    assert length == timedelta(seconds=seconds)
    assert parse_duration(write_duration(length), field="x", least=timedelta(0), most=timedelta(days=30)) == length
