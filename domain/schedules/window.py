"""The hours and weekdays in which a schedule may ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.schedules.zones import instant_of, local_time

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _SHORTEST_RANGE = timedelta(days=1), 3
_HOURS = re.compile("([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_HINT = "Write weekdays, hours or both, such as mon-fri 08:00-18:00, or sat,sun, or 22:00-06:00."


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingWindow:
    """
    The weekdays and hours in which a schedule may ask, in its time zone.

    Attributes:
        weekdays: numbers from 0, Monday; an opening after midnight belongs to the day on which it began.
        opens, closes: local times; the window closes on the next day if that is not after ``opens``.

    """

    weekdays: frozenset[int] = frozenset(range(7))
    opens: time = time(0)
    closes: time = time(0)

    @classmethod
    def parse(cls, text: str, *, field: str = "window") -> AskingWindow:
        """
        Parse weekdays, hours or both, such as ``mon-fri 08:00-18:00``.

        Raises:
            InvalidInput: it has another form.

        """
        parts = text.lower().split()
        days = [part for part in parts if ":" not in part]
        hours = [part for part in parts if ":" in part]
        if not parts or len(days) > 1 or len(hours) > 1:
            raise InvalidInput(f"{field} is not a window.", field=field, hint=_HINT)
        weekdays = _weekdays(days[0], field) if days else frozenset(range(7))
        opens, closes = _hours(hours[0], field) if hours else (time(0), time(0))
        return cls(weekdays=weekdays, opens=opens, closes=closes)

    def __str__(self) -> str:
        numbers = sorted(self.weekdays)
        is_range = _SHORTEST_RANGE <= len(numbers) == numbers[-1] - numbers[0] + 1
        days = f"{WEEKDAYS[numbers[0]]}-{WEEKDAYS[numbers[-1]]}" if is_range else ",".join(WEEKDAYS[day] for day in numbers)
        if self.opens == self.closes == time(0):
            return days
        hours = f"{self.opens:%H:%M}-{self.closes:%H:%M}"
        return hours if len(numbers) == len(WEEKDAYS) else f"{days} {hours}"

    def earliest(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the moment itself if it is inside the window, else when the window opens next."""
        day = local_time(moment, zone).date()
        for offset in range(-1, 9):
            begin = day + offset * _DAY
            if begin.weekday() not in self.weekdays:
                continue
            opens = instant_of(datetime.combine(begin, self.opens), zone)
            end = begin if self.closes > self.opens else begin + _DAY
            closes = instant_of(datetime.combine(end, self.closes), zone)
            # A clock change may skip the whole of it.
            if max(moment, opens) < closes:
                return max(moment, opens)
        raise AssertionError(f"no opening of {self} within a week")


def _weekdays(text: str, field: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise InvalidInput(f"{field} names no weekday with {part[:40]!r}.", field=field, hint=_HINT)
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        found.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return frozenset(found)


def _hours(text: str, field: str) -> tuple[time, time]:
    match = _HOURS.fullmatch(text)
    if not match:
        raise InvalidInput(f"{field} has no hours in {text[:40]!r}.", field=field, hint=_HINT)
    hour, minute, last_hour, last_minute = map(int, match.groups())
    try:
        # 24:00 is the end of the day.
        return time(hour, minute), time(last_hour % 24 if (last_hour, last_minute) == (24, 0) else last_hour, last_minute)
    except ValueError:
        raise InvalidInput(f"{field} has an impossible hour in {text[:40]!r}.", field=field, hint=_HINT) from None
