"""A replay of publications against ways to look for them: how late each was found, and how many looks that took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from domain.schedules.learning import Checks, Release, plan
from domain.schedules.learning.releases import period_of
from tests.benchmarks.publications import Publication, Publications

#: Releases that are not judged: nothing can be learned from fewer.
WARM_UP = 6
PHASES = 100


@dataclass(frozen=True)
class Replay:
    """
    What came of looking.

    Attributes:
        late: how many seconds after its publication each one was found, those included that a later one had replaced by then.
        looks: all of them since the first publication that is judged.
        overdue: since when releases were said to be overdue.

    """

    late: np.ndarray
    looks: int
    overdue: frozenset[datetime]


def judged(series: Publications) -> Sequence[Publication]:
    return series.moments[WARM_UP + 1 :]


def learned(series: Publications, budget: int) -> Replay:
    """Look as the plan says, from the first publication on."""
    moments, begin = series.moments, judged(series)[0].at
    end = moments[-1].at + timedelta(days=30)
    now = known_at = last = moments[0].at + timedelta(hours=1)
    newest, found, place, looks = moments[0].newest, len(moments[:1]), 1, 0
    releases: list[Release] = []
    late: list[float] = []
    overdue: set[datetime] = set()
    while now < end and place < len(moments):
        looks += now >= begin
        while place < len(moments) and moments[place].at <= now:
            late += [(now - moments[place].at).total_seconds()] if moments[place].at >= begin else []
            place += 1
        if place > found:
            newest = moments[place - 1].newest
            releases.append(Release(period=period_of(newest, series.frequency), before=known_at, after=last, by=now))
            known_at, found = now, place
        last = now
        checks = Checks(newest=newest, known_at=known_at, last=last)
        planned = plan(releases, checks, frequency=series.frequency, budget=budget, zone=series.zone)
        assert planned.at >= now + timedelta(seconds=60)
        overdue |= {planned.overdue_since} if planned.overdue_since else set()
        now = planned.at
    return Replay(np.array(late), looks, frozenset(overdue))


def at_even_intervals(series: Publications, looks: int) -> np.ndarray:
    """Return how late each publication is found by as many looks at even intervals, for 100 phases of them."""
    at = np.array([each.at.timestamp() for each in judged(series)])
    interval = (at[-1] - at[0]) / looks
    phases = np.arange(PHASES)[:, None] / PHASES * interval
    return (-(at - at[0] - phases) % interval).ravel()


def by_the_best_cron(series: Publications, looks: int) -> np.ndarray:
    """
    Return how late each publication is found by the daily or weekly times that would have been best.

    As many hours of the week, or days of the month with their hour, as that number of looks affords are chosen one by one, each so
    that the mean shrinks most.
    """
    moments = judged(series)
    at = np.array([each.at.timestamp() for each in moments])
    local = [each.at.astimezone(series.zone) for each in moments]
    days = (at[-1] - at[0]) / 86_400
    rules = [
        (7.0, np.array([each.weekday() + _share(each) for each in local])),
        (30.44, np.array([each.day + _share(each) for each in local])),
        (1.0, np.array([_share(each) for each in local])),
    ]
    best = np.full(len(at), np.inf)
    for cycle, places in rules:
        afforded = int(looks / (days / cycle))
        found = _greedy(places, cycle, min(afforded, 24))
        best = min(best, found, key=np.mean)
    return best * 86_400


def _share(moment: datetime) -> float:
    return (moment.hour * 60 + moment.minute) / 1440


def _greedy(places: np.ndarray, cycle: float, count: int) -> np.ndarray:
    late: np.ndarray = np.full(len(places), np.inf)
    times = np.arange(0, cycle, 1 / 24)
    for _ in range(count):
        rest = [np.minimum(late, (time - places) % cycle) for time in times]
        late = min(rest, key=np.mean)
    return late
