"""Frequency: how often a series is observed, and for how long a fetch of it stays fresh."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Frequency(StrEnum):
    """How often a series is observed, in Quandl's words."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"

    @property
    def max_age(self) -> timedelta:
        """How old the last good fetch may be before the series is stale."""
        return timedelta(hours=6 if self is Frequency.DAILY else 24)
