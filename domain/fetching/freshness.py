"""When a series is stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.errors import UnknownProvider
from domain.frequency import Frequency
from domain.ports import Providers
from domain.series import TimeSeries, Version
from domain.window import Confirmation


@dataclass(frozen=True, slots=True)
class Freshness:
    """The maximum age of a series: the configured one, else its provider's, else its frequency's."""

    providers: Providers
    max_age: timedelta | None
    #: Read before every response, and constant during the process's life.
    _of_providers: dict[str, timedelta | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _noticing: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_stale(self, series: TimeSeries | Version, now: datetime) -> bool:
        """Return whether the last successful fetch is too old."""
        return series.checked_at is None or now - series.checked_at > self._age(series)

    def stale_at(self, series: TimeSeries) -> datetime | None:
        """Return when it becomes stale, or became so; None if no fetch has succeeded yet."""
        return series.checked_at + self._age(series) if series.checked_at else None

    def changed_since(self, series: TimeSeries) -> Confirmation | None:
        """
        Return what the last fetch confirmed, if what it read has changed since; None if not, or if the provider cannot tell.

        It asks the provider, so that it is called outside of transactions.
        """
        confirmed = series.confirmed
        if confirmed is None or series.newest is None or not self._notices_changes(series.provider):
            return None
        return confirmed if self.providers.has_changed(series.provider, series.code, confirmed.validators) else None

    def _notices_changes(self, name: str) -> bool:
        if name not in self._noticing:
            try:
                self._noticing[name] = self.providers.get(name).notices_changes
            except UnknownProvider:
                self._noticing[name] = False
        return self._noticing[name]

    def _age(self, series: TimeSeries | Version) -> timedelta:
        if self.max_age is not None:
            return self.max_age
        of_provider = self._of_provider(series.provider)
        return (series.frequency or Frequency.DAILY).max_age if of_provider is None else of_provider

    def _of_provider(self, name: str) -> timedelta | None:
        if name not in self._of_providers:
            try:
                self._of_providers[name] = self.providers.get(name).max_age
            except UnknownProvider:
                self._of_providers[name] = None
        return self._of_providers[name]
