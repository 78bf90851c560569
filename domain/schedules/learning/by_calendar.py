"""The next look at a series whose releases a calendar lists; how long after its moments they arrive is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.schedules.calendar import ReleaseEvent
from domain.schedules.learning.distribution import Distribution, estimate
from domain.schedules.learning.plan import APART, OVERDUE, WEEK, Plan, backoff, span
from domain.schedules.learning.releases import interval_of, is_news
from domain.schedules.zones import local_time
from domain.vintages import Vintage

_DAY, _EARLY = timedelta(days=1), timedelta(hours=1)
#: Where nothing is known yet, a release arrives within the hour after a time, and within a day that has none.
_PRIOR_OF_A_TIME, _PRIOR_OF_A_DAY = (0.0, 1 / 24), (0.0, 1.0)
#: In releases; older delays weigh less.
_HALF_LIFE = 8
#: Delays that are learned from.
_MOST = 48


@dataclass(frozen=True, slots=True)
class _Event:
    """A listed release; what arrives from ``begin`` on may be it."""

    at: datetime
    begin: datetime
    title: str
    has_time: bool


def plan_by_calendar(
    events: Sequence[ReleaseEvent], vintages: Sequence[Vintage], last: datetime, *, budget: int, zone: ZoneInfo
) -> Plan | None:
    """
    Return when to look next; None if the calendar lists no release that has yet to come.

    A release is expected so long after its listed moment as those before it. Looks come where the remaining distribution of that delay
    reaches one in ``budget``; a release that has not come by the 0.99 quantile is overdue, as one that is learned. There is a look
    every week.

    Args:
        events: those of the series.
        vintages: of the series, in the order of their numbers.
        last: the last successful check.
        zone: of events without one.

    """
    listed = _by_day(events, zone)
    news = [vintage for vintage in vintages if is_news(vintage)]
    delays = _delays(listed, news, zone)
    newest = max((vintage.fetched_at for vintage in news), default=last)
    to_come = [event for event in listed if event.begin > newest]
    by_kind = {has_time: _delay(delays, has_time=has_time) for has_time in {event.has_time for event in to_come}}
    late = [event.at + by_kind[event.has_time].quantile(OVERDUE) * _DAY for event in to_come]
    missed = sum(last >= moment for moment in late)
    if missed == len(to_come):
        return _exhausted(to_come[0], late[0], last, zone) if missed else None
    event = to_come[missed]
    delay = by_kind[event.has_time]
    planned = _plan(event, delay, last, budget=budget, zone=zone)
    if delays:
        planned = replace(planned, reason=f"{planned.reason}; {_habit(delay, len(delays))}")
    return _missed(planned, late[0], last, zone) if missed else planned


def _plan(event: _Event, delay: Distribution, last: datetime, *, budget: int, zone: ZoneInfo) -> Plan:
    seen = delay.until((last - event.at) / _DAY)
    target = max(event.at + delay.quantile(seen + (1 - seen) / budget) * _DAY, event.begin, last + APART)
    weekly = "" if target <= last + WEEK else "; the weekly look comes before it"
    reason = f"the calendar lists {_words(event, zone)}{weekly}"
    return Plan(at=min(target, last + WEEK), reason=reason, expected_at=event.at + delay.quantile(0.5) * _DAY)


def _missed(planned: Plan, late: datetime, last: datetime, zone: ZoneInfo) -> Plan:
    """Return the plan, with the looks for a release that is overdue."""
    reason = f"{planned.reason}; the release before is overdue since {_time(late, zone)}"
    return replace(planned, at=min(planned.at, last + backoff(last - late)), reason=reason, overdue_since=late)


def _exhausted(event: _Event, late: datetime, last: datetime, zone: ZoneInfo) -> Plan:
    reason = f"the calendar listed {_words(event, zone)}, which is overdue since {_time(late, zone)}; it lists no later release"
    return Plan(at=last + backoff(last - late), reason=reason, overdue_since=late)


def _habit(delay: Distribution, known: int) -> str:
    middle = delay.quantile(0.5) * _DAY
    side = "after" if middle >= timedelta(0) else "before"
    return f"by the last {known}, it arrives about {span(abs(middle))} {side} that"


def _by_day(events: Sequence[ReleaseEvent], zone: ZoneInfo) -> list[_Event]:
    """Return the first event of each day, in order."""
    found: dict[object, _Event] = {}
    for event in sorted(events, key=lambda event: (event.instant(zone), not event.has_time)):
        at = event.instant(zone)
        begin = at - _EARLY if event.has_time else at
        found.setdefault(event.local_day(zone), _Event(at, begin, event.title, event.has_time))
    return list(found.values())


def _delays(listed: Sequence[_Event], news: Sequence[Vintage], zone: ZoneInfo) -> list[tuple[float, float]]:
    """Return the interval of the delay of each past release in days, oldest first; the first vintage is none."""
    by_event: dict[datetime, tuple[float, float]] = {}
    for after, by in sorted(interval_of(vintage, zone) for vintage in news[1:]):
        event = next((event for event in reversed(listed) if event.begin <= by), None)
        if event is not None and event.at not in by_event:
            earliest = event.at if by >= event.at else event.begin
            by_event[event.at] = (max(after, earliest) - event.at) / _DAY, (by - event.at) / _DAY
    return list(by_event.values())[-_MOST:]


def _delay(delays: Sequence[tuple[float, float]], *, has_time: bool) -> Distribution:
    prior = _PRIOR_OF_A_TIME if has_time else _PRIOR_OF_A_DAY
    return estimate([prior, *delays], prior[1], _HALF_LIFE)


def _words(event: _Event, zone: ZoneInfo) -> str:
    title = f"“{event.title}” for " if event.title else ""
    return f"{title}{_time(event.at, zone)}" if event.has_time else f"{title}{local_time(event.at, zone):%Y-%m-%d}"


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{local_time(moment, zone):%Y-%m-%d %H:%M} {zone}"
