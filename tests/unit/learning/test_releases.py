"""Which vintages are releases, and in which interval each came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.frequency import Frequency
from domain.observations import Label
from domain.schedules.learning import Release, releases_of
from domain.schedules.learning.releases import period_of, periods_after
from domain.vintages import Cause, Origin, Vintage

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def vintage(number: int, last: Label | None, at: datetime = NOON, **changes: object) -> Vintage:
    origin = Origin(request="", response_sha256="", adapter_version=1)
    found = Vintage(
        number=number, published=None, known_at=at, fetched_at=at, rows=1, first=last, last=last, added=1, changed=0, deleted=0,
        digest="", cause=Cause.PUBLICATION, origin=origin, fetch_id=uuid4(),
    )  # fmt: skip
    return replace(found, **changes)


FIRST = vintage(1, date(2024, 1, 1), NOON - 31 * DAY)


def interval(**changes: object) -> tuple[datetime, datetime]:
    [release] = releases_of([FIRST, vintage(2, date(2024, 2, 1), **changes)], Frequency.MONTHLY, NEW_YORK)
    return release.after, release.by


def test_a_release_is_what_brings_a_newer_date() -> None:
    newer = vintage(2, date(2024, 2, 1), previous_check_at=NOON - DAY)
    revised = vintage(3, date(2024, 2, 1), NOON + DAY)

    assert releases_of([FIRST, newer, revised], Frequency.MONTHLY) == [
        Release(period=date(2024, 2, 29), before=FIRST.known_at, after=NOON - DAY, by=NOON)
    ]


@pytest.mark.parametrize("cause", [Cause.CORRECTION, Cause.PARSER])
def test_what_restates_is_none(cause: Cause) -> None:
    assert releases_of([FIRST, vintage(2, date(2024, 2, 1), cause=cause)], Frequency.MONTHLY) == []


def test_the_first_vintage_and_empty_ones_are_none() -> None:
    assert releases_of([vintage(1, None), vintage(2, date(2024, 1, 1))], Frequency.MONTHLY) == []


def test_a_date_that_was_lost_and_comes_again_is_none() -> None:
    shorter, again = vintage(2, date(2023, 12, 1), NOON), vintage(3, date(2024, 1, 1), NOON + DAY)

    assert releases_of([FIRST, shorter, again], Frequency.MONTHLY) == []


def test_a_stated_moment_is_the_release() -> None:
    moment = datetime(2024, 2, 28, 13, 30, tzinfo=UTC)

    assert interval(published=moment, known_at=moment) == (moment, moment)


@pytest.mark.parametrize(
    ("fetched", "checked", "expected"),
    [
        ("2024-03-05T00:00", None, ("2024-02-28T05:00", "2024-02-29T05:00")),
        ("2024-02-28T20:00", None, ("2024-02-28T05:00", "2024-02-28T20:00")),
        ("2024-02-28T20:00", "2024-02-28T14:00", ("2024-02-28T14:00", "2024-02-28T20:00")),
        ("2024-02-28T20:00", "2024-02-01T14:00", ("2024-02-28T05:00", "2024-02-28T20:00")),
    ],
)
def test_a_stated_day_is_the_providers(fetched: str, checked: str | None, expected: tuple[str, str]) -> None:
    """28 February in New York begins at 05:00 UTC; looks on that day narrow it."""
    seen = datetime.fromisoformat(fetched).replace(tzinfo=UTC)
    before = datetime.fromisoformat(checked).replace(tzinfo=UTC) if checked else None
    known_at = datetime(2024, 2, 28, 23, 59, tzinfo=UTC)
    found = interval(published=date(2024, 2, 28), known_at=known_at, fetched_at=seen, previous_check_at=before)

    assert tuple(f"{each.astimezone(UTC):%Y-%m-%dT%H:%M}" for each in found) == expected


def test_without_an_earlier_check_a_day_is_assumed() -> None:
    assert interval() == (NOON - DAY, NOON)


@pytest.mark.parametrize(
    ("frequency", "last", "expected"),
    [
        (Frequency.DAILY, date(2024, 3, 1), ["2024-03-04", "2024-03-05"]),
        (Frequency.WEEKLY, date(2024, 3, 3), ["2024-03-10", "2024-03-17"]),
        (Frequency.BIWEEKLY, date(2024, 3, 1), ["2024-03-15", "2024-03-29"]),
        (Frequency.MONTHLY, date(2024, 1, 31), ["2024-02-29", "2024-03-31"]),
        (Frequency.QUARTERLY, date(2023, 12, 31), ["2024-03-31", "2024-06-30"]),
        (Frequency.ANNUAL, date(2023, 12, 31), ["2024-12-31", "2025-12-31"]),
        (Frequency.HOURLY, date(2024, 3, 1), []),
        (None, date(2024, 3, 1), []),
    ],
)
def test_the_next_periods(frequency: Frequency | None, last: date, expected: list[str]) -> None:
    assert [each.isoformat() for each in islice(periods_after(last, frequency, ()), 2)] == expected


def test_days_follow_each_other_where_a_weekend_had_values() -> None:
    assert next(periods_after(date(2024, 3, 1), Frequency.DAILY, [date(2024, 2, 25)])) == date(2024, 3, 2)


def test_the_period_of_a_moment() -> None:
    assert period_of(datetime(2024, 2, 3, 23, tzinfo=UTC), Frequency.QUARTERLY) == date(2024, 3, 31)
