"""RequestFetch: add the series and its fetch in one transaction, then notify the workers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from operator import itemgetter
from typing import Any
from uuid import UUID

from domain.codes import FORMULA, DatasetCode
from domain.errors import FetchAlreadyRunning, NotOfFormulas, ProviderNotConfigured, TooManyRequests
from domain.fetches import ANONYMOUS, NOTHING_ALLOWED, Allowed, Fetch, IdempotencyKey, Priority, RequestRecord, Suspicion
from domain.fetching.freshness import Freshness
from domain.importing import IMPORT
from domain.ports import Dispatcher, Providers, Store, Tracer, UnitOfWork
from domain.providers import Limit, Provider, Routing
from domain.quotas import Requester
from domain.series import TimeSeries
from domain.use_cases.spelling import in_other_case, spelled
from domain.window import Confirmation

#: The most idempotency keys of one owner, which are stored for two days.
_REMEMBERED, _MOST_REMEMBERED = "idempotency keys of", (Limit(50_000, 172_800),)


@dataclass(frozen=True, slots=True)
class Requested:
    """
    The result of a request.

    Attributes:
        series: after the request.
        fetch: the one in flight, else the series' newest.
        created: whether the series is new.

    """

    series: TimeSeries
    fetch: Fetch
    created: bool


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A request's Idempotency-Key, and the id of its API key."""

    text: str
    owner: str = ANONYMOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flags:
    """
    How a request is served.

    Attributes:
        changed_since: what the last fetch confirmed, if what it read has changed since.
        traceparent: of the span in which it came.
        batch: of a request for many series.
        any_case: whether a stored series whose code differs in case alone is the one that is meant.

    """

    refresh: bool
    allow: Allowed
    request_id: str
    requester: Requester | None
    traceparent: str
    changed_since: Confirmation | None = None
    batch: UUID | None = None
    any_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFetch:
    """Request a series: joins the fetch in flight, or adds one if the series is new or stale, or with ``refresh``."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness
    dispatcher: Dispatcher
    tracer: Tracer

    def __call__(  # noqa: PLR0913 - the request's options
        self,
        code: DatasetCode,
        *,
        provider: str | None = None,
        refresh: bool = False,
        allow: Allowed = NOTHING_ALLOWED,
        request_id: str = "",
        key: ClientKey | None = None,
        requester: Requester | None = None,
    ) -> Requested:
        """
        Commit the request and notify the workers; a request repeated under its key gets the stored response.

        Raises:
            UnknownProvider, ProviderNotConfigured: no provider can serve it; nothing was written.
            FetchAlreadyRunning: ``allow`` cannot be added to a running fetch.
            IdempotencyKeyReused: the key was used with a different request.
            TooManyRequests: the requester's quota of fetches is used up.

        """
        flags = self._flags(refresh=refresh, allow=allow, request_id=request_id, requester=requester)
        request_key = _request_key(key, f"{provider or ''}:{code}", flags)
        self._refuse_imported(code, provider)
        chosen = self.provider_of(code, provider)
        code, flags = self._asked(chosen, code, flags)
        return self._request(lambda uow: self._find_or_add(uow, chosen.name, code, flags), flags, request_key)

    def refetch(
        self,
        series_id: UUID,
        *,
        allow: Allowed = NOTHING_ALLOWED,
        request_id: str = "",
        key: ClientKey | None = None,
        requester: Requester | None = None,
    ) -> Requested:
        """Refresh a stored series; ``created`` refers to its fetch. Raises like the call, and SeriesNotFound."""
        flags = self._flags(refresh=True, allow=allow, request_id=request_id, requester=requester)
        return self._request(lambda uow: self._get(uow, series_id), flags, _request_key(key, str(series_id), flags), refetch=True)

    def many(  # noqa: PLR0913 - the request's options
        self,
        wanted: Collection[tuple[str, DatasetCode]],
        *,
        batch: UUID,
        refresh: bool,
        allow: Allowed = NOTHING_ALLOWED,
        request_id: str,
        requester: Requester | None,
    ) -> Mapping[tuple[str, DatasetCode], Requested | FetchAlreadyRunning]:
        """
        Request many series, given by provider and code, in one transaction; new fetches belong to the batch.

        Where ``allow`` cannot be added to a running fetch, the error takes the place of what was requested.

        Raises:
            TooManyRequests: the requester's quota of fetches does not suffice for all; nothing was written.

        """
        flags = self._flags(refresh=refresh, allow=allow, request_id=request_id, requester=requester, batch=batch)
        asked = {(name, code): self._asked(self.provider_of(code, name), code, flags) for name, code in wanted}
        requested: dict[tuple[str, DatasetCode], Requested | FetchAlreadyRunning] = {}
        due: list[UUID] = []
        with self.store.writing() as uow:
            # In one order, so that two requests for the same series wait for each other rather than crosswise.
            for (provider, code), (own, its_flags) in sorted(asked.items(), key=itemgetter(0)):
                series, new = self._find_or_add(uow, provider, own, its_flags)
                series = self._reread_if_stale(uow, series, its_flags)
                try:
                    fetch, added, notifies = (new, True, True) if new else self._reuse_or_add(uow, series, its_flags)
                except FetchAlreadyRunning as error:
                    requested[provider, code] = error
                    continue
                requested[provider, code] = Requested(replace(series, fetch=fetch), fetch, created=series.fetch is None)
                due += [fetch.id] if notifies else []
                if added:
                    _count(uow, requester)
            uow.commit()
        for fetch_id in due:
            self.dispatcher.notify(fetch_id)
        return requested

    def _flags(self, **given: Any) -> _Flags:
        return _Flags(**given, traceparent=self.tracer.traceparent())

    def _request(
        self,
        find: Callable[[UnitOfWork], tuple[TimeSeries, Fetch | None]],
        flags: _Flags,
        key: IdempotencyKey | None,
        *,
        refetch: bool = False,
    ) -> Requested:
        with self.store.writing() as uow:
            answered = uow.requests.begin(key) if key else None
            if answered:
                return Requested(uow.series.get(answered.series_id), uow.fetches.get(answered.fetch_id), created=answered.created)
            series, new = find(uow)
            series = self._reread_if_stale(uow, series, flags)
            fetch, added, notifies = (new, True, True) if new else self._reuse_or_add(uow, series, flags)
            created = added if refetch else series.fetch is None
            if added:
                _count(uow, flags.requester)
            if key:
                _count(uow, Requester(f"{_REMEMBERED} {_owner(key, flags.requester)}", _MOST_REMEMBERED))
                uow.requests.remember(key, RequestRecord(series.id, fetch.id, created))
            if key or fetch is not series.fetch:
                uow.commit()
        if notifies:
            self.dispatcher.notify(fetch.id)
        return Requested(replace(series, fetch=fetch), fetch, created=created)

    def _asked(self, provider: Provider, code: DatasetCode, flags: _Flags) -> tuple[DatasetCode, _Flags]:
        """Return a code as its series is spelled, and how the request for it is served."""
        own = self._own_spelling(provider, code)
        return own, replace(
            flags, changed_since=self._changed_since(provider, own), any_case=provider.any_case and not provider.reads_files
        )

    def _own_spelling(self, provider: Provider, code: DatasetCode) -> DatasetCode:
        """Return a code as its provider spells it; that of a file, of which there is one series, as it is stored under any spelling."""
        if provider.reads_files:
            return spelled(self.store, self.providers, provider.name, code)
        return (self.providers.own_spelling(provider.name, code) if provider.any_case else None) or code

    def _changed_since(self, provider: Provider, code: DatasetCode) -> Confirmation | None:
        if not provider.notices_changes:
            return None
        with self.store.reading() as uow:
            series = uow.series.find(provider.name, code)
        return self.freshness.changed_since(series) if series else None

    def _is_stale(self, uow: UnitOfWork, series: TimeSeries, flags: _Flags) -> bool:
        has_changed = flags.changed_since is not None and series.confirmed == flags.changed_since
        return has_changed or self.freshness.is_stale(series, uow.now())

    def _reread_if_stale(self, uow: UnitOfWork, series: TimeSeries, flags: _Flags) -> TimeSeries:
        if series.fetch is None or not self._is_stale(uow, series, flags):
            return series
        # A fetch ends under the series' lock: the one in flight may have ended since it was read.
        uow.series.lock(series.id)
        return uow.series.get(series.id)

    def _find_or_add(self, uow: UnitOfWork, provider: str, code: DatasetCode, flags: _Flags) -> tuple[TimeSeries, Fetch | None]:
        known = uow.series.find(provider, code)
        new = None if known else uow.fetches.add_first(provider, code, allow=flags.allow, **_about(flags))
        # A series whose code differs in case alone has the alias, so that this one could not be added at once.
        other = in_other_case(uow, provider, code) if flags.any_case and not (known or new) else None
        return new or (known or other or uow.series.add(provider, code), None)

    def _get(self, uow: UnitOfWork, series_id: UUID) -> tuple[TimeSeries, None]:
        series = uow.series.get(series_id)
        self.provider_of(series.code, series.provider)
        return series, None

    def _reuse_or_add(self, uow: UnitOfWork, series: TimeSeries, flags: _Flags) -> tuple[Fetch, bool, bool]:
        """Return the fetch that serves the request, whether it is new, and whether to notify the workers."""
        fetch = series.fetch
        if fetch and fetch.ended and not (flags.refresh or flags.allow or self._is_stale(uow, series, flags)):
            return fetch, False, False
        hurried = fetch is not None and ((flags.refresh and fetch.waiting_for is not None) or fetch.priority is not Priority.REQUESTED)
        joined, added = uow.fetches.add(series.id, allow=flags.allow, at_once=flags.refresh, **_about(flags))
        return joined, added, added or hurried

    def _refuse_imported(self, code: DatasetCode, provider: str | None) -> None:
        """Raise ProviderNotConfigured for a series that files alone hold."""
        if provider or self.routing.is_configured(code):
            return
        with self.store.reading() as uow:
            if uow.series.find(IMPORT, code):
                raise ProviderNotConfigured(_not_fetched(code), hint="To fetch the same code from a provider, name the provider.")

    def provider_of(self, code: DatasetCode, name: str | None) -> Provider:
        """Return the provider that serves a code; raises ProviderNotConfigured, or NotOfFormulas if it is a formula's."""
        if name == IMPORT:
            raise ProviderNotConfigured(_not_fetched(code), hint="Import further files into it.")
        chosen = name or self.routing.provider_for(code, self.providers.all())
        if chosen == FORMULA or self._is_formula(chosen, code):
            raise NotOfFormulas(f"{code} is a formula: it is computed when it is read, and never fetched.")
        provider = self.providers.get(chosen)
        if provider.problem:
            raise ProviderNotConfigured(provider.problem)
        return provider

    def _is_formula(self, provider: str, code: DatasetCode) -> bool:
        """Return whether a formula has this code, which is never in a database that a provider declares."""
        if any(each.name == provider and code.database in each.databases for each in self.providers.all()):
            return False
        with self.store.reading() as uow:
            return uow.series.find(FORMULA, code) is not None


def _not_fetched(code: DatasetCode) -> str:
    return f"{IMPORT}:{code} holds what was imported, and is not fetched."


def _about(flags: _Flags) -> dict[str, Any]:
    return {"request_id": flags.request_id, "batch": flags.batch, "traceparent": flags.traceparent}


def _count(uow: UnitOfWork, requester: Requester | None) -> None:
    waiting = uow.quotas.take(requester.client, requester.limits) if requester and requester.limits else 0.0
    if waiting:
        raise TooManyRequests("Too many fetches were requested.", seconds=waiting)


def _owner(key: IdempotencyKey, requester: Requester | None) -> str:
    return requester.client if requester and key.owner == ANONYMOUS else key.owner


def _request_key(key: ClientKey | None, what: str, flags: _Flags) -> IdempotencyKey | None:
    # As long as nothing else is allowed, the text is the one under which earlier versions stored requests.
    others = sorted(flags.allow - {Suspicion.SHRINK})
    asked = "\n".join([what, str(flags.refresh), str(Suspicion.SHRINK in flags.allow), *others])
    return IdempotencyKey(key.text, sha256(asked.encode("utf-8", "replace")).hexdigest(), key.owner) if key else None
