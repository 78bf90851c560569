"""Availability: from when on each vintage counts, and which one was the newest at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates
from domain.panels.rule import CellRule, Clock
from domain.panels.vintage_moments import VintageMoments
from domain.schedules.zones import instant_of
from domain.vintages import Cause, Vintage

#: A day is over everywhere when it is over twelve hours west of Greenwich.
_EVERYWHERE = np.timedelta64(12, "h")
_END_OF_DAY = np.timedelta64(24 * 60 * 60 - 1, "s")


def available_at(moments: VintageMoments, rule: CellRule) -> Dates:
    """
    Return the moments from which on vintages count.

    Where the label of a day gave ``known_at``, it is that day's end in the westernmost zone, or the release time on that day.
    """
    lag = np.timedelta64(rule.lag)
    if rule.clock is Clock.SEEN:
        return moments.fetched_at + lag
    known = _known(moments, rule)
    if not rule.restated:
        known = np.where(moments.restates, np.maximum(known, moments.fetched_at), known)
    return known + lag


def _known(moments: VintageMoments, rule: CellRule) -> Dates:
    """Return ``known_at``, or for the label of a day the moment on that day; unless the fetch gave it, or the order of the labels."""
    days = moments.days
    labelled = moments.known_at == days + _END_OF_DAY
    if rule.release_time is None:
        return np.where(labelled, moments.known_at + _EVERYWHERE, moments.known_at)
    known = moments.known_at.copy()
    for place in np.flatnonzero(labelled).tolist():
        released = instant_of(datetime.combine(days[place].astype(object), rule.release_time), rule.zone)
        known[place] = np.datetime64(released.replace(tzinfo=None))
    return known


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    Vintages, and from when on each of them counts.

    Attributes:
        available: of each, ``datetime64[us]`` in UTC.

    """

    moments: VintageMoments
    available: Dates

    @classmethod
    def of(cls, moments: VintageMoments, rule: CellRule) -> Timeline:
        """Return the timeline of a series under a rule."""
        return cls(moments, available_at(moments, rule))

    def at(self, instants: Dates) -> NDArray[np.intp]:
        """Return the place of the last vintage in knowledge order that counts at each instant; -1 before the first."""
        if not len(self.moments):
            return np.full(len(instants), -1)
        in_order = np.lexsort((self.moments.numbers, self.moments.known_at))
        rank = np.empty(len(in_order), np.intp)
        rank[in_order] = np.arange(len(in_order))
        arrived = np.argsort(self.available, kind="stable")
        newest = np.append(-1, in_order[np.maximum.accumulate(rank[arrived])])
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
