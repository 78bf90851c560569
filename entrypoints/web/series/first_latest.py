"""The first release of each date against its latest value, and how large the revisions between them are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.observations import Label, Observations, Unit
from domain.releases import Releases
from domain.revision_statistics.level_shifts import LevelShift
from domain.vintages import Vintage
from entrypoints.formats import axis_name, csv
from entrypoints.web import words
from entrypoints.web.series.releases_table import in_range, revision_size, revision_unit, written_size
from entrypoints.web.series.state import Units
from entrypoints.web.series.view import View

_NAMES = ("first release", "latest value", "revision", "releases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """
    A date's first release and latest value.

    Attributes:
        size: of the revision: percentage points, the unit of changes, or percent of levels; NaN where it has none.
        revision: its size as it is written.
        counts: whether it counts in the statistics: its first release is known, and is not of the newest vintage.
        shifted: whether the level of the series shifted between the two.

    """

    date: Label
    first: float
    latest: float
    vintage: Vintage
    changes: int
    size: float
    revision: str
    counts: bool
    shifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAgainstLatest:
    """
    Pairs, the newest first, and statistics of those that count.

    Attributes:
        facts: the name of each statistic and its value in words.
        left_out: how many dates do not count since their true first release may be unknown.
        levels: whether levels are compared, whose revisions also follow from a change of base year or unit.
        shifts: where levels are compared, the vintages with which nearly all values came onto another level, in words.

    """

    pairs: Sequence[Pair]
    facts: Sequence[tuple[str, str]]
    left_out: int
    levels: bool
    shifts: Sequence[tuple[Vintage, str]]


def first_against_latest(view: View, found: Sequence[Releases], shifts: Sequence[LevelShift] = ()) -> FirstAgainstLatest:
    """Compare the first with the latest release of each date in range; the revision is latest − first."""
    rows = [row for row in found if in_range(view, row)]
    pairs = [pair for row in rows if (pair := _pair(view, row, shifts))]
    return FirstAgainstLatest(
        pairs=pairs[::-1],
        facts=_facts(view, [pair for pair in pairs if pair.counts and np.isfinite(pair.size)]),
        left_out=sum(row.censored for row in rows),
        levels=view.state.units in (Units.LEVEL, Units.INDEX),
        shifts=[(shift.vintage, _said_shift(shift)) for shift in shifts],
    )


def _said_shift(shift: LevelShift) -> str:
    moved = f"the median value is {words.number(shift.ratio, 3)} times the one before" if shift.ratio is not None else "no date is the same"
    return f"{moved}{', with another unit' if shift.unit_changed else ''}"


def _pair(view: View, row: Releases, shifts: Sequence[LevelShift]) -> Pair | None:
    first, latest = row.releases[0], row.releases[-1]
    if first.value is None or latest.value is None:
        return None
    size = revision_size(view, first.value, latest.value)
    return Pair(
        date=row.date,
        first=first.value,
        latest=latest.value,
        vintage=first.vintage,
        changes=len(row.releases) - 1,
        size=size,
        revision=written_size(view, size) if np.isfinite(size) else "–",
        counts=not row.censored and first.vintage.number != view.newest.number,
        shifted=any(first.vintage.knowledge() < shift.vintage.knowledge() <= latest.vintage.knowledge() for shift in shifts),
    )


def _facts(view: View, pairs: Sequence[Pair]) -> Sequence[tuple[str, str]]:
    if not pairs:
        return ()
    sizes = np.array([pair.size for pair in pairs])
    unit = revision_unit(view)

    def said(size: float, *, sign: bool = False) -> str:
        return f"{written_size(view, size, sign=sign)} {unit}".rstrip()

    largest = pairs[int(np.abs(sizes).argmax())]
    facts = [
        ("Dates counted", words.number(len(pairs))),
        ("Mean revision", said(float(sizes.mean()), sign=True)),
        ("Mean absolute revision", said(float(np.abs(sizes).mean()))),
        ("Median absolute revision", said(float(np.median(np.abs(sizes))))),
        ("Standard deviation", said(float(sizes.std(ddof=1))) if len(sizes) > 1 else "–"),
        ("Largest", f"{said(largest.size, sign=True)} in {words.period(largest.date, view.series.frequency)}"),
        ("Revised at all", f"{100 * sum(pair.changes > 0 for pair in pairs) / len(pairs):.0f} %"),
    ]
    if view.state.units not in (Units.LEVEL, Units.INDEX):
        right = sum(bool(np.sign(pair.first) == np.sign(pair.latest)) for pair in pairs)
        facts.append(("Sign of the first release right", f"{100 * right / len(pairs):.0f} %"))
    return facts


def as_csv(found: FirstAgainstLatest) -> bytes:
    """Return the pairs as CSV, oldest first; percent are fractions, and the revision is the difference of the two values."""
    pairs = found.pairs[::-1]
    values = [[pair.first, pair.latest, pair.latest - pair.first, pair.changes + 1] for pair in pairs]
    dates = [pair.date.replace(tzinfo=None) if isinstance(pair.date, datetime) else pair.date for pair in pairs]
    unit: Unit = "s" if any(isinstance(date, datetime) for date in dates) else "D"
    state = Observations.of(dates, _NAMES, np.array(values).reshape(len(pairs), len(_NAMES)), unit=unit)
    return csv(state, (axis_name(state), *_NAMES))
