"""Revisions: the differences between two states of a series, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.flags import placed, shared_codes
from domain.observations import Label, Observations

Column = tuple[str, int]
_Rows = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Change:
    """A changed value; None where missing."""

    date: Label
    column: str
    old: float | None
    new: float | None


@dataclass(frozen=True, slots=True)
class FlagChange:
    """A changed flag; None where there is none."""

    date: Label
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsChanged:
    """The names of columns that only the later, or only the earlier of two states has; repeated names count separately."""

    added: tuple[str, ...]
    removed: tuple[str, ...]

    @classmethod
    def between(cls, before: Sequence[str], after: Sequence[str]) -> Self:
        """Compare the columns of two states."""
        old, new = _numbered(before), _numbered(after)
        return cls(
            added=tuple(name for name, n in new if (name, n) not in old), removed=tuple(name for name, n in old if (name, n) not in new)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """
    The differences between two states.

    Attributes:
        added: the new dates, in the columns of the later state.
        changed: values of dates and columns that both states have, by date and then column.
        deleted: the removed dates, in the columns of the earlier state.
        flags_changed: flags of dates and columns that both states have, likewise.
        columns_added, columns_removed: names; repeated names count separately.

    """

    added: Observations
    changed: Sequence[Change]
    deleted: Observations
    flags_changed: Sequence[FlagChange]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]

    @property
    def has_flags_alone(self) -> bool:
        """Whether flags changed and nothing else did."""
        rows, cells = len(self.added) + len(self.deleted), len(self.changed)
        return bool(self.flags_changed) and not (rows or cells or self.columns_added or self.columns_removed)


def revision(before: Observations, after: Observations) -> Revision:
    """Compare two states; columns correspond by name and position among those of that name."""
    columns = ColumnsChanged.between(before.columns, after.columns)
    old_dates, new_dates = before.dates.astype("datetime64[s]"), after.dates.astype("datetime64[s]")
    _, old, new = np.intersect1d(old_dates, new_dates, assume_unique=True, return_indices=True)
    return Revision(
        added=_without(after, new),
        changed=_changes(before, after, (old, new)),
        deleted=_without(before, old),
        flags_changed=_flag_changes(before, after, (old, new)),
        columns_added=columns.added,
        columns_removed=columns.removed,
    )


def _changes(before: Observations, after: Observations, rows: _Rows) -> list[Change]:
    shared, old_places, new_places = _shared_columns(before, after)
    old, new = before.values[rows[0]][:, old_places], after.values[rows[1]][:, new_places]
    differ = np.ascontiguousarray(old).view(np.int64) != np.ascontiguousarray(new).view(np.int64)
    labels = after.labels()
    return [
        Change(labels[int(rows[1][row])], shared[int(column)], _value(old[row, column]), _value(new[row, column]))
        for row, column in zip(*np.nonzero(differ), strict=True)
    ]


def _flag_changes(before: Observations, after: Observations, rows: _Rows) -> list[FlagChange]:
    if before.flags is None and after.flags is None:
        return []
    shared, old_places, new_places = _shared_columns(before, after)
    codes = shared_codes([before.flags, after.flags])
    old = placed(before.flags, codes, before.values.shape)[rows[0]][:, old_places]
    new = placed(after.flags, codes, after.values.shape)[rows[1]][:, new_places]
    named, labels = [None, *codes], after.labels()
    return [
        FlagChange(labels[int(rows[1][row])], shared[int(column)], named[old[row, column]], named[new[row, column]])
        for row, column in zip(*np.nonzero(old != new), strict=True)
    ]


def _shared_columns(before: Observations, after: Observations) -> tuple[list[str], list[int], list[int]]:
    """Return the names of the columns that both have, and their positions in either."""
    old_columns, new_columns = _numbered(before.columns), _numbered(after.columns)
    shared = [column for column in old_columns if column in new_columns]
    return [name for name, _ in shared], list(map(old_columns.index, shared)), list(map(new_columns.index, shared))


def _without(state: Observations, rows: NDArray[np.intp]) -> Observations:
    keep = np.ones(len(state), dtype=bool)
    keep[rows] = False
    return state.take(keep)


def _numbered(names: Sequence[str]) -> list[Column]:
    return [(name, names[:n].count(name)) for n, name in enumerate(names)]


def _value(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
