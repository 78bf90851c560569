"""ReadThrough: a series by the code that a Quandl client gives, fetched first if it is not kept or stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.codes import DatasetCode
from domain.errors import DomainError
from domain.fetches import FetchStatus
from domain.ports import Providers, Store
from domain.providers import Routing
from domain.series import SeriesQuery, TimeSeries
from domain.use_cases.await_fetch import AwaitFetch
from domain.use_cases.freshness import Freshness
from domain.use_cases.request_fetch import RequestFetch

_REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadThrough:
    """Find a series, and have it fetched where that may help."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness
    request_fetch: RequestFetch
    await_fetch: AwaitFetch

    def held(self, code: DatasetCode) -> tuple[TimeSeries | None, bool]:
        """
        Give the series of a code or alias, letters of either case, and tell whether it is good as it is.

        One that failed within the last hour counts as good: to ask again at once would give the same.
        """
        provider = self.routing.provider_for(code, self.providers.all())
        with self.store.reading() as uow:
            by_alias = SeriesQuery(alias=code.alias, limit=1)
            series = uow.series.find(provider, code) or next(iter(uow.series.search(by_alias).items), None)
            now = uow.now()
        if series is None:
            return None, False
        fetch = series.fetch
        failed = fetch is not None and fetch.status is FetchStatus.ERROR and fetch.finished_at is not None
        remembered = failed and fetch is not None and now - (fetch.finished_at or now) < _REMEMBERED
        return series, remembered or not self.freshness.is_stale(series, now)

    def fetched(self, code: DatasetCode, series: TimeSeries | None, *, request_id: str = "") -> TimeSeries:
        """
        Request the series and wait for it.

        Returns:
            The series as it is then: with its data, or with a fetch that tells why there are none.

        Raises:
            UnknownProvider, ProviderNotConfigured: nobody can be asked, and nothing is kept.

        """
        wanted, provider = (series.code, series.provider) if series else (self._meant(code), None)
        try:
            requested = self.request_fetch(wanted, provider=provider, request_id=request_id)
        except DomainError:
            if series and series.newest:
                return series
            raise
        self.await_fetch(requested.fetch.id)
        with self.store.reading() as uow:
            return uow.series.get(requested.series.id)

    def _meant(self, alias: DatasetCode) -> DatasetCode:
        """Give the code that an alias stands for, as far as its provider can tell; else the alias in capitals."""
        written = DatasetCode(alias.database, alias.dataset.upper())
        return self.providers.code_from_alias(self.routing.provider_for(written, self.providers.all()), written) or written
