"""What was read of calendars, on every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from domain.ports import Store
from domain.schedules.calendar import KeptCalendar, ReleaseEvent

NOON = datetime(2024, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_a_calendar_is_kept_as_it_is(store: Store) -> None:
    """Days, local times and instants, until it is read again."""
    events = (
        ReleaseEvent(date(2024, 6, 12), "Day"),
        ReleaseEvent(datetime(2024, 6, 12, 8, 30), "Local “time”"),  # noqa: DTZ001 - it has none
        ReleaseEvent(datetime(2024, 6, 12, 12, 30, tzinfo=UTC), ""),
    )
    read = KeptCalendar(address="https://example.org/a.ics", events=events, read_at=NOON, tried_at=NOON)
    of_series = KeptCalendar(address="fred:FRED/GDP", release="53", tried_at=NOON)
    with store.writing() as uow:
        for kept in (read, of_series):
            uow.calendars.put(kept)
        uow.commit()
    with store.reading() as uow:
        assert uow.calendars.get("nowhere") is None
        assert [uow.calendars.get(kept.address) for kept in (read, of_series)] == [read, of_series]

    failed = replace(read, events=(), problem="It cannot be read.")
    with store.writing() as uow:
        uow.calendars.put(failed)
        uow.commit()
    with store.reading() as uow:
        assert uow.calendars.get(read.address) == failed
