"""ReadThrough: read a series by a Quandl client's code, fetching it first if it is missing or stale."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, DomainError, SourceGone
from domain.fetches import FetchStatus
from domain.fetching.freshness import Freshness
from domain.importing import IMPORT
from domain.moments import is_ahead
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
    """Find a series, fetching it where that may help."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness
    request_fetch: RequestFetch
    await_fetch: AwaitFetch

    def __call__(
        self,
        code: DatasetCode,
        *,
        may_fetch: bool,
        acquire_slot: Callable[[], AbstractContextManager[object]],
        request_id: str = "",
        requester: Requester | None = None,
    ) -> TimeSeries:
        """
        Return the series of a code or alias, in any case, after a fetch if it is missing or stale.

        Args:
            may_fetch: whether the requester may have it fetched.
            acquire_slot: returns a context that is held during the fetch; entering it raises if the requester may not wait now.

        Returns:
            The series: with data, which are stale where no fetch was possible, or with a fetch whose failure says why there are none.

        Raises:
            DatasetNotFound: it is not stored, and the requester may not have it fetched.
            UnknownProvider, ProviderNotConfigured: no provider can serve it, and no data are stored.
            TooManyRequests: the requester's quota of fetches is used up, and no data are stored.

        """
        series, is_current = self._find(code)
        if series is None and not may_fetch:
            raise DatasetNotFound(f"{code} is not stored here, and this request may not have it fetched.")
        if series is not None and (is_current or not may_fetch):
            return series
        with ExitStack() as held:
            try:
                held.enter_context(acquire_slot())
            except Exception:
                if series and series.newest:
                    return series
                raise
            return self._fetch(code, series, request_id=request_id, requester=requester)

    def _find(self, code: DatasetCode) -> tuple[TimeSeries | None, bool]:
        """Return the series and whether to serve it without a fetch."""
        provider = self.routing.provider_for(code, self.providers.all())
        with self.store.reading() as uow:
            by_alias = SeriesQuery(alias=code.alias, limit=1)
            stored = next(iter(uow.series.search(by_alias).items), None)
            imported = None if self.routing.is_configured(code) else uow.series.find(IMPORT, code)
            found = imported or uow.series.find(provider, code)
            series = found or (None if stored and _is_superseded(stored, provider) else stored)
            now = uow.now()
        if series is None or series.is_formula:
            return series, series is not None
        if _is_remembered(series, now):
            return series, True
        return series, not self.freshness.is_stale(series, now) and self.freshness.changed_since(series) is None

    def _fetch(self, code: DatasetCode, series: TimeSeries | None, *, request_id: str, requester: Requester | None) -> TimeSeries:
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
        """Return the code of an alias if its provider can tell, else the alias in upper case."""
        written = DatasetCode(alias.database, alias.dataset.upper())
        return self.providers.code_from_alias(self.routing.provider_for(written, self.providers.all()), written) or written


def _is_superseded(series: TimeSeries, provider: str) -> bool:
    """Return whether a series of another provider has only ever been refused as gone, so that who serves the code today is asked."""
    failure = series.fetch.failure if series.fetch else None
    return series.newest is None and series.provider != provider and failure is not None and failure.code == SourceGone.code


def _is_remembered(series: TimeSeries, now: datetime) -> bool:
    """Return whether the last fetch failed recently, and either there are data or the next fetch would fail alike."""
    fetch = series.fetch
    if fetch is None or fetch.status is not FetchStatus.ERROR or fetch.finished_at is None:
        return False
    if is_ahead(fetch.finished_at, now) or now - fetch.finished_at >= _REMEMBERED:
        return False
    return series.newest is not None or (fetch.failure is not None and fetch.failure.code in _UNKNOWN)
