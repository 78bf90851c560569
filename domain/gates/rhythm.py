"""The frequency of a series, as it is declared and as its dates show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.frequency import Frequency
from domain.gates.cells import MOST_CELLS, Gate, SuspiciousCell
from domain.gates.overlap import date_text, rows_of
from domain.inferred_frequency import inferred_frequency
from domain.observations import Dates, Observations


@dataclass(frozen=True, slots=True)
class FrequencyChange:
    """Another frequency than before, and the first of the dates that are new, if they show it."""

    before: Frequency
    after: Frequency
    cells: tuple[SuspiciousCell, ...] = ()


def declared_change(before: Frequency | None, after: Frequency | None) -> FrequencyChange | None:
    """Return the change of what is known of a frequency, if both are known."""
    return FrequencyChange(before, after) if before and after and before is not after else None


def shown_change(before: Observations, after: Observations) -> FrequencyChange | None:
    """Return the change that the dates show: all of them, or those after the last one that is stored, with and without it."""
    usual = inferred_frequency(before.dates)
    if usual is None:
        return None
    stored, found = before.dates.astype("datetime64[s]"), after.dates.astype("datetime64[s]")
    for dates in (found, found[found >= stored[-1]], found[found > stored[-1]]):
        shown = inferred_frequency(dates)
        if shown and shown is not usual:
            return FrequencyChange(usual, shown, tuple(_cells(before.dates, after)))
    return None


def _cells(stored: Dates, after: Observations) -> list[SuspiciousCell]:
    _, is_stored = rows_of(stored, after.dates)
    rows = np.flatnonzero(~is_stored)[:MOST_CELLS].tolist()
    return [SuspiciousCell(gate=Gate.FREQUENCY, date=date_text(after.dates, row)) for row in rows]
