"""Schedules: which series are followed by which rule, and what is due for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.errors import InvalidInput
from domain.schedules.calendar import CalendarSource
from domain.schedules.cron import check_cron
from domain.schedules.durations import parse_duration
from domain.schedules.selector import Selector
from domain.schedules.window import AskingWindow
from domain.schedules.zones import zone_of

SHORTEST_INTERVAL, LONGEST_INTERVAL = timedelta(minutes=1), timedelta(days=366)
LONGEST_CATCH_UP, DEFAULT_CATCH_UP = timedelta(days=1), timedelta(minutes=15)
DEFAULT_BUDGET, LARGEST_BUDGET = 4, 100
#: The reasons of a look that has yet to be planned, and of one that is asked for now.
TO_BE_PLANNED = "Its next look is being planned."
TRIGGERED = "It was triggered."
_NOTHING = timedelta(0)


class ScheduleKind(StrEnum):
    """By what the next look is found: a length of time, a cron expression, a calendar, or the moments of earlier releases."""

    INTERVAL = "interval"
    CRON = "cron"
    CALENDAR = "calendar"
    LEARNED = "learned"

    @property
    def follows_releases(self) -> bool:
        """Whether the next look depends on what the last one found."""
        return self in (ScheduleKind.CALENDAR, ScheduleKind.LEARNED)


class Basis(StrEnum):
    """By what it is known when a release is expected: a calendar lists it, or it is learned from earlier ones."""

    CALENDAR = "calendar"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    When the series of a schedule are looked at.

    A look that comes while a fetch of the series is pending or running is skipped.

    Attributes:
        spec: the interval, such as ``6h``, the cron expression, or the calendar (``CalendarSource``); empty for ``learned``.
        tz: the time zone of cron expressions, of the window and of releases; if empty, that of releases is the provider's, else UTC.
        window: when it may ask; a look outside is moved to the window's next opening.
        catch_up: after a downtime each series is asked once for all looks that were missed, spread over this time.
        jitter: looks are later by up to this, by the same time for the same series.
        budget: the number of looks for one release, for ``learned`` and ``calendar``.

    """

    kind: ScheduleKind = ScheduleKind.LEARNED
    spec: str = ""
    tz: str = ""
    window: AskingWindow | None = None
    catch_up: timedelta = DEFAULT_CATCH_UP
    jitter: timedelta = _NOTHING
    budget: int = DEFAULT_BUDGET

    def check(self, now: datetime) -> None:
        """Raise InvalidInput, which names the field, if one is not valid, or if nothing is due by it after ``now``."""
        zone_of(self.zone)
        longest_jitter = LONGEST_CATCH_UP
        if self.kind is ScheduleKind.INTERVAL:
            longest_jitter = min(self.interval, longest_jitter)
        elif self.kind is ScheduleKind.CRON:
            check_cron(self.spec, field="spec", now=now)
        elif self.kind is ScheduleKind.CALENDAR:
            CalendarSource.parse(self.spec)
        elif self.spec:
            raise InvalidInput("spec must be empty: a learned schedule has none.", field="spec", hint="Leave it out, or give another kind.")
        if not _NOTHING <= self.catch_up <= LONGEST_CATCH_UP:
            raise InvalidInput("catch_up must be from 0s to 1d.", field="catch_up")
        if not _NOTHING <= self.jitter <= longest_jitter:
            raise InvalidInput("jitter must be from 0s to 1d, and not longer than the interval.", field="jitter")
        if not 1 <= self.budget <= LARGEST_BUDGET:
            raise InvalidInput(f"budget must be from 1 to {LARGEST_BUDGET}.", field="budget")

    @property
    def zone(self) -> str:
        """The name of the time zone of cron expressions and of the window."""
        return self.tz or "UTC"

    @property
    def interval(self) -> timedelta:
        """The length of an interval; raises InvalidInput if it is not valid."""
        return parse_duration(self.spec, field="spec", least=SHORTEST_INTERVAL, most=LONGEST_INTERVAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A rule for the series that a selector means."""

    id: UUID
    selector: Selector
    rule: Rule
    paused: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedSeries:
    """
    A series that a schedule follows.

    Attributes:
        next_at: when it is looked at next; None while the schedule is paused.
        planned: whether it is to be asked then; else its next look is to be planned anew.
        reason: why then, in a sentence.
        failures: number of its fetches that have failed since the last success.
        last_success_at: when a fetch of it last succeeded.
        overdue_since: since when a release has been expected that has not come.
        expected_at, basis: when the next release is expected, and by what; None if it is not known.

    """

    schedule_id: UUID
    series_id: UUID
    next_at: datetime | None
    planned: bool
    reason: str
    failures: int = 0
    last_success_at: datetime | None = None
    overdue_since: datetime | None = None
    expected_at: datetime | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLook:
    """When a series is looked at next, and why then, as planned; the rest as in ``FollowedSeries``."""

    at: datetime
    reason: str
    overdue_since: datetime | None = None
    expected_at: datetime | None = None
    basis: Basis | None = None

    @classmethod
    def again(cls, look: FollowedSeries, at: datetime, reason: str) -> NextLook:
        """Return a look at another time, which changes nothing about the release that is expected."""
        return cls(at=at, reason=reason, overdue_since=look.overdue_since, expected_at=look.expected_at, basis=look.basis)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """
    How things stand with a schedule.

    Attributes:
        series: number of series that it follows.
        next: the one of them that is looked at next; None if there is none, or the schedule is paused.
        last_success_at: of any of them.
        overdue_since: the earliest of those that are overdue.

    """

    schedule: Schedule
    series: int
    next: FollowedSeries | None
    last_success_at: datetime | None
    overdue_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleQuery:
    """
    A query for schedules, oldest first.

    Attributes:
        series_id: of a series that they follow.
        overdue: only those with a series that is overdue.
        after: creation time and id of the last schedule already seen.

    """

    series_id: UUID | None = None
    selector: Selector | None = None
    overdue: bool = False
    after: tuple[datetime, UUID] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """A page of schedules, and ``after`` of the next page, if there is one."""

    items: tuple[ScheduleState, ...]
    next: tuple[datetime, UUID] | None

    @classmethod
    def of(cls, found: Sequence[ScheduleState], limit: int) -> SchedulePage:
        """Return a page of ``limit`` schedules from up to one more than that."""
        last = found[limit - 1].schedule if len(found) > limit else None
        return cls(tuple(found[:limit]), (last.created_at, last.id) if last else None)
