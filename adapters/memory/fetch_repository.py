"""The fetches in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from adapters.memory.series_repository import MemorySeriesRepository
from adapters.memory.state import Clock, State
from domain.codes import DatasetCode
from domain.errors import FetchAlreadyRunning, FetchCancelled, FetchNotFound, LeaseLost, SeriesNotFound
from domain.fetches import LEASE_SECONDS, Allowed, Failure, Fetch, FetchPage, FetchQuery, FetchStatus, Lease, Priority, WaitingFor
from domain.series import TimeSeries
from domain.vintages import Vintage

_CANCELLED = Failure.of(FetchCancelled())


@dataclass(frozen=True, slots=True)
class MemoryFetchRepository:
    """The fetches of a state."""

    state: State
    clock: Clock

    def add_first(  # noqa: PLR0913 - as the port has it
        self, provider: str, code: DatasetCode, *, allow: Allowed, request_id: str, batch: UUID | None = None, traceparent: str = ""
    ) -> tuple[TimeSeries, Fetch] | None:
        known = self.state.series.values()
        if any(series.alias == code.alias or (series.provider, series.code) == (provider, code) for series in known):
            return None
        series = MemorySeriesRepository(self.state, self.clock).add(provider, code)
        return series, self.add(series.id, allow=allow, request_id=request_id, batch=batch, traceparent=traceparent)[0]

    def add(  # noqa: PLR0913 - as the port has it
        self,
        series_id: UUID,
        *,
        allow: Allowed,
        request_id: str,
        at_once: bool = False,
        batch: UUID | None = None,
        traceparent: str = "",
    ) -> tuple[Fetch, bool]:
        held = self._in_flight(series_id)
        if held is None:
            about = {"request_id": request_id, "batch": batch, "traceparent": traceparent}
            return self._put(self._pending(series_id, allow=allow, **about)), True
        if not allow <= held.allow:
            if held.status is FetchStatus.RUNNING:
                raise FetchAlreadyRunning
            held = self._put(replace(held, allow=held.allow | allow))
        is_scheduled = held.priority is not Priority.REQUESTED and held.status is FetchStatus.PENDING
        waits_for_retry = held.waiting_for is WaitingFor.RETRY
        if (at_once and waits_for_retry) or (is_scheduled and not waits_for_retry):
            held = self._put(replace(held, not_before=self.clock(), scheduled_at=self.clock(), waiting_for=None))
        return self._put(replace(held, priority=Priority.REQUESTED)) if is_scheduled else held, False

    def add_scheduled(self, series_id: UUID, *, request_id: str, seconds: float) -> bool:
        if self._in_flight(series_id):
            return False
        fetch = self._pending(series_id, request_id=request_id, priority=Priority.SCHEDULED)
        self._put(replace(fetch, not_before=fetch.not_before + timedelta(seconds=seconds)))
        return True

    def get(self, fetch_id: UUID) -> Fetch:
        if fetch_id not in self.state.fetches:
            raise FetchNotFound
        return self.state.fetches[fetch_id]

    def get_many(self, fetch_ids: Sequence[UUID]) -> Sequence[Fetch]:
        return [self.state.fetches[fetch_id] for fetch_id in fetch_ids if fetch_id in self.state.fetches]

    def list(self, query: FetchQuery) -> FetchPage:
        found = [
            fetch
            for fetch in sorted(self.state.fetches.values(), key=_age, reverse=True)
            if (query.status is None or fetch.status is query.status)
            and (query.provider is None or self.state.series[fetch.series_id].provider == query.provider)
            and (query.series_id is None or fetch.series_id == query.series_id)
            and (query.batch is None or fetch.batch == query.batch)
            and (query.before is None or _age(fetch) < query.before)
        ]
        return FetchPage.of(found, query.limit)

    def due(self, limit: int, lease_seconds: float = LEASE_SECONDS) -> Mapping[UUID, datetime]:
        due = sorted(self._due(lease_seconds), key=lambda fetch: (fetch.priority, _due_since(fetch)))
        return {fetch.id: _due_since(fetch) for fetch in due[:limit]}

    def oldest_due(self, lease_seconds: float = LEASE_SECONDS) -> datetime | None:
        return min(map(_due_since, self._due(lease_seconds)), default=None)

    def next_due(self) -> datetime | None:
        now = self.clock()
        pending = (f.not_before for f in self.state.fetches.values() if f.status is FetchStatus.PENDING)
        return min((moment for moment in pending if moment > now), default=None)

    def claim(self, fetch_id: UUID, lease: Lease) -> tuple[Fetch, TimeSeries] | None:
        fetch, now = self.state.fetches.get(fetch_id), self.clock()
        if fetch is None or not fetch.is_due(now, lease.seconds):
            return None
        self.state.tokens[fetch_id] = lease.token
        claimed = self._put(
            replace(
                fetch,
                status=FetchStatus.RUNNING,
                attempts=fetch.attempts + 1,
                crashes=fetch.crashes + (fetch.lease_until is not None and fetch.lease_until < now),
                lease_until=now + timedelta(seconds=lease.seconds),
                waiting_for=None,
            ),
        )
        return claimed, MemorySeriesRepository(self.state, self.clock).get(claimed.series_id)

    def extend(self, fetch_id: UUID, lease: Lease) -> bool:
        try:
            fetch = self._held_fetch(fetch_id, lease)
        except LeaseLost:
            return False
        if fetch.cancel_requested_at:
            raise FetchCancelled
        self._put(replace(fetch, lease_until=self.clock() + timedelta(seconds=lease.seconds)))
        return True

    def cancel(self, fetch_id: UUID) -> Fetch:
        fetch, now = self.get(fetch_id), self.clock()
        if fetch.status is FetchStatus.PENDING:
            return self._put(replace(fetch, status=FetchStatus.CANCELLED, finished_at=now, waiting_for=None, failure=_CANCELLED))
        if fetch.status is FetchStatus.RUNNING and fetch.cancel_requested_at is None:
            return self._put(replace(fetch, cancel_requested_at=now))
        return fetch

    def succeed(self, fetch_id: UUID, lease: Lease, vintages: Sequence[Vintage], *, left_out: Sequence[str] = ()) -> datetime:
        fetch, now = self._held_fetch(fetch_id, lease), self.clock()
        if fetch.cancel_requested_at:
            raise FetchCancelled
        self._put(fetch.succeeded(now, vintages, left_out))
        return now

    def fail(self, fetch_id: UUID, lease: Lease, failure: Failure) -> Fetch:
        return self._let_go(fetch_id, lease, status=FetchStatus.ERROR, failure=failure)

    def schedule_retry(self, fetch_id: UUID, lease: Lease, failure: Failure, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        wait = {"not_before": self.clock() + timedelta(seconds=seconds), "waiting_for": waiting_for, "failure": failure}
        return self._let_go(fetch_id, lease, status=FetchStatus.PENDING, **wait)

    def defer(self, fetch_id: UUID, lease: Lease, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        wait = {"not_before": self.clock() + timedelta(seconds=seconds), "waiting_for": waiting_for}
        attempts = self._held_fetch(fetch_id, lease).attempts - 1
        return self._let_go(fetch_id, lease, status=FetchStatus.PENDING, attempts=attempts, **wait)

    def release(self, fetch_id: UUID, lease: Lease) -> Fetch:
        attempts = self._held_fetch(fetch_id, lease).attempts - 1
        return self._let_go(fetch_id, lease, status=FetchStatus.PENDING, not_before=self.clock(), attempts=attempts)

    def resume(self, providers: Collection[str], *, longer_than: float = 0.0) -> int:
        now = self.clock()
        waiting = [
            fetch
            for fetch in self.state.fetches.values()
            if fetch.status is FetchStatus.PENDING
            and fetch.waiting_for
            and fetch.not_before > now + timedelta(seconds=longer_than)
            and self.state.series[fetch.series_id].provider in providers
        ]
        for fetch in waiting:
            self._put(replace(fetch, not_before=now, scheduled_at=now, waiting_for=None))
        return len(waiting)

    def prune(self, *, seconds: float, limit: int) -> int:
        before = self.clock() - timedelta(seconds=seconds)
        newest = {fetch.series_id: fetch.id for fetch in self.state.fetches.values()}
        kept = {*newest.values(), *(answered.fetch_id for _, _, answered in self.state.requests.values())}
        old = [
            fetch.id
            for fetch in self.state.fetches.values()
            if fetch.finished_at and fetch.finished_at < before and not fetch.vintages_added and fetch.id not in kept
        ]
        for fetch_id in old[:limit]:
            del self.state.fetches[fetch_id]
        return len(old[:limit])

    def _in_flight(self, series_id: UUID) -> Fetch | None:
        if series_id not in self.state.series:
            raise SeriesNotFound
        return next((f for f in self.state.fetches.values() if f.series_id == series_id and not f.ended), None)

    def _pending(self, series_id: UUID, **about: Any) -> Fetch:
        now = self.clock()
        status = FetchStatus.PENDING
        return Fetch(id=uuid4(), series_id=series_id, status=status, created_at=now, not_before=now, scheduled_at=now, **about)

    def _due(self, lease_seconds: float) -> Sequence[Fetch]:
        now = self.clock()
        return [fetch for fetch in self.state.fetches.values() if fetch.is_due(now, lease_seconds)]

    def _let_go(self, fetch_id: UUID, lease: Lease, **changes: Any) -> Fetch:
        """Release a fetch with these changes, or cancel it if that was requested."""
        fetch, now = self._held_fetch(fetch_id, lease), self.clock()
        if fetch.cancel_requested_at:
            changes = {"status": FetchStatus.CANCELLED, "failure": _CANCELLED}
        fetch = replace(fetch, lease_until=None, **changes)
        return self._put(replace(fetch, finished_at=now) if fetch.ended else replace(fetch, scheduled_at=now))

    def _held_fetch(self, fetch_id: UUID, lease: Lease) -> Fetch:
        fetch = self.state.fetches.get(fetch_id)
        if fetch is None or fetch.status is not FetchStatus.RUNNING or self.state.tokens.get(fetch_id) != lease.token:
            raise LeaseLost
        return fetch

    def _put(self, fetch: Fetch) -> Fetch:
        self.state.fetches[fetch.id] = fetch
        return fetch


def _age(fetch: Fetch) -> tuple[datetime, UUID]:
    return fetch.created_at, fetch.id


def _due_since(fetch: Fetch) -> datetime:
    return fetch.lease_until or fetch.not_before
