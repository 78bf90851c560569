"""When series were published: real vintage days and made-up habits, the same at each run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from random import Random
from zoneinfo import ZoneInfo

from domain.frequency import Frequency
from tests.benchmarks.datasets import gdp

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_TUESDAY = 1
#: Days on which the euro's settlement system, and with it the reference rates, rests.
_HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}
_EASTER_SUNDAYS = {2018: date(2018, 4, 1), 2019: date(2019, 4, 21), 2020: date(2020, 4, 12)}


@dataclass(frozen=True)
class Publication:
    at: datetime
    newest: date


@dataclass(frozen=True)
class Publications:
    """When a series was published, in order of time; ``regular`` says whether a habit can be learned."""

    name: str
    moments: Sequence[Publication]
    frequency: Frequency | None
    zone: tzinfo
    regular: bool


def publications(seed: int) -> Iterator[Publications]:
    random = Random(seed)
    yield Publications("daily, 16:00 Berlin, holidays", _daily(), Frequency.DAILY, BERLIN, regular=True)
    yield Publications("second Tuesday, 08:30 ± 5 min", _second_tuesdays(random, 72), Frequency.MONTHLY, NEW_YORK, regular=True)
    yield Publications("every fourth business day", _every_fourth(), None, NEW_YORK, regular=True)
    yield Publications("weekly, one in ten missing", _weekly(random), Frequency.WEEKLY, NEW_YORK, regular=True)
    yield Publications("another habit half-way", _changed(random), Frequency.MONTHLY, NEW_YORK, regular=True)
    yield Publications("at random, every ten days", _random(random), None, UTC, regular=False)
    yield Publications("GDP: days of its first estimates", _gdp(), Frequency.QUARTERLY, NEW_YORK, regular=False)


def _at(day: date, hour: int, minute: int, zone: tzinfo, seconds: float = 0.0) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC) + timedelta(seconds=seconds)


def _daily() -> list[Publication]:
    easter = {sunday + offset * _DAY for sunday in _EASTER_SUNDAYS.values() for offset in (-2, 1)}
    days = (date(2018, 1, 2) + count * _DAY for count in range(500))
    open_days = [day for day in days if day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS and day not in easter]
    return [Publication(_at(day, 16, 0, BERLIN), day) for day in open_days]


def _months(count: int) -> Iterator[tuple[date, date]]:
    """Yield the first days of months and of those before them."""
    months = [date(2014 + month // 12, month % 12 + 1, 1) for month in range(count + 1)]
    return zip(months[1:], months, strict=False)


def _second_tuesdays(random: Random, count: int) -> list[Publication]:
    return [
        Publication(_at(month + (_TUESDAY - month.weekday()) % 7 * _DAY + _WEEK, 8, 30, NEW_YORK, random.uniform(-300, 300)), before)
        for month, before in _months(count)
    ]


def _every_fourth() -> list[Publication]:
    days = [day for count in range(1000) if (day := date(2016, 1, 4) + count * _DAY).weekday() < 5]
    return [Publication(_at(day, 10, 0, NEW_YORK), day) for day in days[::4]]


def _weekly(random: Random) -> list[Publication]:
    fridays = [date(2015, 1, 2) + week * _WEEK for week in range(150)]
    kept = [friday for friday in fridays if random.random() > 0.1]
    return [Publication(_at(friday + 6 * _DAY, 16, 30, NEW_YORK, random.uniform(0, 600)), friday) for friday in kept]


def _changed(random: Random) -> list[Publication]:
    later = [Publication(_at(month + 22 * _DAY, 14, 0, NEW_YORK), before) for month, before in _months(72)]
    return _second_tuesdays(random, 36) + later[36:]


def _random(random: Random) -> list[Publication]:
    found: list[Publication] = []
    moment = datetime(2015, 1, 1, tzinfo=UTC)
    for _ in range(150):
        moment += timedelta(days=random.expovariate(1 / 10))
        if not found or moment.date() > found[-1].newest:
            found.append(Publication(moment, moment.date()))
    return found


def _gdp() -> list[Publication]:
    found: list[Publication] = []
    for state in gdp():
        newest, day = state.observations.last, state.published
        assert isinstance(newest, date)
        assert isinstance(day, date)
        if not found or newest > found[-1].newest:
            found.append(Publication(_at(day, 8, 30, NEW_YORK), newest))
    return found
