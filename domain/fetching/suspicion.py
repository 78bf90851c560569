"""What looks like a fault of an answer rather than news; a fetch may allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.errors import SuspiciousShrink, SuspiciousValues
from domain.fetches import Allowed, Suspicion
from domain.fetching.arrivals import Kept
from domain.fetching.gates import Passing, refuse_by_gates
from domain.gates.settings import Gates
from domain.observations import Observations
from domain.ports import Fetched
from domain.series import Metadata, TimeSeries
from domain.vintages import NewState
from domain.window import Window

#: In ``Fetched.dialect`` and in a series' metadata: the key of the dates, and the one of all columns that share a dialect.
DATES, NUMBERS = "dates", "numbers"
DIALECT = "dialect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """
    How an answer is screened.

    Attributes:
        allow: what its fetch allows.
        gates: what it has to pass otherwise.
        metadata: what the series would have.

    """

    allow: Allowed
    gates: Gates
    metadata: Metadata


def refuse_suspicious(series: TimeSeries, kept: Kept, added: Sequence[NewState], fetched: Fetched, *, by: Screening) -> None:
    """
    Refuse an answer that would replace the newest state by a suspicious one.

    Args:
        kept: the newest fetched state.
        added: what would be stored.

    Raises:
        SuspiciousShrink: less than half of a column's values, or none of them, would be left.
        SuspiciousValues: numbers or dates are written in another way than before, or a gate refuses values or frequency.

    """
    newest = kept.newest
    if newest is None:
        return
    # States published earlier do not change the newest state, whatever they hold.
    later = sorted((new for new in added if new.known_at >= newest.known_at), key=lambda new: new.known_at)
    if Suspicion.VALUES not in by.allow:
        _refuse_dialect(series.metadata.extra.get(DIALECT, {}), fetched.dialect)
        after = later[-1].observations if later else None
        refuse_by_gates(by.gates, Passing(kept.state, after, (series.frequency, by.metadata.frequency)))
    if not later or Suspicion.SHRINK in by.allow:
        return
    after = later[-1].observations
    if kept.state is None:
        _refuse_loss(newest.rows, len(after), "date")
    else:
        refuse_shrink(kept.state, after, fetched.covers)


def merged_dialect(stored: Mapping[str, str], found: Mapping[str, str]) -> Mapping[str, str]:
    """Return the dialect to keep with a series: what is known of it, and what an answer shows."""
    if NUMBERS in found:
        stored = {DATES: stored[DATES]} if DATES in stored else {}
    return {**stored, **found}


def refuse_shrink(kept: Observations, after: Observations, covers: Window | None = None) -> None:
    """Raise SuspiciousShrink if less than half of a column's values would be left, in the whole or in a window."""
    before, left = (covers.part(kept), covers.part(after)) if covers else (kept, after)
    if not before.columns:
        _refuse_loss(len(before), len(left), "date")
    counts, lefts = _values_by_column(before), _values_by_column(left)
    for column, count in counts.items():
        if column not in left.columns and count:
            raise SuspiciousShrink(
                f"The new answer has no column {column!r}, of which {_counted(count, 'value')} stored; nothing was changed."
            )
    for column, count in counts.items():
        _refuse_loss(count, lefts.get(column, 0), "value", of=f" of {column}")


def is_shrunk(before: Observations, after: Observations) -> bool:
    """Return whether less than half of a column's values, or of the dates, is left of a state in the next one."""
    try:
        refuse_shrink(before, after)
    except SuspiciousShrink:
        return True
    left = np.isin(before.dates.astype("datetime64[s]"), after.dates.astype("datetime64[s]"), assume_unique=True)
    return 2 * int(left.sum()) < len(before)


def _values_by_column(state: Observations) -> Mapping[str, int]:
    # Names may repeat; then the values of all columns of a name count together.
    counts: Counter[str] = Counter()
    for name, missing in zip(state.columns, np.isnan(state.values).sum(axis=0).tolist(), strict=True):
        counts[name] += len(state) - missing
    return counts


def _refuse_loss(before: int, after: int, noun: str, of: str = "") -> None:
    if 2 * after < before:
        held = f"{after} {noun}{'' if after == 1 else 's'}{of}"
        raise SuspiciousShrink(f"The new answer holds {held} where {_counted(before)} stored; nothing was changed.")


def _counted(count: int, noun: str = "") -> str:
    """Return ``1 value is`` or ``2 values are``."""
    plural = f"{noun}s" if noun else ""
    return " ".join(filter(None, (str(count), noun, "is") if count == 1 else (str(count), plural, "are")))


def _refuse_dialect(stored: Mapping[str, str], found: Mapping[str, str]) -> None:
    for part, form in found.items():
        known = [stored[each] for each in _counterparts(part, stored) if stored[each] != form]
        if known:
            if part == DATES:
                raise SuspiciousValues(f"Dates were written as {known[0]!r} and are written as {form!r} now; nothing was changed.")
            what = "Numbers" if part == NUMBERS else f"Numbers of {part}"
            raise SuspiciousValues(f"{what} had the decimal mark {known[0]!r} and have {form!r} now; nothing was changed.")


def _counterparts(part: str, stored: Mapping[str, str]) -> Sequence[str]:
    """Return the stored parts of a dialect with which a part of another one has to agree."""
    if part == NUMBERS:
        return [each for each in stored if each != DATES]
    own = part if part in stored or part == DATES else NUMBERS
    return [own] if own in stored else []
