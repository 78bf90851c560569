"""RequestFetch: the series and its fetch in one transaction, then the bell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from domain.codes import DatasetCode
from domain.errors import ProviderNotConfigured, TooManyRequests
from domain.fetches import ANONYMOUS, Fetch, IdempotencyKey, RequestRecord
from domain.fetching.freshness import Freshness
from domain.ports import Dispatcher, Providers, Store, UnitOfWork
from domain.providers import Limit, Provider, Routing
from domain.quotas import Requester
from domain.series import TimeSeries

#: Answers are remembered for two days under keys that clients choose: so many of one owner.
_REMEMBERED, _MOST_REMEMBERED = "idempotency keys of", (Limit(50_000, 172_800),)


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


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A client's own word for its request, and the id of the API key that it came with."""

    text: str
    owner: str = ANONYMOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flags:
    refresh: bool
    allow_shrink: bool
    request_id: str
    requester: Requester | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    fetch: Fetch
    written: bool
    added: bool
    notifies: bool


@dataclass(frozen=True, slots=True)
class _Target:
    """A series, and what a request led to where that was its first."""

    series: TimeSeries
    outcome: _Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFetch:
    """Ask for a series: joins the fetch in flight, adds one if the series is new or stale, or when ``refresh`` says so."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness
    dispatcher: Dispatcher

    def __call__(  # noqa: PLR0913 - what can be asked
        self,
        code: DatasetCode,
        *,
        provider: str | None = None,
        refresh: bool = False,
        allow_shrink: bool = False,
        request_id: str = "",
        key: ClientKey | None = None,
        requester: Requester | None = None,
    ) -> Requested:
        """
        Commit the request and ring; one that is repeated under its key is answered as it was before.

        Raises:
            UnknownProvider, ProviderNotConfigured: before anything is written.
            FetchAlreadyRunning: ``allow_shrink`` comes too late.
            IdempotencyKeyReused: the key came with another request.
            TooManyRequests: the requester has asked for too many fetches.

        """
        flags = _Flags(refresh=refresh, allow_shrink=allow_shrink, request_id=request_id, requester=requester)
        request_key = _request_key(key, f"{provider or ''}:{code}", flags)
        chosen = self.provider_of(code, provider)
        return self._request(lambda uow: self._find_or_add(uow, chosen.name, code, flags), flags, request_key)

    def refetch(
        self,
        series_id: UUID,
        *,
        allow_shrink: bool = False,
        request_id: str = "",
        key: ClientKey | None = None,
        requester: Requester | None = None,
    ) -> Requested:
        """Ask for a series that is kept, fresh or not; ``created`` tells of its fetch. Raises as the call, and SeriesNotFound."""
        flags = _Flags(refresh=True, allow_shrink=allow_shrink, request_id=request_id, requester=requester)
        return self._request(lambda uow: self._get(uow, series_id), flags, _request_key(key, str(series_id), flags), refetch=True)

    def _request(
        self, find: Callable[[UnitOfWork], _Target], flags: _Flags, key: IdempotencyKey | None, *, refetch: bool = False
    ) -> Requested:
        with self.store.writing() as uow:
            answered = uow.requests.begin(key) if key else None
            if answered:
                return Requested(uow.series.get(answered.series_id), uow.fetches.get(answered.fetch_id), created=answered.created)
            found = find(uow)
            series = self._reread_if_stale(uow, found.series)
            outcome = found.outcome or self._reuse_or_add(uow, series, flags)
            created = outcome.added if refetch else series.fetch is None
            requested = Requested(replace(series, fetch=outcome.fetch), outcome.fetch, created=created)
            if outcome.added:
                _count(uow, flags.requester)
            if key:
                _count(uow, Requester(f"{_REMEMBERED} {_owner(key, flags.requester)}", _MOST_REMEMBERED))
                uow.requests.remember(key, RequestRecord(series.id, outcome.fetch.id, created))
            if key or outcome.written:
                uow.commit()
        if outcome.notifies:
            self.dispatcher.notify(outcome.fetch.id)
        return requested

    def _reread_if_stale(self, uow: UnitOfWork, series: TimeSeries) -> TimeSeries:
        if series.fetch is None or not self.freshness.is_stale(series, uow.now()):
            return series
        # Whoever ends a fetch holds its series: the one in flight may have ended since it was looked at.
        uow.series.lock(series.id)
        return uow.series.get(series.id)

    def _find_or_add(self, uow: UnitOfWork, provider: str, code: DatasetCode, flags: _Flags) -> _Target:
        known = uow.series.find(provider, code)
        if known:
            return _Target(known)
        new = uow.fetches.add_first(provider, code, allow_shrink=flags.allow_shrink, request_id=flags.request_id)
        if new is None:
            return _Target(uow.series.add(provider, code))
        series, fetch = new
        return _Target(series, _Outcome(fetch, written=True, added=True, notifies=True))

    def _get(self, uow: UnitOfWork, series_id: UUID) -> _Target:
        series = uow.series.get(series_id)
        self.provider_of(series.code, series.provider)
        return _Target(series)

    def _reuse_or_add(self, uow: UnitOfWork, series: TimeSeries, flags: _Flags) -> _Outcome:
        fetch = series.fetch
        if fetch and fetch.ended and not (flags.refresh or flags.allow_shrink or self.freshness.is_stale(series, uow.now())):
            return _Outcome(fetch, written=False, added=False, notifies=False)
        hurried = flags.refresh and fetch is not None and fetch.waiting_for is not None
        joined, added = uow.fetches.add(series.id, allow_shrink=flags.allow_shrink, request_id=flags.request_id, at_once=flags.refresh)
        return _Outcome(joined, written=True, added=added, notifies=added or hurried)

    def provider_of(self, code: DatasetCode, name: str | None) -> Provider:
        """Choose the provider and make sure that it can be asked."""
        provider = self.providers.get(name or self.routing.provider_for(code, self.providers.all()))
        if provider.problem:
            raise ProviderNotConfigured(provider.problem)
        return provider


def _count(uow: UnitOfWork, requester: Requester | None) -> None:
    waiting = uow.quotas.take(requester.client, requester.limits) if requester and requester.limits else 0.0
    if waiting:
        raise TooManyRequests("Too many fetches were asked for.", seconds=waiting)


def _owner(key: IdempotencyKey, requester: Requester | None) -> str:
    return requester.client if requester and key.owner == ANONYMOUS else key.owner


def _request_key(key: ClientKey | None, what: str, flags: _Flags) -> IdempotencyKey | None:
    outcome = f"{what}\n{flags.refresh}\n{flags.allow_shrink}"
    return IdempotencyKey(key.text, sha256(outcome.encode("utf-8", "replace")).hexdigest(), key.owner) if key else None
