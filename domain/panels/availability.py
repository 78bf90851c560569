"""Availability: from when on each vintage counts, and which one was the newest at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates
from domain.panels.rule import CellRule, Clock
from domain.schedules.zones import instant_of
from domain.vintages import Cause, Vintage

#: A day is over everywhere when it is over twelve hours west of Greenwich.
_EVERYWHERE = timedelta(hours=12)
_END_OF_DAY = time(23, 59, 59, tzinfo=UTC)


def available_at(vintage: Vintage, rule: CellRule) -> datetime:
    """
    Return the moment from which on a vintage counts.

    Where the label of a day gave ``known_at``, it is that day's end in the westernmost zone, or the release time on that day.
    """
    if rule.clock is Clock.SEEN:
        return vintage.fetched_at + rule.lag
    moment = _known(vintage, rule)
    if vintage.cause.restates and not rule.restated:
        moment = max(moment, vintage.fetched_at)
    return moment + rule.lag


def _known(vintage: Vintage, rule: CellRule) -> datetime:
    day = vintage.published
    if day is None or isinstance(day, datetime):
        return vintage.known_at
    end = datetime.combine(day, _END_OF_DAY)
    if vintage.known_at != end:
        # The fetch gave it, or the order of the labels.
        return vintage.known_at
    if rule.release_time:
        return instant_of(datetime.combine(day, rule.release_time), rule.zone)
    return end + _EVERYWHERE


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    Vintages, and from when on each of them counts.

    Attributes:
        vintages: in order of arrival.
        available: of each, ``datetime64[us]`` in UTC.

    """

    vintages: Sequence[Vintage]
    available: Dates

    @classmethod
    def of(cls, vintages: Sequence[Vintage], rule: CellRule) -> Timeline:
        """Return the timeline of a series under a rule."""
        moments = [available_at(vintage, rule).replace(tzinfo=None) for vintage in vintages]
        return cls(vintages, np.array(moments, "datetime64[us]"))

    def at(self, instants: Dates) -> NDArray[np.intp]:
        """Return the place of the last vintage in knowledge order that counts at each instant; -1 before the first."""
        if not len(self.vintages):
            return np.full(len(instants), -1)
        in_order = sorted(range(len(self.vintages)), key=lambda place: self.vintages[place].knowledge())
        rank = np.empty(len(in_order), np.intp)
        rank[in_order] = np.arange(len(in_order))
        arrived = np.argsort(self.available, kind="stable")
        newest = np.append(-1, np.array(in_order)[np.maximum.accumulate(rank[arrived])])
        found: NDArray[np.intp] = newest[np.searchsorted(self.available[arrived], instants, "right")]
        return found


def releasing(vintages: Sequence[Vintage], clock: Clock) -> Sequence[Vintage]:
    """
    Return the vintages that can be releases, and those that read one of them again.

    By the clock ``seen`` only the newest of each fetch: the others were never the newest here.
    """
    if clock is Clock.KNOWN:
        return vintages
    kept: dict[object, Vintage] = {}
    for vintage in vintages:
        before = kept.get(vintage.fetch_id)
        if vintage.cause is not Cause.PARSER and (before is None or vintage.knowledge() > before.knowledge()):
            kept[vintage.fetch_id] = vintage
    numbers = {vintage.number for vintage in kept.values()}
    first: dict[object, int] = {}
    for vintage in kept.values():
        first[_read(vintage)] = min(vintage.number, first.get(_read(vintage), vintage.number))
    return [v for v in vintages if v.number in numbers or (v.cause is Cause.PARSER and first.get(_read(v), v.number) < v.number)]


def _read(vintage: Vintage) -> object:
    """Return what was read for a vintage: vintages that agree in it are readings of the same bytes at the same moment."""
    return vintage.known_at, vintage.published, vintage.origin.response_sha256
