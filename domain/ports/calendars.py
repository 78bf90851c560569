"""Calendars of releases: reading them, and keeping what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from domain.codes import DatasetCode
from domain.schedules.calendar import KeptCalendar, ReleaseEvent


class CalendarReader(Protocol):
    """Reads iCalendars."""

    def check(self, place: str) -> None:
        """Raise InvalidInput if a place is a name that the settings lack; whether it can be read is not tried."""
        ...

    def read(self, place: str) -> Sequence[ReleaseEvent]:
        """
        Return the releases of an iCalendar, its repeated ones for some two years back and one ahead.

        Args:
            place: an address, the path of a file, or a name of the settings.

        Raises:
            FetchError: it cannot be read; the message says why.

        """
        ...


class CalendarRepository(Protocol):
    """What was read of calendars, so that all workers read each once."""

    def get(self, address: str) -> KeptCalendar | None:
        """Return what was read from an address, if anybody has tried."""
        ...

    def put(self, kept: KeptCalendar) -> None:
        """Store what was read, in place of what was stored."""
        ...


@runtime_checkable
class ListsReleases(Protocol):
    """Implemented by data sources that know the dates of their releases."""

    def release_of(self, code: DatasetCode) -> str:
        """Return the id of the release that a series belongs to; raises as ``DataSource.fetch``."""
        ...

    def release_dates(self, release: str) -> Sequence[ReleaseEvent]:
        """Return the dates of a release, past and planned; raises as ``DataSource.fetch``."""
        ...
