"""The rule of a series in a panel: which of its states counts at a moment, and which value of that state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.frequency import Collapse
from domain.releases import Counted

ZERO = timedelta()


class Clock(StrEnum):
    """By which moment a vintage counts as there: when the world could know it, or when it had been fetched here."""

    KNOWN = "known"
    SEEN = "seen"


class Fill(StrEnum):
    """What stands for a missing value: nothing, or the newest one before it."""

    NONE = "none"
    PREVIOUS = "previous"


class CellTransform(StrEnum):
    """Transforms inside each vintage: comparisons of periods (``PeriodTransform``), and those of ``Transform`` that need the whole."""

    DIFF = "diff"
    RDIFF = "rdiff"
    ANNUALIZED = "annualized"
    YOY = "yoy"
    RDIFF_FROM = "rdiff_from"
    CUMUL = "cumul"
    NORMALIZE = "normalize"

    @property
    def needs_whole(self) -> bool:
        """Whether a value depends on all rows of its state."""
        return self in (CellTransform.RDIFF_FROM, CellTransform.CUMUL, CellTransform.NORMALIZE)


class Learned(StrEnum):
    """The delay that is learned from the series' own releases."""

    LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRule:
    """
    How a cell is picked.

    Attributes:
        lag: added to each vintage's moment; absolute time.
        restated: with the clock ``known``, corrections and states read again count from the moment of what they replace.
        release_time, zone: the time of day of the provider's day labels, where it is known.
        max_age: days from the period's end after which a value is stale.
        nth: which release or change of a date, from 0; None for the latest value.
        window: number of observations, the newest ones.
        assume: days after a period's end at which its value is assumed to have been known before the first vintage.

    """

    lag: timedelta = ZERO
    clock: Clock = Clock.KNOWN
    restated: bool = False
    release_time: time | None = None
    zone: ZoneInfo = field(default=ZoneInfo("UTC"))
    max_age: int | None = None
    counted: Counted = Counted.RELEASE
    nth: int | None = None
    window: int = 1
    collapse: Collapse | None = None
    transform: CellTransform | None = None
    fill: Fill = Fill.NONE
    assume: int | Learned | None = None

    def __post_init__(self) -> None:
        if self.clock is Clock.SEEN and (self.restated or self.release_time):
            name = "restated" if self.restated else "release_time"
            raise InvalidInput(f"{name} belongs to clock=known.", field=name, hint=f"Omit {name}, or clock.")
