"""Two states of a series column by column, on the dates of the later one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Observations, label

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """
    A column of two states.

    Attributes:
        stored: its values before.
        values: its values after.
        before: the value before at each date after; NaN where there was none.

    """

    name: str
    stored: Values
    values: Values
    before: Values

    @property
    def is_news(self) -> Flags:
        """Whether each cell after holds a value that was not there before."""
        news: Flags = ~np.isnan(self.values) & (self.values != self.before)
        return news


def column_pairs(before: Observations, after: Observations) -> Iterator[ColumnPair]:
    """Yield the columns that both states have; of names that repeat, the first goes with the first, and so on."""
    places = {name: place for place, name in enumerate(_numbered(before.columns))}
    rows, is_held = rows_of(before.dates, after.dates)
    for place, (name, number) in enumerate(_numbered(after.columns)):
        if (name, number) in places:
            stored = before.values[:, places[name, number]]
            held = np.where(is_held, stored[rows], np.nan) if len(stored) else np.full(len(after), np.nan)
            yield ColumnPair(name, stored, after.values[:, place], held)


def rows_of(before: Dates, after: Dates) -> tuple[NDArray[np.intp], Flags]:
    """Return for each date after the row that it may have before, and whether it has it."""
    earlier, later = before.astype("datetime64[s]"), after.astype("datetime64[s]")
    if not len(earlier):
        return np.zeros(len(later), dtype=np.intp), np.zeros(len(later), dtype=bool)
    rows = np.minimum(np.searchsorted(earlier, later), len(earlier) - 1)
    return rows, earlier[rows] == later


def date_text(dates: Dates, row: int) -> str:
    """Return a date in ISO 8601, a moment in UTC."""
    return label(dates[row]).isoformat().replace("+00:00", "Z")


def _numbered(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    seen: Counter[str] = Counter()
    for name in names:
        yield name, seen[name]
        seen[name] += 1
