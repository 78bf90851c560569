"""ReadThrough: a series by the code that a Quandl client gives, fetched first if it is not kept or stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, DomainError, SourceGone
from domain.fetches import FetchStatus
from domain.fetching.freshness import Freshness
from domain.ports import Providers, Store
from domain.providers import Routing
from domain.quotas import Requester
from domain.series import SeriesQuery, TimeSeries
from domain.use_cases.await_fetch import AwaitFetch
from domain.use_cases.request_fetch import RequestFetch

_REMEMBERED = timedelta(hours=1)
_UNKNOWN = (DatasetNotFound.code, SourceGone.code)


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
        Return the series of a code or alias, letters of either case, and tell whether it is good as it is.

        One that its provider did not know within the last hour counts as good, and so does one that is kept and failed to be
        refreshed within it.
        """
        provider = self.routing.provider_for(code, self.providers.all())
        with self.store.reading() as uow:
            by_alias = SeriesQuery(alias=code.alias, limit=1)
            series = uow.series.find(provider, code) or next(iter(uow.series.search(by_alias).items), None)
            now = uow.now()
        if series is None:
            return None, False
        return series, _is_remembered(series, now) or not self.freshness.is_stale(series, now)

    def fetched(
        self, code: DatasetCode, series: TimeSeries | None, *, request_id: str = "", requester: Requester | None = None
    ) -> TimeSeries:
        """
        Request the series and wait for it.

        Returns:
            The series as it is then: with its data, or with a fetch that tells why there are none.

        Raises:
            UnknownProvider, ProviderNotConfigured: nobody can be asked, and nothing is kept.
            TooManyRequests: the requester has asked for too many fetches, and nothing is kept.

        """
        wanted, provider = (series.code, series.provider) if series else (self._meant(code), None)
        try:
            requested = self.request_fetch(wanted, provider=provider, request_id=request_id, requester=requester)
        except DomainError:
            if series and series.newest:
                return series
            raise
        self.await_fetch(requested.fetch.id)
        with self.store.reading() as uow:
            return uow.series.get(requested.series.id)

    def _meant(self, alias: DatasetCode) -> DatasetCode:
        """Return the code that an alias stands for, as far as its provider can tell; else the alias in capitals."""
        written = DatasetCode(alias.database, alias.dataset.upper())
        return self.providers.code_from_alias(self.routing.provider_for(written, self.providers.all()), written) or written


def _is_remembered(series: TimeSeries, now: datetime) -> bool:
    """Return that the last fetch failed a while ago in a way that the next would repeat, or while there is something to answer."""
    fetch = series.fetch
    if fetch is None or fetch.status is not FetchStatus.ERROR or fetch.finished_at is None or now - fetch.finished_at >= _REMEMBERED:
        return False
    return series.newest is not None or (fetch.failure is not None and fetch.failure.code in _UNKNOWN)
