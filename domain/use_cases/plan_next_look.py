"""PlanNextLook: decide when a followed series is looked at next, after each of its fetches."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import InvalidInput, SeriesNotFound, SuspiciousShrink, SuspiciousValues, UnknownProvider
from domain.fetches import Fetch, FetchStatus
from domain.ports import Providers, Store
from domain.schedules.durations import write_duration
from domain.schedules.history import History, Learn
from domain.schedules.schedule import FollowedSeries, NextLook, Schedule, ScheduleKind
from domain.schedules.timing import inside_window, next_look
from domain.series import TimeSeries
from domain.source_status import Failing
from domain.use_cases.read_calendar import ReadCalendar, SeriesCalendar
from domain.vintages import Vintage
from domain.webhooks.events import series_overdue

logger = logging.getLogger(__name__)

#: After this long a look that was not planned, since its worker died, is planned by another.
REPLAN_AFTER = timedelta(minutes=10)
UNDER_WAY = "A fetch of it is under way."
#: After so long it is asked again whether another worker has read a calendar.
_CALENDAR_AGAIN = timedelta(minutes=1)
_MOST_VINTAGES = 400
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(hours=1), timedelta(days=7)
#: An answer that is refused may be right the day after without anybody's doing; what is looked at daily stays so.
_LONGEST_REFUSED = timedelta(hours=20)
_REFUSED = {Failing.SHRUNK: SuspiciousShrink.code, Failing.REFUSED: SuspiciousValues.code}
_AFTER_A_DEFECT = timedelta(days=1)
#: How often a series is looked at that has ended at its source.
AFTER_THE_END = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Past:
    """What was read of a series."""

    series: TimeSeries
    vintages: Sequence[Vintage]
    now: datetime

    @classmethod
    def of(cls, series: TimeSeries, vintages: Sequence[Vintage], now: datetime) -> _Past:
        """Return it; what was checked by a clock that has been set back since counts as checked now."""
        return cls(replace(series, checked_at=series.checked_at and min(series.checked_at, now)), vintages, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNextLook:
    """
    Plan the next look at a series, for each schedule that follows it.

    Attributes:
        learn: plans it from the past or a calendar, for schedules of the kinds ``learned`` and ``calendar``.

    """

    store: Store
    providers: Providers
    learn: Learn
    read_calendar: ReadCalendar

    def __call__(self, series_id: UUID, *, ended: Fetch | None = None) -> None:
        """
        Plan it, and have the series followed by the schedules whose masks mean it.

        Args:
            ended: the fetch that has just ended, if one has.

        """
        try:
            with self.store.reading() as uow:
                following = [found for found in uow.schedules.following(series_id) if found[1].next_at]
                series = uow.series.get(series_id)
                unfollowed = uow.schedules.unfollowed(series)
                learns = any(schedule.rule.kind.follows_releases for schedule, _ in following)
                vintages = uow.vintages.last_ones(series_id, _MOST_VINTAGES) if learns else ()
                past = _Past.of(series, vintages, uow.now())
        except SeriesNotFound:
            return
        looks = [(look, *self._look(schedule, look, past, _failures(look, ended))) for schedule, look in following]
        if not unfollowed and not looks:
            return
        overdue = _newly_overdue([(look, next_) for look, _, next_ in looks])
        with self.store.writing() as uow:
            if overdue:
                # Before its looks, as its removal does, so that the two do not wait for each other.
                uow.series.lock(series_id)
            for schedule in unfollowed:
                uow.schedules.follow(series, schedule)
            for look, planned, next_ in looks:
                failures = _failures(look, ended)
                is_set = uow.schedules.plan(look, next_, planned=planned, succeeded_at=series.checked_at, failures=failures)
                if next_ is overdue and is_set:
                    uow.webhooks.record(series, series_overdue(overdue, past.now))
            uow.commit()

    def _look(self, schedule: Schedule, look: FollowedSeries, past: _Past, failures: int) -> tuple[bool, NextLook]:
        """Return whether the series is to be asked at its next look, and the look."""
        # Once a series has ended, or is published again, the rule alone does not say when it is looked at.
        keeps_to_rule = not schedule.rule.kind.follows_releases and past.series.at_source.since is None
        is_satisfied = look.next_at and past.series.checked_at and past.series.checked_at >= look.next_at
        # What is refused would be so at the rule's next time too; and once it is not, nothing is put off any more.
        is_put_off = failures != look.failures and (failures == 0 or past.series.at_source.failing in _REFUSED)
        if look.next_at and look.planned and keeps_to_rule and not (is_satisfied or is_put_off):
            return True, NextLook(at=look.next_at, reason=look.reason)
        if past.series.fetch and not past.series.fetch.ended:
            return False, put_off(look, UNDER_WAY, past.now)
        calendar = self._calendar(schedule, past)
        if calendar.is_being_read:
            return False, NextLook.again(look, past.now + _CALENDAR_AGAIN, "Its calendar is being read.")
        return True, self._planned_or_daily(schedule, look, past, failures=failures, calendar=calendar)

    def _calendar(self, schedule: Schedule, past: _Past) -> SeriesCalendar:
        """Read the calendar of a schedule, outside of transactions, if it has one that tells the next look."""
        series, is_needed = past.series, schedule.rule.kind is ScheduleKind.CALENDAR and past.series.checked_at is not None
        if not is_needed or series.at_source.has_ended:
            return SeriesCalendar()
        return self.read_calendar(series.provider, series.code, schedule.rule.spec)

    def _planned_or_daily(
        self, schedule: Schedule, look: FollowedSeries, past: _Past, *, failures: int, calendar: SeriesCalendar
    ) -> NextLook:
        try:
            return self._planned(schedule, past, failures, calendar)
        except Exception as error:
            # A defect of a rule or of the learning must not end what follows the series.
            message = error.message if isinstance(error, InvalidInput) else f"lanner failed on its history ({type(error).__name__})."
            logger.exception("next look not planned", extra={"series": str(past.series.id), "schedule": str(schedule.id)})
            return NextLook.again(look, past.now + _AFTER_A_DEFECT, f"It is looked at daily: {message}")

    def _planned(self, schedule: Schedule, past: _Past, failures: int, calendar: SeriesCalendar) -> NextLook:
        series, now, rule = past.series, past.now, schedule.rule
        if series.at_source.has_ended:
            return inside_window(rule, _after_the_end(past))
        if series.fetch is None and series.checked_at is None:
            return inside_window(rule, NextLook(at=now, reason="It has not been fetched yet."))
        pause, refusal = _pause(series, failures), _refusal(series)
        if not rule.kind.follows_releases:
            if not refusal:
                return next_look(schedule, series.id, now)
            look = next_look(schedule, series.id, now + pause)
            put_off = f" It is not looked at for {write_duration(pause)}." if pause else ""
            return replace(look, reason=f"{refusal}{put_off} {look.reason}")
        why = f"Its last {_counted(failures)} failed, so that it is not looked at for {write_duration(pause)}."
        if series.checked_at is None:
            return inside_window(rule, NextLook(at=now + pause, reason=why))
        history = History(
            vintages=past.vintages,
            frequency=series.frequency,
            checked_at=series.checked_at,
            now=now,
            budget=rule.budget,
            tz=rule.tz or self._zone(series.provider),
            events=calendar.events,
            doubt=calendar.problem,
        )
        look = self.learn(history)
        if failures and look.at < now + pause:
            look = replace(look, at=now + pause, reason=why)
        return inside_window(rule, replace(look, reason=f"{refusal} {look.reason}".lstrip()))

    def _zone(self, provider: str) -> str:
        """Return the time zone in which a provider publishes, as far as it says."""
        try:
            return self.providers.get(provider).zone or "UTC"
        except UnknownProvider:
            return "UTC"


def _pause(series: TimeSeries, failures: int) -> timedelta:
    """Return for how long a series is left alone whose last fetches failed."""
    longest = _LONGEST_REFUSED if series.at_source.failing in _REFUSED else _LONGEST_PAUSE
    return min(_SHORTEST_PAUSE * 2 ** min(failures - 1, 10), longest) if failures else timedelta(0)


def _refusal(series: TimeSeries) -> str:
    """Say that the answers for a series are refused; empty if they are not."""
    failing, since = series.at_source.failing, series.at_source.failing_since
    if failing not in _REFUSED or since is None:
        return ""
    return f"Its answers are refused as {_REFUSED[failing]} since {since:%Y-%m-%d %H:%M} UTC, until one is right or accepted."


def _newly_overdue(looks: Sequence[tuple[FollowedSeries, NextLook]]) -> NextLook | None:
    """Return the first next look at a series that is overdue from now on; None if it was before, or is not."""
    if any(look.overdue_since for look, _ in looks):
        return None
    return next((next_ for _, next_ in looks if next_.overdue_since), None)


def _after_the_end(past: _Past) -> NextLook:
    fetch, at_source = past.series.fetch, past.series.at_source
    looked_at = fetch.finished_at if fetch and fetch.finished_at else past.now
    since = f"{at_source.since:%Y-%m-%d}" if at_source.since else "long ago"
    reason = f"It is {at_source.status} at its source since {since}, so that it is looked at every {write_duration(AFTER_THE_END)}."
    return NextLook(at=max(past.now, looked_at + AFTER_THE_END), reason=reason)


def put_off(look: FollowedSeries, reason: str, now: datetime) -> NextLook:
    """Return the time at which a look is planned anew, unless it has been planned until then."""
    return NextLook.again(look, now + REPLAN_AFTER, reason)


def _failures(look: FollowedSeries, ended: Fetch | None) -> int:
    if ended is None:
        return look.failures
    return 0 if ended.status is FetchStatus.SUCCESS else look.failures + 1


def _counted(failures: int) -> str:
    return "fetch" if failures == 1 else f"{failures} fetches"
