"""RequestFetch: the series and its fetch in one transaction, then the bell."""

from __future__ import annotations

from dataclasses import dataclass

from domain.codes import DatasetCode
from domain.errors import ProviderNotConfigured
from domain.fetches import Fetch
from domain.ports import Dispatcher, Providers, Store
from domain.providers import Provider, Routing
from domain.series import TimeSeries
from domain.use_cases.freshness import Freshness


@dataclass(frozen=True, slots=True)
class Requested:
    """
    What a request led to.

    Attributes:
        series: as it is now.
        fetch: the one in flight, else the series' newest.
        created: whether the series is new here.

    """

    series: TimeSeries
    fetch: Fetch
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFetch:
    """Ask for a series: joins the fetch in flight, adds one if the series is new or stale, or when ``refresh`` says so."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness
    dispatcher: Dispatcher

    def __call__(
        self,
        code: DatasetCode,
        *,
        provider: str | None = None,
        refresh: bool = False,
        allow_shrink: bool = False,
        request_id: str = "",
    ) -> Requested:
        """
        Commit the request and ring.

        Raises:
            UnknownProvider, ProviderNotConfigured: before anything is written.
            FetchAlreadyRunning: ``allow_shrink`` comes too late.

        """
        chosen = self.provider_of(code, provider)
        with self.store.writing() as uow:
            series = uow.series.find(chosen.name, code) or uow.series.add(chosen.name, code)
            created = series.fetch is None
            if not created and self.freshness.is_stale(series, uow.now()):
                # Whoever ends a fetch holds its series: the one in flight may have ended since it was looked at.
                uow.series.lock(series.id)
                series = uow.series.get(series.id)
            wanted = refresh or allow_shrink or self.freshness.is_stale(series, uow.now())
            fetch, added = series.fetch, False
            hurried = refresh and fetch is not None and fetch.waiting_for is not None
            if fetch is None or not fetch.ended or wanted:
                fetch, added = uow.fetches.add(series.id, allow_shrink=allow_shrink, request_id=request_id, at_once=refresh)
                series = uow.series.get(series.id)
                uow.commit()
        if added or hurried:
            self.dispatcher.ring(fetch.id)
        return Requested(series, fetch, created=created)

    def provider_of(self, code: DatasetCode, name: str | None) -> Provider:
        """Choose the provider and make sure that it can be asked."""
        provider = self.providers.get(name or self.routing.provider_for(code, self.providers.all()))
        if provider.problem:
            raise ProviderNotConfigured(provider.problem)
        return provider
