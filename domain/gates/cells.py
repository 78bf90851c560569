"""The cells that a gate refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: So many of the refused cells are named by the error.
MOST_CELLS = 20


class Gate(StrEnum):
    """
    What an answer is compared by with what is stored.

    ``deviations``: changes from value to value, by those of the history. ``scale``: values, by powers of ten of what they were.
    ``frequency``: how often observations come.
    """

    DEVIATIONS = "deviations"
    SCALE = "scale"
    FREQUENCY = "frequency"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspiciousCell:
    """
    A cell of an answer that a gate refuses.

    Attributes:
        date: a day or a moment in ISO 8601.
        column, value: None where the date itself is refused.
        before: the stored value at that date; None if there is none.
        low, high: between which the value was expected; None where no range follows.

    """

    gate: Gate
    date: str
    column: str | None = None
    value: float | None = None
    before: float | None = None
    low: float | None = None
    high: float | None = None
