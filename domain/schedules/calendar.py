"""Calendars of releases: what they list, and where a schedule reads one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.schedules.zones import instant_of, local_time

#: Read of each calendar: releases from so long ago until so far ahead, and so many of them.
BEHIND, AHEAD, MOST_EVENTS = timedelta(days=800), timedelta(days=400), 20_000
LONGEST_TITLE = 200
#: After this long a calendar is read again: one that was read, one that could not be, and one whose reader did not come back.
READ_AGAIN, TRY_AGAIN, GIVEN_UP = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
_LONGEST_SPEC = 1000
#: The name of a calendar in the settings.
NAME = re.compile("[a-z][a-z0-9_]{0,31}")
_HINT = "Write an https:// address, a name of LANNER_CALENDARS, or nothing for the provider's own calendar; #TEXT chooses its events."


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """
    A release that a calendar lists.

    Attributes:
        at: an instant, a local time without zone, or a day.

    """

    at: date
    title: str

    @property
    def has_time(self) -> bool:
        """Whether the time of day is known."""
        return isinstance(self.at, datetime)

    def instant(self, zone: ZoneInfo) -> datetime:
        """Return the instant in UTC, in this zone if the calendar names none; the begin of the day if it names no time."""
        if not isinstance(self.at, datetime):
            return instant_of(datetime.combine(self.at, time.min), zone)
        return instant_of(self.at, zone) if self.at.tzinfo is None else self.at.astimezone(UTC)

    def local_day(self, zone: ZoneInfo) -> date:
        """Return the day of the release in a zone."""
        return local_time(self.instant(zone), zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSource:
    """
    Where a schedule reads its calendar, and which of its events it means.

    Attributes:
        place: an address, the path of a file or a name of the settings; empty for the provider's own.
        text: what the titles of its events contain, in any case; empty for the provider's rule or, elsewhere, for all events.

    """

    place: str
    text: str

    @classmethod
    def parse(cls, spec: str, *, field: str = "spec") -> CalendarSource:
        """
        Parse ``[PLACE][#TEXT]``.

        Raises:
            InvalidInput: it has another form, or the place is an address without TLS.

        """
        place, _, text = (part.strip() for part in spec.partition("#"))
        if len(spec) > _LONGEST_SPEC or not spec.isprintable() or not (_is_place(place) or NAME.fullmatch(place)):
            raise InvalidInput(f"{field} is not a calendar.", field=field, hint=_HINT)
        return cls(place=place, text=text)

    def choose(self, events: Sequence[ReleaseEvent], text: str) -> Sequence[ReleaseEvent]:
        """Return the events whose titles contain the source's text, else the text given."""
        wanted = (self.text or text).casefold()
        return [event for event in events if wanted in event.title.casefold()]


def _is_place(place: str) -> bool:
    if place.startswith("/") or not place:
        return True
    try:
        parts = urlsplit(place)
        return place.startswith("https://") and bool(parts.hostname) and parts.username is None and parts.port != 0 and " " not in place
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCalendar:
    """
    What was read of a calendar, and when.

    Attributes:
        address: what it was read from.
        events: what it lists.
        release: the id of a release, where it is asked to which one a series belongs.
        read_at: when it was last read; None until it has been.
        tried_at: when somebody last began to read it.
        problem: why it could not be read the last time; empty if it could, or is being read.

    """

    address: str
    events: tuple[ReleaseEvent, ...] = ()
    release: str = ""
    read_at: datetime | None = None
    tried_at: datetime
    problem: str = ""

    def is_due(self, now: datetime, read_again: timedelta) -> bool:
        """Return whether it is to be read now."""
        if self.problem:
            return now - self.tried_at >= TRY_AGAIN
        is_read = self.read_at is not None and self.read_at >= self.tried_at
        return now - self.tried_at >= (read_again if is_read else GIVEN_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRule:
    """
    How a provider's own calendar is read.

    Attributes:
        url: of its iCalendar; empty if its source tells the releases of a series (``ListsReleases``).
        titles: the begin of a code → what the titles of its events contain. Without one that fits, a schedule must say it.

    """

    url: str = ""
    titles: Mapping[str, str] | None = None

    def title_of(self, dataset: str) -> str | None:
        """Return what the titles of a code's events contain, by the longest begin that fits; None if none does."""
        found = [begin for begin in self.titles or {} if dataset.upper().startswith(begin)]
        return (self.titles or {})[max(found, key=len)] if found else None
