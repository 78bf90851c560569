"""ReadThrough: read a series by a Quandl client's code, fetching it first if it is missing or stale."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, DomainError, SourceGone
from domain.fetches import FetchStatus
from domain.fetching.freshness import Freshness
from domain.importing import IMPORT
from domain.moments import is_ahead
from domain.ports import Providers, Store, UnitOfWork
from domain.providers import Routing
from domain.quotas import Requester
from domain.series import SeriesQuery, TimeSeries
from domain.use_cases.await_fetch import AwaitFetch
from domain.use_cases.read_splice import stand_in_of
from domain.use_cases.request_fetch import Requested, RequestFetch
from domain.use_cases.splice_rules import current_rule, failing_since

_REMEMBERED = timedelta(hours=1)
#: After so long a series is tried again though another one stands in for it.
_TRIED_AGAIN = timedelta(days=1)
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

    def __call__(  # noqa: PLR0913 - who asks, and how
        self,
        code: DatasetCode,
        *,
        may_fetch: bool,
        acquire_slot: Callable[[], AbstractContextManager[object]],
        request_id: str = "",
        requester: Requester | None = None,
        as_written: bool = False,
    ) -> TimeSeries:
        """
        Return the series of a code or alias, in any case, after a fetch if it is missing or stale.

        A title behind the code, as old addresses have it, is left out, unless there is a series or a file of the whole name.

        Args:
            may_fetch: whether the requester may have it fetched.
            acquire_slot: returns a context that is held during the fetch; entering it raises if the requester may not wait now.
            as_written: whether it is the code as its provider writes it, not an alias.

        Returns:
            The series: with data, which are stale where no fetch was possible, or with a fetch whose failure says why there are none.

        Raises:
            DatasetNotFound: it is not stored, and the requester may not have it fetched.
            UnknownProvider, ProviderNotConfigured: no provider can serve it, and no data are stored.
            TooManyRequests: the requester's quota of fetches is used up, and no data are stored.

        """
        [found] = self.several(
            [code], may_fetch=may_fetch, acquire_slot=acquire_slot, request_id=request_id, requester=requester, as_written=as_written
        )
        if isinstance(found, DomainError):
            raise found
        return found

    def several(  # noqa: PLR0913 - as above
        self,
        codes: Sequence[DatasetCode],
        *,
        may_fetch: bool,
        acquire_slot: Callable[[], AbstractContextManager[object]],
        request_id: str = "",
        requester: Requester | None = None,
        as_written: bool = False,
    ) -> list[TimeSeries | DomainError]:
        """
        Return for each code what a call returns, or the error that it raises; all fetches run at the same time, within one wait.

        Raises:
            Exception: what entering the slot raises, if any series has no data.

        """
        wanted = [
            _Wanted(code, *self._find(code), is_as_written=as_written) for code in (codes if as_written else map(self._untitled, codes))
        ]
        with ExitStack() as held:
            if may_fetch and not all(each.is_current for each in wanted):
                try:
                    held.enter_context(acquire_slot())
                except Exception:
                    if not all(each.series and each.series.newest for each in wanted):
                        raise
                    may_fetch = False
            begun = [self._begin(each, may_fetch=may_fetch, request_id=request_id, requester=requester) for each in wanted]
            return self._ended(begun)

    def _begin(
        self, wanted: _Wanted, *, may_fetch: bool, request_id: str, requester: Requester | None
    ) -> TimeSeries | _Begun | DomainError:
        """Request what a code needs and return that; or the series, where nothing is needed or possible; or why there is none."""
        series, fetched = wanted.series, wanted.fetched
        if series is not None and (wanted.is_current or not may_fetch):
            return series
        if not may_fetch:
            return DatasetNotFound(f"{wanted.code} is not stored here, and this request may not have it fetched.")
        try:
            code, provider = (fetched.code, fetched.provider) if fetched else (self._named(wanted), None)
            requested = self.request_fetch(code, provider=provider, request_id=request_id, requester=requester)
        except DomainError as error:
            return series if series and fetched and fetched.newest else error
        return _Begun(requested, None if fetched is series else series)

    def _named(self, wanted: _Wanted) -> DatasetCode:
        return wanted.code if wanted.is_as_written else self._meant(wanted.code)

    def _ended(self, begun: Sequence[TimeSeries | _Begun | DomainError]) -> list[TimeSeries | DomainError]:
        """Wait for all fetches, and return their series."""
        end = time.monotonic() + self.await_fetch.most_seconds
        for each in begun:
            if isinstance(each, _Begun):
                self.await_fetch(each.requested.fetch.id, max(0.0, end - time.monotonic()))
        return [self._read(each) if isinstance(each, _Begun) else each for each in begun]

    def _read(self, begun: _Begun) -> TimeSeries:
        if begun.instead_of:
            return begun.instead_of
        with self.store.reading() as uow:
            return uow.series.get(begun.requested.series.id)

    def _untitled(self, code: DatasetCode) -> DatasetCode:
        """Return a code without the title behind it, unless it is stored so or names a file."""
        bare = code.without_title
        if bare is None or self._find(code)[0]:
            return code
        provider = self.providers.get(self.routing.provider_for(bare, self.providers.all()))
        # A provider of files that tells cases apart cannot say whether it has one.
        may_have = provider.reads_files and (not provider.any_case or self.providers.own_spelling(provider.name, code))
        return code if may_have else bare

    def _find(self, code: DatasetCode) -> tuple[TimeSeries | None, TimeSeries | None, bool]:
        """Return the series, the one to fetch for it, which is another while that stands in, and whether to serve it without a fetch."""
        provider = self.routing.provider_for(code, self.providers.all())
        with self.store.reading() as uow:
            by_alias = SeriesQuery(alias=code.alias, limit=1)
            stored = next(iter(uow.series.search(by_alias).items), None)
            imported = None if self.routing.is_configured(code) else uow.series.find(IMPORT, code)
            found = imported or uow.series.find(provider, code)
            series = found or (None if stored and _is_superseded(stored, provider) else stored)
            now = uow.now()
            fetched = self._goes_on(uow, series, now) if series else None
        if fetched is None or fetched.is_formula:
            return series, fetched, series is not None
        return series, fetched, self._is_current(fetched, now)

    def _goes_on(self, uow: UnitOfWork, series: TimeSeries, now: datetime) -> TimeSeries:
        """Return the stand-in of a series that is read by a rule now, unless the series was not tried for a day; else itself."""
        tried = series.fetch.finished_at if series.fetch else None
        if failing_since(series.at_source) is None or tried is None or now - tried >= _TRIED_AGAIN:
            return series
        rule = current_rule(uow, series.id)
        return (stand_in_of(uow, rule) if rule else None) or series

    def _is_current(self, series: TimeSeries, now: datetime) -> bool:
        """Return whether a fetch of a stored series would not help now."""
        if _is_remembered(series, now):
            return True
        return not self.freshness.is_stale(series, now) and self.freshness.changed_since(series) is None

    def _meant(self, alias: DatasetCode) -> DatasetCode:
        """Return the code of an alias if its provider can tell, else the alias in upper case."""
        written = DatasetCode(alias.database, alias.dataset.upper())
        return self.providers.code_from_alias(self.routing.provider_for(written, self.providers.all()), written) or written


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A code, with what ``_find`` returns for it, and whether its provider writes it so."""

    code: DatasetCode
    series: TimeSeries | None
    fetched: TimeSeries | None
    is_current: bool
    is_as_written: bool


@dataclass(frozen=True, slots=True)
class _Begun:
    """A fetch that was requested, and the series for which another one is fetched while that stands in; it is read by its rule then."""

    requested: Requested
    instead_of: TimeSeries | None


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
