"""The next look at a series, and the reason for it in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from math import log

from domain.frequency import Frequency
from domain.observations import Label
from domain.schedules.learning.habit import Habit, habit_of, rate_of
from domain.schedules.learning.releases import Release, period_of, periods_after, usual_length

#: The least time between two looks.
APART = timedelta(seconds=60)
_DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: Past this share of the distribution a release is overdue.
OVERDUE = 0.99
_FORETOLD_PERIODS = 40
#: Releases by which business days are told from all days.
_RECENT = 20
_FEWEST_FOR_A_RATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """
    What is known of the looks at a series.

    Attributes:
        newest: the newest date that is kept.
        known_at: when that was known.
        last: the last successful check, by whomever.

    """

    newest: Label
    known_at: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    The next look.

    Attributes:
        at: when to look.
        reason: why then, as one sentence without its full stop.
        overdue_since: when a release should have come at the latest, if none has.
        expected_at: when the next release is expected, if that is known.

    """

    at: datetime
    reason: str
    overdue_since: datetime | None = None
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Target:
    """The next look for one period's release; the middle of its distribution, and when it is past all reason to come soon."""

    at: datetime
    expected: datetime
    overdue: datetime


def plan(
    releases: Sequence[Release],
    checks: Checks,
    *,
    frequency: Frequency | None,
    budget: int,
    zone: tzinfo = UTC,
) -> Plan:
    """
    Return when to look next; a moment that has passed means at once.

    Where releases are regular, the next look is where the remaining distribution reaches one in ``budget``; else looks come at even
    intervals, ``budget`` of them in the usual time between two releases. A release that has not come by the 0.99 quantile is overdue:
    it is looked for after a day, then at growing distances up to a week, and when the next one is expected. There is a look every week.

    Args:
        releases: oldest first.
        frequency: of the series; None if it is not known.
        budget: how many looks a release may cost, on average.
        zone: of the provider's working day.

    """
    length = usual_length(releases, frequency)
    habit = habit_of(releases, length, zone, periods=_has_periods(frequency))
    if habit is None or not habit.is_regular(length):
        return _by_rate(releases, checks, length, budget)
    newest = period_of(checks.newest, frequency)
    recent = (each.period for each in releases[-_RECENT:])
    following = periods_after(newest, frequency, recent) if habit.coordinates.of_period else iter([newest])
    return _by_habit(habit, checks, islice(following, _FORETOLD_PERIODS), budget)


def _by_habit(habit: Habit, checks: Checks, periods: Iterable[date], budget: int) -> Plan:
    wanted = weekly = checks.last + WEEK
    overdue = expected = None
    for target in _targets(habit, checks, periods, budget):
        if checks.last < target.overdue:
            wanted, expected = min(wanted, target.at), target.expected
            break
        overdue = overdue or target.overdue
    if overdue is not None:
        wanted = min(wanted, checks.last + backoff(checks.last - overdue))
    at = max(wanted, checks.last + APART)
    known = _words(habit)
    if overdue is not None:
        known = (
            f"{known}; the next one is overdue since {overdue.astimezone(habit.coordinates.zone):%Y-%m-%d %H:%M} {habit.coordinates.zone}"
        )
    elif at == weekly:
        known = f"{known}; the weekly look comes before the next one"
    return Plan(at=at, reason=known, overdue_since=overdue, expected_at=expected)


def _targets(habit: Habit, checks: Checks, periods: Iterable[date], budget: int) -> Iterator[_Target]:
    """Yield the next look for each release that may come next, in order of their periods."""
    coordinates, distribution = habit.coordinates, habit.distribution
    before = checks.known_at.astimezone(coordinates.zone).date()
    for period in periods:
        seen = distribution.until(coordinates.measure(checks.last, period, before))
        shares = (seen + (1 - seen) / budget, 0.5, OVERDUE)
        yield _Target(*(coordinates.moment(distribution.quantile(share), period, before) for share in shares))


def _has_periods(frequency: Frequency | None) -> bool:
    return frequency is not None and frequency is not Frequency.HOURLY


def _by_rate(releases: Sequence[Release], checks: Checks, length: timedelta, budget: int) -> Plan:
    rate = rate_of(releases) if len(releases) >= _FEWEST_FOR_A_RATE else None
    usual = timedelta(seconds=1 / rate) if rate else length
    every = max(usual / budget, APART)
    overdue = checks.known_at + usual * log(1 / (1 - OVERDUE))
    late = checks.last >= overdue
    wanted = checks.last + max(every, min((checks.last - overdue) / budget, WEEK))
    at = max(min(wanted, checks.last + WEEK), checks.last + APART)
    known = (
        f"releases come at no regular time, about every {span(usual)}" if rate else f"no habit is known yet; a period lasts {span(length)}"
    )
    return Plan(at=at, reason=f"{known}; looked at every {span(at - checks.last)}", overdue_since=overdue if late else None)


def backoff(late: timedelta) -> timedelta:
    """Return the time to the next look for a release that is overdue: a day, doubled with each look, a week at most."""
    return min(max(late + _DAY, _DAY), WEEK)


def _words(habit: Habit) -> str:
    middle, zone = habit.distribution.quantile(0.5), habit.coordinates.zone
    minutes, spread = round((middle % 1) * 1440), timedelta(days=habit.width / 2)
    # Of releases that are known by their days alone, no time of day is known.
    clock = f", about {minutes // 60 % 24:02}:{minutes % 60:02} {zone}" if spread < _DAY / 2 else ""
    day = habit.coordinates.describe(int(middle // 1))
    return f"releases came {day}{clock} ± {span(spread)}, as foretold in {round(habit.foretold * 100)} % of recent cases"


def span(length: timedelta) -> str:
    """Return a length of time in words, in minutes, hours or days."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{max(round(hours * 60), 1)} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"  # noqa: PLR2004
