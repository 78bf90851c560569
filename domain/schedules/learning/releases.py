"""Releases: when the newest date of a series grew, as closely as that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

import numpy as np

from domain.frequency import Frequency
from domain.observations import Label
from domain.vintages import Cause, Vintage

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """
    A growth of the newest date, published after ``after`` and not after ``by``.

    Attributes:
        period: last day of the period that it brought; of its newest one if it brought several.
        before: when the newest state until then was known.
        after: the last successful check without it, or the begin of the day on which it was published.
        by: the first moment with it; equal to ``after`` if the provider states the moment.

    """

    period: date
    before: datetime
    after: datetime
    by: datetime


def releases_of(vintages: Sequence[Vintage], frequency: Frequency | None, zone: tzinfo = UTC) -> list[Release]:
    """
    Return the releases among the vintages of a series, oldest first.

    The first vintage is none, nor is one that corrects another, or was found to be read differently.

    Args:
        vintages: in the order of their numbers.
        zone: of the provider, whose days its labels name.

    """
    news = sorted((each for each in vintages if is_news(each)), key=Vintage.knowledge)
    return [
        Release(period=period_of(newest, frequency), before=before, after=after, by=by)
        for newest, before, vintage in _growths(news)
        for after, by in [interval_of(vintage, zone)]
    ]


def period_of(moment: Label, frequency: Frequency | None) -> date:
    """Return the last day of the period that holds a date; the date's own day if the frequency is not known."""
    day = moment.date() if isinstance(moment, datetime) else moment
    if frequency is None or frequency is Frequency.HOURLY:
        return day
    return _day(frequency.ends(np.array([day], "datetime64[D]"))[0])


def periods_after(last: date, frequency: Frequency | None, recent: Iterable[date]) -> Iterator[date]:
    """Yield the last days of the periods after one: business days if all recent ones are; nothing if the frequency is not known."""
    if frequency is None or frequency is Frequency.HOURLY:
        return
    on_business_days = frequency is Frequency.DAILY and all(np.is_busday(np.array([last, *recent], "datetime64[D]")))
    while last.year < date.max.year:
        if on_business_days:
            last = _day(np.busday_offset(np.datetime64(last), 1, roll="backward"))
        elif frequency is Frequency.BIWEEKLY:
            last += timedelta(days=14)
        else:
            last = period_of(last + _DAY, frequency)
        yield last


def usual_length(releases: Sequence[Release], frequency: Frequency | None) -> timedelta:
    """Return how long a period lasts; the usual time between releases if the frequency is not known."""
    if frequency is not None and frequency is not Frequency.HOURLY:
        return frequency.longest_period
    gaps = sorted(later.by - earlier.by for earlier, later in pairwise(releases))
    return max(gaps[len(gaps) // 2], timedelta(hours=1)) if gaps else (frequency or Frequency.DAILY).longest_period


def is_news(vintage: Vintage) -> bool:
    """Return whether a vintage was published, and corrects none."""
    return vintage.cause in (Cause.PUBLICATION, Cause.MIXED) and vintage.last is not None


def _growths(vintages: Iterable[Vintage]) -> Iterator[tuple[Label, datetime, Vintage]]:
    newest: Label | None = None
    known_at = datetime.min.replace(tzinfo=UTC)
    for vintage in vintages:
        last = vintage.last
        if last is None or (newest is not None and _comparable(last) <= _comparable(newest)):
            continue
        if newest is not None:
            yield last, known_at, vintage
        newest, known_at = last, vintage.known_at


def _comparable(moment: Label) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, UTC)


def interval_of(vintage: Vintage, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the moments after which, and by which, a vintage was published; the same one if the provider states it."""
    published, seen = vintage.published, vintage.fetched_at
    checked = vintage.previous_check_at
    if isinstance(published, datetime):
        return vintage.known_at, vintage.known_at
    if published is None:
        by = min(vintage.known_at, seen)
        return (min(checked, by) if checked is not None else by - _DAY), by
    begin = datetime.combine(published, time.min, zone).astimezone(UTC)
    end = datetime.combine(published + _DAY, time.min, zone).astimezone(UTC)
    after = begin if checked is None or not begin < checked < end else checked
    by = seen if after < seen < end else end
    return after, by


def _day(moment: np.datetime64) -> date:
    day: date = moment.astype("datetime64[D]").item()
    return day
