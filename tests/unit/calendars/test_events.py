"""iCalendars become releases, within bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.provider_kit.calendars.events import read_events
from adapters.provider_kit.calendars.reader import IcsReader
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, FetchError, InvalidInput, SourceTimedOut
from domain.schedules.calendar import ReleaseEvent
from tests.builders import a_server

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def calendar(*events: str, head: str = "") -> bytes:
    """An iCalendar of events, each given by its lines but for UID and DTSTAMP."""
    stamp = "DTSTAMP:20240101T000000Z"
    written = [f"BEGIN:VEVENT\nUID:{number}@example.org\n{stamp}\n{event}\nEND:VEVENT" for number, event in enumerate(events)]
    lines = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", *([head] if head else []), *written, "END:VCALENDAR", ""])
    return lines.replace("\n", "\r\n").encode()


def read(*events: str, head: str = "") -> list[ReleaseEvent]:
    return list(read_events(calendar(*events, head=head), NOW))


def test_days_moments_and_local_times() -> None:
    """A moment is in UTC; a time without zone stays one, unless the calendar names its zone."""
    assert read("DTSTART;VALUE=DATE:20240613\nSUMMARY:Industrial production") == [ReleaseEvent(date(2024, 6, 13), "Industrial production")]
    assert read("DTSTART:20240612T123000Z\nSUMMARY:CPI") == [ReleaseEvent(datetime(2024, 6, 12, 12, 30, tzinfo=UTC), "CPI")]
    zoned = read("DTSTART;TZID=America/New_York:20240612T083000\nSUMMARY:CPI\n for May")
    assert zoned == [ReleaseEvent(datetime(2024, 6, 12, 12, 30, tzinfo=UTC), "CPIfor May")]
    floating = "DTSTART:20240612T083000\nSUMMARY:CPI"
    assert read(floating) == [ReleaseEvent(datetime(2024, 6, 12, 8, 30), "CPI")]  # noqa: DTZ001 - it has none
    assert read(floating, head="X-WR-TIMEZONE:America/New_York")[0].at == datetime(2024, 6, 12, 12, 30, tzinfo=UTC)


def test_repeated_releases_are_expanded() -> None:
    """By their rule, without what is excepted, in local time over a clock change, and no further than a year ahead."""
    rule = "DTSTART;TZID=America/New_York:20241008T083000\nRRULE:FREQ=MONTHLY;BYDAY=2TU\nEXDATE;TZID=America/New_York:20241112T083000"
    found = [event.at for event in read(f"{rule}\nSUMMARY:CPI")]

    assert [f"{at:%m-%d}" for at in found[:4]] == ["10-08", "12-10", "01-14", "02-11"]
    assert [at.hour for at in found[:2] if isinstance(at, datetime)] == [12, 13]
    assert found[-1] < datetime(2025, 7, 10, tzinfo=UTC)


def test_what_is_cancelled_or_long_past_is_left_out() -> None:
    """Titles are one line of bounded length."""
    old, gone = "DTSTART:20200101T080000Z\nSUMMARY:Old", "DTSTART:20240610T080000Z\nSTATUS:CANCELLED\nSUMMARY:Gone"
    (kept,) = read(old, gone, f"DTSTART:20240610T080000Z\nSUMMARY:a\\n b{'c' * 500}")

    assert (kept.title[:3], len(kept.title)) == ("a b", 200)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Access denied</html>",
        b"\xff\xfe\x00\x01",
        b"BEGIN:VCALENDAR\r\n",
        calendar("DTSTART:yesterday\nSUMMARY:x"),
        calendar("DTSTART:20240101T000000Z\nRRULE:FREQ=NEVER\nSUMMARY:x"),
        calendar("DTSTART:20240101T000000Z\nRRULE:FREQ=SECONDLY\nSUMMARY:x"),
        calendar("DTSTART:20240101T000000Z\nRRULE:FREQ=DAILY;BYMINUTE=0,1,2;BYHOUR=0,1,2\nSUMMARY:x"),
        b"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20240101T000000Z\r\nEND:VEVENT\r\n",
    ],
)
def test_what_is_no_calendar_is_refused(body: bytes) -> None:
    """With a sentence that says why."""
    with pytest.raises(AnswerNotUnderstood) as refused:
        read_events(body, NOW)

    assert refused.value.message.endswith(".")


def test_calendars_are_bounded() -> None:
    """In bytes, in events as written, and in events as repeated."""
    for body in (
        b" " * (4 * 1024**2 + 1),
        b"BEGIN:VEVENT\r\n" * 20_001,
        calendar(*["DTSTART:20240101T000000Z\nRRULE:FREQ=DAILY\nSUMMARY:x"] * 60),
    ):
        with pytest.raises(AnswerTooLarge):
            read_events(body, NOW)


def reader(seconds: float = 15, **named: str) -> IcsReader:
    return IcsReader(named=named, memory_bytes=2**30, seconds=seconds)


def test_a_calendar_of_the_settings_may_lie_anywhere(tmp_path: Path) -> None:
    """At a private address or in a file; a repeated read is another process's work."""
    body = calendar("DTSTART;VALUE=DATE:20990613\nSUMMARY:x", f"DTSTART;VALUE=DATE:{datetime.now(UTC):%Y%m%d}\nSUMMARY:today")
    file = tmp_path / "own.ics"
    file.write_bytes(body)
    asked: list[str] = []

    def respond(target: str, _headers: object) -> list[bytes]:
        asked.append(target)
        return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body]

    with a_server(respond) as base:
        found = [reader(there=f"{base}/a%20b/c.ics?x=1&y=", own=str(file)).read(name) for name in ("there", "own")]

    assert [[event.title for event in each] for each in (*found, reader().read(str(file)))] == [["today"]] * 3
    assert asked == ["/a%20b/c.ics?x=1&y="]


@pytest.mark.parametrize("place", ["unknown", "/no/such/file.ics", "/dev/zero", "https://127.0.0.1:1/x.ics", "https://localhost/x.ics"])
def test_a_place_that_may_not_or_cannot_be_read(place: str) -> None:
    """Private addresses and what is no file are refused as are unknown names."""
    with pytest.raises(FetchError) as refused:
        reader().read(place)

    assert refused.value.message.endswith(".")


def test_an_unknown_name_is_told_beside_the_known_ones() -> None:
    """So that a typing error is seen."""
    with pytest.raises(AnswerNotUnderstood, match=r"^LANNER_CALENDARS has no calendar 'imf', but bls and ine\.$"):
        reader(ine="/a.ics", bls="/b.ics").read("imf")
    with pytest.raises(InvalidInput, match=r"^LANNER_CALENDARS has no calendar 'imf', but bls and ine\.$"):
        reader(ine="/a.ics", bls="/b.ics").check("imf")
    for place in ("ine", "https://example.org/a.ics", "/no/such/file.ics"):
        reader(ine="/a.ics").check(place)


def test_a_server_that_refuses_or_hangs_is_told() -> None:
    """By the errors of any provider."""
    with a_server(lambda *_: [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"]) as base, pytest.raises(FetchError) as refused:
        reader(there=base + "/x.ics").read("there")
    assert "127.0.0.1" in refused.value.message

    def hang(*_: object) -> list[bytes]:
        import time

        time.sleep(2)
        return []

    with a_server(hang) as base, pytest.raises(SourceTimedOut):
        reader(0.3, there=base + "/x.ics").read("there")
