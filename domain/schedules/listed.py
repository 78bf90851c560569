"""Releases of followed series in a list: those that came, and when the next ones are expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.codes import DatasetCode
from domain.observations import Label


class Standing(StrEnum):
    """
    How it is known when a release comes.

    ``published``: it came. ``calendar``: a calendar lists it. ``learned``: it is foretold from those of the past. ``look``: nothing is
    foretold; it is when the series is looked at next.
    """

    PUBLISHED = "published"
    CALENDAR = "calendar"
    LEARNED = "learned"
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRelease:
    """
    A release of a followed series.

    Attributes:
        number: of the series; in the order of time and of this are the releases listed.
        name: of the series, as its provider says it.
        reason: why then; empty of one that came.
        schedule_id: by which it is expected; None of one that came.
        vintage: its number; None of one that is expected.
        newest: the newest date that it brought; None of one that is expected.

    """

    at: datetime
    standing: Standing
    series_id: UUID
    number: int
    provider: str
    code: DatasetCode
    name: str
    reason: str = ""
    schedule_id: UUID | None = None
    vintage: int | None = None
    newest: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseQuery:
    """
    A query for releases of followed series, oldest first.

    Attributes:
        start, end: both are included.
        after: moment and series' id of the last release already seen.

    """

    start: datetime
    end: datetime
    provider: str | None = None
    code: DatasetCode | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """A page of releases, and ``after`` of the next page, if there is one."""

    items: tuple[ListedRelease, ...]
    next: tuple[datetime, UUID] | None
