"""Where a schedule reads its calendar, and which events are a series' own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.providers.bls import PROVIDER as BLS
from domain.errors import InvalidInput
from domain.schedules.calendar import CalendarSource, KeptCalendar, ReleaseEvent

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "place", "text"),
    [
        ("", "", ""),
        ("#HICP", "", "HICP"),
        ("https://example.org/a.ics?x=1#Consumer Prices", "https://example.org/a.ics?x=1", "Consumer Prices"),
        ("ine", "ine", ""),
        ("/srv/x.ics # C#", "/srv/x.ics", "C#"),
    ],
)
def test_a_source_has_a_place_and_a_text(spec: str, place: str, text: str) -> None:
    """Both may be left out."""
    assert CalendarSource.parse(spec) == CalendarSource(place=place, text=text)


@pytest.mark.parametrize(
    "spec",
    ["http://example.org/a.ics", "HTTPS://example.org", "https://", "https://user:pw@example.org/a.ics", "ftp://x", "No Name", "a" * 1001],
)
def test_another_place_is_refused(spec: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidInput) as refused:
        CalendarSource.parse(spec, field="--calendar")

    assert (refused.value.field, refused.value.message) == ("--calendar", "--calendar is not a calendar.")


def test_events_are_chosen_by_their_titles() -> None:
    """By the schedule's text before the provider's, in any case."""
    events = [ReleaseEvent(date(2024, 6, day), title) for day, title in ((1, "Consumer Price Index"), (2, "Producer Price Index"))]

    def titles(spec: str, text: str = "") -> list[str]:
        return [event.title for event in CalendarSource.parse(spec).choose(events, text)]

    assert (len(titles("")), titles("#consumer"), titles("", "producer"), titles("#consumer", "producer")) == (
        2,
        ["Consumer Price Index"],
        ["Producer Price Index"],
        ["Consumer Price Index"],
    )


def test_a_day_and_a_local_time_are_those_of_the_zone() -> None:
    """An instant is what it is."""
    day, local, instant = (
        ReleaseEvent(at, "")
        for at in (date(2024, 6, 12), datetime(2024, 6, 12, 11), datetime(2024, 6, 12, 23, tzinfo=UTC))  # noqa: DTZ001 - a local time
    )

    assert [f"{event.instant(BERLIN):%d %H}" for event in (day, local, instant)] == ["11 22", "12 09", "12 23"]
    assert [event.local_day(BERLIN).day for event in (day, local, instant)] == [12, 12, 13]
    assert [event.has_time for event in (day, local, instant)] == [False, True, True]


def test_a_survey_of_the_bls_has_its_news_release() -> None:
    """The begin of a series id says which; one that is not known must be said."""
    assert BLS.releases
    assert [BLS.releases.title_of(code) for code in ("CUUR0000SA0", "lns14000000", "XX1")] == [
        "Consumer Price Index",
        "Employment Situation",
        None,
    ]


@pytest.mark.parametrize(
    ("kept", "hours", "due"),
    [
        (KeptCalendar(address="x", tried_at=NOON, read_at=NOON), 23.9, False),
        (KeptCalendar(address="x", tried_at=NOON, read_at=NOON), 24, True),
        (KeptCalendar(address="x", tried_at=NOON, problem="No."), 0.9, False),
        (KeptCalendar(address="x", tried_at=NOON, problem="No."), 1, True),
        (KeptCalendar(address="x", tried_at=NOON), 0.05, False),
        (KeptCalendar(address="x", tried_at=NOON), 0.1, True),
        (KeptCalendar(address="x", tried_at=NOON, read_at=NOON - timedelta(days=2)), 0.1, True),
    ],
)
def test_a_calendar_is_read_again(kept: KeptCalendar, hours: float, *, due: bool) -> None:
    """After a day, after an hour if it could not be read, and soon if its reader did not come back."""
    assert kept.is_due(NOON + timedelta(hours=hours), timedelta(days=1)) is due
