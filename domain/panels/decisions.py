"""Decision moments: the instants at which a panel asks what was known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.moments import parse_moment
from domain.observations import Dates
from domain.schedules.zones import instant_of, local_time, zone_of

MOST_DECISIONS = 10_000
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STEP = re.compile("P([1-9][0-9]{0,3})([DWMY])")
_TIME = re.compile("([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_DAYS_OF, _MONTHS_OF = {"D": 1, "W": 7}, {"M": 1, "Y": 12}
#: Calendar rules by name, and the months of a period where its last days are meant.
_NAMED = {"business_days": 0, "month_ends": 1, "quarter_ends": 3}
_PARTS = ("start", "end", "every")


@dataclass(frozen=True)
class Decisions:
    """
    Instants in UTC, ascending and each once.

    Attributes:
        zone: whose calendar says which day a moment is on.
        said: the words for them, without the zone's.

    """

    moments: tuple[datetime, ...]
    zone: ZoneInfo
    said: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def instants(self) -> Dates:
        """The moments as ``datetime64[us]`` in UTC."""
        return np.array([moment.replace(tzinfo=None) for moment in self.moments], "datetime64[us]")

    @cached_property
    def days(self) -> Dates:
        """The local day of each moment."""
        return np.array([local_time(moment, self.zone).date() for moment in self.moments], "datetime64[D]")

    def later_than(self, moment: datetime | None) -> NDArray[np.bool_]:
        """Return which moments are later than another; all if there is none."""
        return np.array([moment is None or each > moment for each in self.moments])

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Decisions:
        """
        Read ``dates``, or ``start``, ``end`` and ``every``, with ``at`` and ``tz``.

        Raises:
            InvalidInput: one is missing or wrong, a day has no time and zone, or there are too many moments.

        """
        zone, at = zone_of(given.get("tz") or "UTC"), _time_of(given)
        dates = given.get("dates") or ()
        if bool(dates) == any(given.get(name) for name in _PARTS):
            hint = "Give dates, or start, end and every, such as every=P1M or every=month_ends."
            raise InvalidInput("The decision moments are not clear.", field="dates", hint=hint)
        wanted = dates or _rule_days(given)
        moments = sorted({_moment(each, at, zone) for each in wanted})
        if len(moments) > MOST_DECISIONS:
            raise InvalidInput(f"There are {len(moments)} moments.", field="dates", hint=f"Ask for at most {MOST_DECISIONS}.")
        return cls(tuple(moments), zone, {name: given[name] for name in ("dates", *_PARTS, "at") if given.get(name)})


def parse_time(text: str, *, field: str) -> time:
    """Parse a time of day such as ``08:30``."""
    if not _TIME.fullmatch(text):
        raise InvalidInput(f"{field} is not a time of day.", field=field, hint="Write it like 08:30 or 16:00:00.")
    return time.fromisoformat(text)


def _time_of(given: Mapping[str, Any]) -> time | None:
    text = given.get("at")
    if text is None:
        return None
    if not given.get("tz"):
        raise InvalidInput("at has no time zone.", field="tz", hint="Give tz too, such as tz=America/New_York.")
    return parse_time(text, field="at")


def _moment(wanted: str | date, at: time | None, zone: ZoneInfo) -> datetime:
    if isinstance(wanted, str) and not _DAY.fullmatch(wanted):
        return parse_moment(wanted, field="dates")
    if at is None:
        hint = "Give at and tz, such as at=16:00 and tz=America/New_York, or instants such as 2009-01-30T21:00:00Z."
        raise InvalidInput("A day alone is no moment: nobody can say what was known on it when.", field="at", hint=hint)
    day = _day(wanted, "dates") if isinstance(wanted, str) else wanted
    try:
        return instant_of(datetime.combine(day, at), zone)
    except OverflowError:
        raise InvalidInput(f"{day} is out of range.", field="dates", hint="Use years from 2 to 9998.") from None


def _day(text: str, field: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidInput(f"{field} is not a day of the calendar.", field=field, hint="Write a day like 2009-01-30.")


def _rule_days(given: Mapping[str, Any]) -> Sequence[date]:
    missing = next((name for name in _PARTS if not given.get(name)), None)
    if missing:
        raise InvalidInput(f"{missing} is missing.", field=missing, hint="Give start, end and every together.")
    start, end, every = _day(given["start"], "start"), _day(given["end"], "end"), str(given["every"])
    if end < start:
        raise InvalidInput("end is before start.", field="end")
    found = list(_first(_days(start, end, every)))
    if not found:
        raise InvalidInput("No moment lies from start to end.", field="end", hint="Put end later.")
    return found


def _first(days: Iterator[date]) -> Iterator[date]:
    for number, day in enumerate(days):
        if number == MOST_DECISIONS:
            raise InvalidInput(f"There are more than {MOST_DECISIONS} moments.", field="every", hint="Ask for fewer.")
        yield day


def _days(start: date, end: date, every: str) -> Iterator[date]:
    """Yield the days of a rule; months are counted from the start and clipped to each month's end, never from a clipped day."""
    step = _STEP.fullmatch(every)
    if step and step[2] in _DAYS_OF:
        yield from _all_days(start, end)[:: int(step[1]) * _DAYS_OF[step[2]]].tolist()
    elif step:
        yield from _by_months(start, end, int(step[1]) * _MONTHS_OF[step[2]])
    elif every == "business_days":
        days = _all_days(start, end)
        yield from days[np.is_busday(days)].tolist()
    elif every in _NAMED:
        yield from _period_ends(start, end, _NAMED[every])
    else:
        hint = f"Write P1D, P1W, P1M, P3M, P1Y …, or one of {', '.join(_NAMED)}."
        raise InvalidInput("every is not a rule.", field="every", hint=hint)


def _all_days(start: date, end: date) -> Dates:
    return np.arange(np.datetime64(start, "D"), np.datetime64(end, "D") + 1)


def _by_months(start: date, end: date, months: int) -> Iterator[date]:
    first = np.datetime64(start, "M")
    for count in range(0, 12 * 10_000, months):
        month = first + count
        last = (month + 1).astype("datetime64[D]") - 1
        day = min(month.astype("datetime64[D]") + (start.day - 1), last).astype(object)
        # Beyond the year 9999 numpy gives no date.
        if not isinstance(day, date) or day > end:
            return
        yield day


def _period_ends(start: date, end: date, months: int) -> Iterator[date]:
    first = np.datetime64(start, "M").astype(np.int64) // months
    last = np.datetime64(end, "M").astype(np.int64) // months
    for period in range(int(first), int(last) + 1):
        day = ((np.datetime64((period + 1) * months, "M")).astype("datetime64[D]") - 1).astype(object)
        if start <= day <= end:
            yield day
