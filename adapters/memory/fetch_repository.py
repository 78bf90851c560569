"""The fetches in RAM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from adapters.memory.state import Clock, State
from domain.errors import FetchAlreadyRunning, FetchNotFound, LeaseLost, SeriesNotFound
from domain.fetches import Failure, Fetch, FetchStatus, Lease, WaitingFor
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True)
class MemoryFetchRepository:
    """The fetches of a state."""

    state: State
    clock: Clock

    def add(self, series_id: UUID, *, allow_shrink: bool, request_id: str, at_once: bool = False) -> tuple[Fetch, bool]:
        """See the port."""
        if series_id not in self.state.series:
            raise SeriesNotFound
        held = next((f for f in self.state.fetches.values() if f.series_id == series_id and not f.ended), None)
        if held is None:
            now = self.clock()
            fetch = Fetch(
                id=uuid4(),
                series_id=series_id,
                status=FetchStatus.PENDING,
                created_at=now,
                not_before=now,
                allow_shrink=allow_shrink,
                request_id=request_id,
            )
            return self._put(fetch), True
        if allow_shrink and not held.allow_shrink:
            if held.status is FetchStatus.RUNNING:
                raise FetchAlreadyRunning
            held = self._put(replace(held, allow_shrink=True))
        if at_once and held.waiting_for is WaitingFor.RETRY:
            held = self._put(replace(held, not_before=self.clock(), waiting_for=None))
        return held, False

    def get(self, fetch_id: UUID) -> Fetch:
        """See the port."""
        if fetch_id not in self.state.fetches:
            raise FetchNotFound
        return self.state.fetches[fetch_id]

    def due(self, limit: int) -> Sequence[UUID]:
        """See the port."""
        now = self.clock()
        due = sorted((f for f in self.state.fetches.values() if f.is_due(now)), key=_due_since)
        return [fetch.id for fetch in due[:limit]]

    def oldest_due(self) -> datetime | None:
        """See the port."""
        now = self.clock()
        return min((_due_since(f) for f in self.state.fetches.values() if f.is_due(now)), default=None)

    def next_due(self) -> datetime | None:
        """See the port."""
        now = self.clock()
        pending = (f.not_before for f in self.state.fetches.values() if f.status is FetchStatus.PENDING)
        return min((moment for moment in pending if moment > now), default=None)

    def claim(self, fetch_id: UUID, lease: Lease) -> Fetch | None:
        """See the port."""
        fetch, now = self.state.fetches.get(fetch_id), self.clock()
        if fetch is None or not fetch.is_due(now):
            return None
        self.state.tokens[fetch_id] = lease.token
        return self._put(
            replace(
                fetch,
                status=FetchStatus.RUNNING,
                attempts=fetch.attempts + 1,
                crashes=fetch.crashes + (fetch.status is FetchStatus.RUNNING),
                lease_until=now + timedelta(seconds=lease.seconds),
                waiting_for=None,
            ),
        )

    def extend(self, fetch_id: UUID, lease: Lease) -> bool:
        """See the port."""
        try:
            fetch = self._held(fetch_id, lease)
        except LeaseLost:
            return False
        self._put(replace(fetch, lease_until=self.clock() + timedelta(seconds=lease.seconds)))
        return True

    def succeed(self, fetch_id: UUID, lease: Lease, vintages: Sequence[Vintage], *, left_out: Sequence[str] = ()) -> Fetch:
        """See the port."""
        last = vintages[-1].number if vintages else None
        outcome = {"vintages_added": len(vintages), "vintage": last, "left_out": tuple(left_out)}
        return self._end(fetch_id, lease, FetchStatus.SUCCESS, failure=None, **outcome)

    def fail(self, fetch_id: UUID, lease: Lease, failure: Failure) -> Fetch:
        """See the port."""
        return self._end(fetch_id, lease, FetchStatus.ERROR, failure=failure)

    def postpone(self, fetch_id: UUID, lease: Lease, failure: Failure, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """See the port."""
        return self._put(
            replace(
                self._held(fetch_id, lease),
                status=FetchStatus.PENDING,
                not_before=self.clock() + timedelta(seconds=seconds),
                lease_until=None,
                waiting_for=waiting_for,
                failure=failure,
            ),
        )

    def hold_back(self, fetch_id: UUID, lease: Lease, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """See the port."""
        held = self._held(fetch_id, lease)
        before = replace(held, status=FetchStatus.PENDING, attempts=held.attempts - 1, lease_until=None)
        return self._put(replace(before, not_before=self.clock() + timedelta(seconds=seconds), waiting_for=waiting_for))

    def _end(self, fetch_id: UUID, lease: Lease, status: FetchStatus, **outcome: object) -> Fetch:
        fetch = self._held(fetch_id, lease)
        return self._put(replace(fetch, status=status, finished_at=self.clock(), lease_until=None, **outcome))  # type: ignore[arg-type]

    def _held(self, fetch_id: UUID, lease: Lease) -> Fetch:
        fetch = self.state.fetches.get(fetch_id)
        if fetch is None or fetch.status is not FetchStatus.RUNNING or self.state.tokens.get(fetch_id) != lease.token:
            raise LeaseLost
        return fetch

    def _put(self, fetch: Fetch) -> Fetch:
        self.state.fetches[fetch.id] = fetch
        return fetch


def _due_since(fetch: Fetch) -> datetime:
    return fetch.lease_until or fetch.not_before
