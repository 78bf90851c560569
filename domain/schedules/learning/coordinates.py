"""Coordinates: the moment of a release as a number of days from its period or its predecessor, and back."""

from __future__ import annotations

from calendar import day_name
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np

from domain.schedules.learning.releases import Release

_SECONDS_A_DAY = 86_400
_DAYS_A_WEEK, _BUSINESS_DAYS_A_WEEK = 7, 5
_LAST = date.max.toordinal() - 1
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """
    Measures moments by local wall time, in days from an anchor.

    Attributes:
        anchor: returns the day from which a release is counted, given its period's last day and the day of the release before.
        business: whether days from Monday to Friday alone count.
        of_period: whether the anchor follows from the period, so that later periods' releases can be foretold too.
        describe: says in words on which day a release comes, from the number of whole days.
        zone: whose wall time it is.

    """

    anchor: Callable[[date, date], date]
    business: bool
    of_period: bool
    describe: Callable[[int], str]
    zone: tzinfo

    def measure(self, moment: datetime, period: date, before: date) -> float:
        """Return the days from the anchor; a weekend counts as the beginning of the Monday after it if business days are counted."""
        local = moment.astimezone(self.zone)
        day, anchor = local.date(), self.anchor(period, before)
        share = (local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6) / _SECONDS_A_DAY
        if not self.business:
            return (day - anchor).days + share
        counted = int(np.busday_count(anchor, day)) if anchor <= day else -int(np.busday_count(day, anchor))
        return counted + (share if np.is_busday(day) else 0.0)

    def moment(self, days: float, period: date, before: date) -> datetime:
        """Return the moment so many days from the anchor; a wall time that a clock change skips lies after the change."""
        whole = int(np.floor(days))
        anchor = self.anchor(period, before)
        if self.business:
            day: date = np.busday_offset(anchor, whole, roll="forward").astype("datetime64[D]").item()
        else:
            day = date.fromordinal(min(anchor.toordinal() + whole, _LAST))
        wall = datetime.combine(day, time.min) + timedelta(seconds=round((days - whole) * _SECONDS_A_DAY))
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def days(self, length: timedelta) -> float:
        """Return a length in days that count."""
        share = _BUSINESS_DAYS_A_WEEK / _DAYS_A_WEEK if self.business else 1.0
        return length.total_seconds() / _SECONDS_A_DAY * share


def rivals(releases: Sequence[Release], zone: tzinfo, *, periods: bool) -> Iterator[Coordinates]:
    """
    Yield the coordinates by which releases may be regular, the simplest first.

    Args:
        periods: whether it is known which period comes next.

    """
    if periods:
        yield Coordinates(anchor=_period, business=True, of_period=True, zone=zone, describe=_counted("business day", "the period's end"))
        yield Coordinates(anchor=_period, business=False, of_period=True, zone=zone, describe=_counted("day", "the period's end"))
    yield Coordinates(anchor=_before, business=True, of_period=False, zone=zone, describe=_counted("business day", "the release before"))
    yield Coordinates(anchor=_before, business=False, of_period=False, zone=zone, describe=_counted("day", "the release before"))
    local = [(each.period, (each.after + (each.by - each.after) / 2).astimezone(zone).date()) for each in releases]
    if periods and local:
        months = Counter(_months_between(period, day) for period, day in local).most_common(1)[0][0]
        weekday = Counter(day.weekday() for _, day in local).most_common(1)[0][0]
        yield Coordinates(
            anchor=lambda period, _before: _first_weekday(_month(period, months), weekday),
            business=False,
            of_period=True,
            zone=zone,
            describe=lambda days: f"on the {_ORDINALS[max(0, min(4, days // 7))]} {day_name[weekday]} of {_name_of(months)}",
        )
        yield Coordinates(
            anchor=lambda period, _before: _last_business_day(_month(period, months)),
            business=True,
            of_period=True,
            zone=zone,
            describe=lambda days: (f"{-days} business days before" if days else "on") + f" the last one of {_name_of(months)}",
        )


def _period(period: date, _before: date) -> date:
    return period


def _before(_period: date, before: date) -> date:
    return before


def _counted(unit: str, anchor: str) -> Callable[[int], str]:
    def describe(days: int) -> str:
        if not days:
            return f"on the day of {anchor}"
        return f"{abs(days)} {unit}{'' if abs(days) == 1 else 's'} {'after' if days > 0 else 'before'} {anchor}"

    return describe


def _months_between(period: date, day: date) -> int:
    return (day.year - period.year) * 12 + day.month - period.month


def _name_of(months: int) -> str:
    if months < 1:
        return "a month of the period" if months else "the period's last month"
    return f"the {_ORDINALS[months - 1]} month after the period" if months <= len(_ORDINALS) else f"month {months} after the period"


def _month(period: date, months: int) -> date:
    year, month = divmod(period.year * 12 + period.month - 1 + months, 12)
    return date(min(max(year, 1), date.max.year - 1), month + 1, 1)


def _first_weekday(month: date, weekday: int) -> date:
    return month + timedelta(days=(weekday - month.weekday()) % _DAYS_A_WEEK)


def _last_business_day(month: date) -> date:
    after = np.datetime64(month, "M") + 1
    day: date = np.busday_offset(after.astype("datetime64[D]"), -1, roll="forward").astype("datetime64[D]").item()
    return day
