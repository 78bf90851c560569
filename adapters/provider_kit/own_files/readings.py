"""What a cell may mean as a date, in each order of day, month and year that it admits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_CENTURY = 69


class Kind(StrEnum):
    """How long a period is; a moment has no length."""

    ANNUAL = "annual"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a cell may mean.

    Attributes:
        by_order: the moment in each order that is possible: ``dmy``, ``mdy``, ``ymd``; under an empty text where there is no doubt.
        zoned: whether it names its offset from UTC, and is in UTC by now; None for a day.

    """

    kind: Kind
    by_order: Mapping[str, datetime]
    zoned: bool | None = None


def certain(kind: Kind, year: int, month: int = 1, day: int = 1) -> Reading:
    """Return the reading of a date or period without doubt; raises ValueError if there is no such day."""
    return Reading(kind, {"": datetime(year, month, day)})  # noqa: DTZ001 - UTC, as all moments here


def full_year(text: str) -> int:
    """Return the year that two or four digits mean: 69 to 99 are of the twentieth century."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= _CENTURY else 2000)  # noqa: PLR2004 - digits
