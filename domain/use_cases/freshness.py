"""When a series is stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import UnknownProvider
from domain.ports import Providers
from domain.series import TimeSeries


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a series may get: the configured age, else its provider's, else its frequency's."""

    providers: Providers
    max_age: timedelta | None

    def is_stale(self, series: TimeSeries, now: datetime) -> bool:
        """Tell whether the last good fetch is too old."""
        return series.is_stale(now, self.max_age if self.max_age is not None else self._of_provider(series))

    def _of_provider(self, series: TimeSeries) -> timedelta | None:
        try:
            return self.providers.get(series.provider).max_age
        except UnknownProvider:
            return None
