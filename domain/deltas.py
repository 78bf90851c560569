"""Deltas: the differences from one state of a series to another, and states put together from them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.flag_runs import FlagRuns, folded
from domain.flags import Cells, placed, shared_codes
from domain.observations import Dates, Matrix, Observations


class Step(NamedTuple):
    """
    What turns one state into the next: rows to put (new, or with other values), dates to drop, and flags to set on what is then there.

    A date that is put keeps the flags that it had, and one that is dropped loses them.
    """

    put: Observations
    drop: Dates
    flags: FlagRuns | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference from one state to another, and how many of its rows to put are new."""

    step: Step
    added: int

    @property
    def put(self) -> Observations:
        """The rows that are new or have other values, without flags."""
        return self.step.put

    @property
    def drop(self) -> Dates:
        """The dates that are gone."""
        return self.step.drop

    @property
    def changed(self) -> int:
        """Number of dates whose values differ."""
        return len(self.put) - self.added


def difference(before: Observations, after: Observations) -> Delta | None:
    """Return the delta from ``before`` to ``after``, or None if their columns or axis units differ."""
    if (before.columns, before.unit) != (after.columns, after.unit):
        return None
    same = _shared(before.dates, after.dates)
    _, old, new = np.intersect1d(before.dates[same:], after.dates[same:], assume_unique=True, return_indices=True)
    is_new, gone = np.arange(len(after)) >= same, np.arange(len(before)) >= same
    is_new[same + new] = gone[same + old] = False
    put = is_new.copy()
    put[:same] = (before.bits[:same] != after.bits[:same]).any(axis=1)
    put[same + new] = (before.bits[same + old] != after.bits[same + new]).any(axis=1)
    rows = Observations.from_trusted(after.dates[put], after.columns, after.values[put])
    has_flags = before.flags is not None or after.flags is not None
    runs = _runs(before, after, ~gone, ~is_new) if has_flags else None
    return Delta(Step(rows, before.dates[gone], runs), int(is_new.sum()))


def counts(before: Observations, after: Observations) -> tuple[int, int, int]:
    """Return the numbers of dates added, changed and deleted; with other columns every date that stays has changed."""
    delta = difference(before, after)
    if delta:
        return delta.added, delta.changed, len(delta.drop)
    stay = len(np.intersect1d(before.dates.astype("datetime64[s]"), after.dates.astype("datetime64[s]"), assume_unique=True))
    return len(after) - stay, stay, len(before) - stay


def replay(snapshot: Observations, steps: Iterable[Step]) -> Observations:
    """Apply steps to a snapshot in order; the last one that puts or drops a date wins."""
    steps = list(steps)
    if not steps:
        return snapshot
    touched = [dates[0] for step in steps for dates in (step.put.dates, step.drop) if len(dates)]
    untouched = int(np.searchsorted(snapshot.dates, min(touched))) if touched else len(snapshot)
    rest = Observations.from_trusted(snapshot.dates[untouched:], snapshot.columns, snapshot.values[untouched:])
    dates, rows = _last_words([Step(rest, snapshot.dates[:0]), *steps])
    values = np.empty((untouched + len(dates), len(snapshot.columns)), order="F")
    values[:untouched], values[untouched:] = snapshot.values[:untouched], rows
    flags = None
    if snapshot.flags is not None or any(step.flags is not None for step in steps):
        flags = folded(snapshot.dates, len(snapshot.columns), snapshot.flags, [(step.put.dates, step.drop, step.flags) for step in steps])
    return Observations.from_trusted(np.concatenate([snapshot.dates[:untouched], dates]), snapshot.columns, values, flags)


def flagged(rows: Observations, runs: FlagRuns | None) -> Observations:
    """Return rows that have no flags with those that runs set."""
    if runs is None:
        return rows
    none = rows.dates[:0]
    flags = folded(rows.dates, len(rows.columns), None, [(none, none, runs)])
    return Observations.from_trusted(rows.dates, rows.columns, rows.values, flags)


def _runs(before: Observations, after: Observations, stay: NDArray[np.bool_], stayed: NDArray[np.bool_]) -> FlagRuns | None:
    """Return the flags to set on the later state, whose dates that stayed have those of the earlier one."""
    codes, width = shared_codes([before.flags, after.flags]), len(after.columns)
    carried: Cells = np.zeros((len(after), width), np.uint16, order="F")
    carried[stayed] = placed(before.flags, codes, (len(before), width))[stay]
    return FlagRuns.between(codes, carried, placed(after.flags, codes, carried.shape), after.dates.astype(np.int64))


def _last_words(steps: Sequence[Step]) -> tuple[Dates, Matrix]:
    dates = np.concatenate([part for step in steps for part in (step.put.dates, step.drop)])
    is_put = np.repeat([True, False] * len(steps), [len(part) for step in steps for part in (step.put, step.drop)])
    order = np.argsort(dates, kind="stable")
    last = np.ones(len(dates), dtype=bool)
    last[:-1] = dates[order[1:]] != dates[order[:-1]]
    winners = order[last & is_put[order]]
    rows = np.concatenate([step.put.values for step in steps])
    return dates[winners], rows[(np.cumsum(is_put) - 1)[winners]]


def _shared(dates: Dates, others: Dates) -> int:
    length = min(len(dates), len(others))
    differing = np.flatnonzero(dates[:length] != others[:length])
    return int(differing[0]) if differing.size else length
