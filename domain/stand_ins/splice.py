"""Splices: from a day on, scaled values of one series stand in for those of another; each value is labelled with its series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.flags import Flags, stacked
from domain.formulas.computing import Component
from domain.formulas.lines import finite
from domain.frequency import Collapse, Frequency
from domain.moments import AsOf
from domain.observations import Dates, Matrix, Observations
from domain.series import Metadata, TimeSeries
from domain.vintages import StoredVintage

#: The name of the column that labels the rows of a splice.
PROVENANCE = "provenance"
_BOTH = " + "


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceRule:
    """
    Says how a series is read from a moment on, until its next rule; never changed.

    Attributes:
        number: order of the rules of its series, from 1.
        position: in the feed of all series: an answer that is pinned before it does not know this rule.
        stand_in: the series that goes on from ``start``, as ``provider:DATABASE/DATASET``; None for the end of a splice.
        start: the first day on which it does.
        scale: by what its values are multiplied.
        columns: names of the columns of the series, and of those of the stand-in that go on for them.
        reason: a sentence.

    """

    number: int = 0
    position: int = 0
    made_at: datetime
    stand_in: str | None = None
    start: date | None = None
    scale: float = 1.0
    columns: Mapping[str, str] = field(default_factory=dict)
    reason: str

    @property
    def ends(self) -> bool:
        """Whether the series alone is read from it on."""
        return self.stand_in is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spliced:
    """
    A series as it is read by a rule.

    Attributes:
        state: with a vintage that is not stored and has the number 0.
        series: with its metadata as known at that moment.
        position: of the feed, up to which both series were read; with ``as_of`` it makes the result permanent.
        stand_in: the series that goes on.
        components: the series, and its stand-in if anything of it was known, with the vintages that were read.

    """

    rule: SpliceRule
    state: StoredVintage
    metadata: Metadata
    position: int
    stand_in: TimeSeries
    components: Sequence[Component]


def rule_at(rules: Sequence[SpliceRule], moment: AsOf) -> SpliceRule | None:
    """Return the rule by which a series is read at a moment; None if it is read alone, as a numbered vintage always is."""
    if moment.vintage is not None:
        return None
    asked = [each for each in (moment.as_of, moment.seen_by) if each]
    known = [
        rule
        for rule in rules
        if (moment.position is None or rule.position <= moment.position) and all(rule.made_at <= each for each in asked)
    ]
    return known[-1] if known and not known[-1].ends else None


def splice(rule: SpliceRule, before: Observations, after: Observations) -> Observations:
    """
    Return the rows of a series before the rule's day, and from it on those of its stand-in, scaled; other columns are missing there.

    Each value keeps its flag.
    """
    if rule.start is None:
        return before
    first, later = before.window(end=rule.start - timedelta(days=1)), _renamed(rule, before.columns, after.window(rule.start))
    kind = max(before.dates.dtype, after.dates.dtype, key=str)
    dates = np.concatenate([part.dates.astype(kind) for part in (first, later)])
    flags = stacked([(part.flags, len(part)) for part in (first, later)], len(before.columns))
    return Observations.from_trusted(dates, before.columns, np.concatenate([first.values, later.values]), flags)


def _renamed(rule: SpliceRule, columns: tuple[str, ...], after: Observations) -> Observations:
    """Return a stand-in's rows with the columns of the series for which it goes on, scaled."""
    named = [(place, rule.columns.get(name)) for place, name in enumerate(columns)]
    places = {place: after.columns.index(name) for place, name in named if name in after.columns}
    values: Matrix = np.full((len(after), len(columns)), np.nan, order="F")
    cells = np.zeros(values.shape, np.uint16)
    for place, other in places.items():
        with np.errstate(over="ignore"):
            values[:, place] = finite(rule.scale * after.values[:, other])
        if after.flags:
            cells[:, place] = after.flags.cells[:, other]
    return Observations.from_trusted(after.dates, columns, values, Flags.of(after.flags.codes, cells) if after.flags else None)


def provenance(rule: SpliceRule, reference: str, dates: Dates, read: Dates, *, collapse: Collapse | None = None) -> Sequence[str]:
    """
    Return for each date the series whose value it is; the period in which a splice begins may be of both.

    Args:
        reference: the spliced series.
        dates: of the rows; with ``collapse`` the last days of periods.
        read: of the rows from which they were made.

    """
    names = [reference, str(rule.stand_in), f"{reference}{_BOTH}{rule.stand_in}"]
    start = np.array([rule.start], "datetime64[D]")
    kinds: NDArray[np.intp] = (dates >= start).astype(np.intp)
    if collapse:
        frequency = Frequency(collapse)
        first = frequency.ends(start)
        kinds = (dates >= first).astype(np.intp)
        within = read[frequency.ends(read) == first]
        of_first = 0 if (within < start).all() else 1 if (within >= start).all() else 2
        kinds[dates == first] = of_first
    return [names[kind] for kind in kinds.tolist()]


def first_day(last: date | None, frequency: Frequency | None, today: date) -> date:
    """
    Return the day from which on a stand-in goes on: the beginning of the period after the last one that a series has.

    A series may have values of the future, such as forecasts; then it is the period after today. Of one that has several values a day, the
    last day may be incomplete, so that the stand-in begins with it.
    """
    day = min(today, last.date() if isinstance(last, datetime) else last) if last else today
    if isinstance(last, datetime) and frequency in (None, Frequency.HOURLY):
        return day
    if frequency is None or frequency in (Frequency.HOURLY, Frequency.DAILY, Frequency.BIWEEKLY):
        return day + timedelta(days=1)
    found: date = (frequency.ends(np.array([day], "datetime64[D]")) + np.timedelta64(1, "D"))[0].astype(object)
    return found
