"""DescribeSeries: one series without its observations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.codes import DatasetCode
from domain.errors import SeriesNotFound, UnknownProvider
from domain.fetching.freshness import Freshness
from domain.ports import Providers, Store
from domain.providers import Routing
from domain.series import SeriesQuery, TimeSeries


@dataclass(frozen=True, slots=True)
class Described:
    """
    A series, whether it is stale, and the time by the store's clock.

    Attributes:
        reads_files: whether it is read from a file of the operator's own.
        stale_at: when it becomes stale, or became so; None if no fetch has succeeded yet.

    """

    series: TimeSeries
    stale: bool
    now: datetime
    reads_files: bool = False
    stale_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSeries:
    """Describe a series by its id or by its code."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness

    def __call__(self, series_id: UUID) -> Described:
        """Describe by id; raises SeriesNotFound."""
        with self.store.reading() as uow:
            return self._described(uow.series.get(series_id), uow.now())

    def by_code(self, code: DatasetCode, provider: str | None = None) -> Described:
        """
        Describe by code: of the named provider, else of the one that would serve it now, else the oldest stored.

        Raises:
            SeriesNotFound: none is stored under this code.

        """
        name = provider or self.routing.provider_for(code, self.providers.all())
        with self.store.reading() as uow:
            series = uow.series.find(name, code)
            if series is None and provider is None:
                series = next(iter(uow.series.search(SeriesQuery(code=code, limit=1)).items), None)
            if series is None:
                wanted = f"{provider}:{code}" if provider else str(code)
                raise SeriesNotFound(f"{code} is not kept here.", hint=f'Request it: POST /timeseries {{"code": "{wanted}"}}.')
            return self._described(series, uow.now())

    def _described(self, series: TimeSeries, now: datetime) -> Described:
        return Described(
            series,
            self.freshness.is_stale(series, now),
            now,
            reads_files=self._reads_files(series.provider),
            stale_at=self.freshness.stale_at(series),
        )

    def _reads_files(self, provider: str) -> bool:
        try:
            return self.providers.get(provider).reads_files
        except UnknownProvider:
            return False
