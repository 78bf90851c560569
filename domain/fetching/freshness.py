"""When a series is stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.errors import UnknownProvider
from domain.frequency import Frequency
from domain.importing import IMPORT
from domain.moments import is_ahead
from domain.ports import Providers
from domain.providers import Provider
from domain.series import TimeSeries, Version
from domain.window import Confirmation


@dataclass(frozen=True, slots=True)
class Freshness:
    """The maximum age of a series: the configured one, else its provider's, else its frequency's."""

    providers: Providers
    max_age: timedelta | None
    #: Read before every response, and constant during the process's life.
    _known: dict[str, Provider | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_stale(self, series: TimeSeries | Version, now: datetime) -> bool:
        """Return whether the last successful fetch is too old, or its age unknown; what files alone hold is not fetched."""
        if series.provider == IMPORT:
            return False
        checked_at = series.checked_at
        return checked_at is None or is_ahead(checked_at, now) or now - checked_at > self._age(series)

    def stale_at(self, series: TimeSeries) -> datetime | None:
        """Return when it becomes stale, or became so; None if no fetch has succeeded yet."""
        return series.checked_at + self._age(series) if series.checked_at else None

    def changed_since(self, series: TimeSeries) -> Confirmation | None:
        """
        Return what the last fetch confirmed, if what it read has changed since; None if not, or if the provider cannot tell.

        It asks the provider, so that it is called outside of transactions.
        """
        confirmed = series.confirmed
        provider = self._provider(series.provider)
        if confirmed is None or series.newest is None or provider is None or not provider.notices_changes:
            return None
        return confirmed if self.providers.has_changed(series.provider, series.code, confirmed.validators) else None

    def _age(self, series: TimeSeries | Version) -> timedelta:
        if self.max_age is not None:
            return self.max_age
        provider = self._provider(series.provider)
        of_provider = provider.max_age if provider else None
        return (series.frequency or Frequency.DAILY).max_age if of_provider is None else of_provider

    def _provider(self, name: str) -> Provider | None:
        if name not in self._known:
            try:
                self._known[name] = self.providers.get(name)
            except UnknownProvider:
                self._known[name] = None
        return self._known[name]
