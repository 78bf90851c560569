"""Columns whose values are a power of ten times what they were, as after a change of the unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain.gates.cells import MOST_CELLS, Gate, SuspiciousCell
from domain.gates.overlap import ColumnPair, column_pairs, date_text
from domain.observations import Observations

#: So far may the decimal logarithm of a ratio be from a whole number; some 5 %, since values are rounded and revised too.
_TOLERANCE = 0.02
#: So many values, if there are as many, since one alone may have been revised so.
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Rescaled:
    """
    A column most of whose revised values are 10 to the power of ``exponent`` times what they were.

    Attributes:
        count: number of such values; ``cells`` are the first of them.

    """

    column: str
    exponent: int
    count: int
    cells: tuple[SuspiciousCell, ...]


def rescaled(before: Observations, after: Observations) -> Iterator[Rescaled]:
    """Yield the columns whose scale has changed on the dates that both states have."""
    for pair in column_pairs(before, after):
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = np.log10(np.abs(pair.values)) - np.log10(np.abs(pair.before))
            comparable = np.isfinite(powers)
            exponents = np.rint(np.where(comparable, powers, 0.0)).astype(int)
            is_scaled = comparable & (np.abs(powers - exponents) <= _TOLERANCE) & (exponents != 0)
        is_scaled &= np.sign(pair.values) == np.sign(pair.before)
        revised = comparable & pair.is_news
        if not is_scaled.any():
            continue
        found, counts = np.unique(exponents[is_scaled], return_counts=True)
        exponent, count = int(found[np.argmax(counts)]), int(counts.max())
        if 2 * count > int(revised.sum()) and count >= min(_FEWEST, int(comparable.sum())):
            rows = np.flatnonzero(is_scaled & (exponents == exponent))[:MOST_CELLS].tolist()
            yield Rescaled(pair.name, exponent, count, tuple(_cell(pair, row, date_text(after.dates, row)) for row in rows))


def _cell(pair: ColumnPair, row: int, date: str) -> SuspiciousCell:
    return SuspiciousCell(gate=Gate.SCALE, date=date, column=pair.name, value=float(pair.values[row]), before=float(pair.before[row]))
