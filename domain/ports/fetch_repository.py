"""The repository of the fetches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.codes import DatasetCode
from domain.fetches import LEASE_SECONDS, Allowed, Failure, Fetch, FetchPage, FetchQuery, Lease, WaitingFor
from domain.series import TimeSeries
from domain.vintages import Vintage


class FetchRepository(Protocol):
    """The fetches; at most one of a series is pending or running."""

    def add_first(  # noqa: PLR0913 - what is known of the request
        self, provider: str, code: DatasetCode, *, allow: Allowed, request_id: str, batch: UUID | None = None, traceparent: str = ""
    ) -> tuple[TimeSeries, Fetch] | None:
        """Add a series with its first fetch; None if the series exists already, or its alias is taken."""
        ...

    def add(  # noqa: PLR0913 - what is known of the request
        self,
        series_id: UUID,
        *,
        allow: Allowed,
        request_id: str,
        at_once: bool = False,
        batch: UUID | None = None,
        traceparent: str = "",
    ) -> tuple[Fetch, bool]:
        """
        Add a requested fetch that is due now, or return the one in flight; and whether it is new.

        ``allow`` is added to a pending one; ``at_once`` makes one due that waits for a retry. A scheduled one is requested from now
        on, and due unless it waits for a retry: it asks its provider anew, before scheduled ones.

        Raises:
            SeriesNotFound: the series does not exist, or no longer.
            FetchAlreadyRunning: ``allow`` holds what a running one does not allow.

        """
        ...

    def add_scheduled(self, series_id: UUID, *, request_id: str, seconds: float) -> bool:
        """
        Add a fetch for a schedule that is due in so many seconds, unless one is in flight; return whether it was added.

        Raises:
            SeriesNotFound: the series does not exist, or no longer.

        """
        ...

    def get(self, fetch_id: UUID) -> Fetch:
        """
        Return the fetch with this id.

        Raises:
            FetchNotFound: none has this id.

        """
        ...

    def get_many(self, fetch_ids: Sequence[UUID]) -> Sequence[Fetch]:
        """Return the existing fetches among these ids, in any order."""
        ...

    def list(self, query: FetchQuery) -> FetchPage:
        """Return a page of the matching fetches, newest first."""
        ...

    def due(self, limit: int, lease_seconds: float = LEASE_SECONDS) -> Mapping[UUID, datetime]:
        """Return claimable fetches, requested ones before scheduled ones, then longest due first, each with when it became due."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next fetch becomes due that is not due yet."""
        ...

    def oldest_due(self, lease_seconds: float = LEASE_SECONDS) -> datetime | None:
        """Return since when the longest due fetch is due."""
        ...

    def claim(self, fetch_id: UUID, lease: Lease) -> tuple[Fetch, TimeSeries] | None:
        """
        Claim a due fetch under a lease and return it with its series: compare-and-set, so one of concurrent callers gets it.

        A fetch whose lease had expired counts one more crash.
        """
        ...

    def extend(self, fetch_id: UUID, lease: Lease) -> bool:
        """
        Renew a lease; return False if it is lost.

        Raises:
            FetchCancelled: the lease holds, but the fetch's cancellation was requested.

        """
        ...

    def cancel(self, fetch_id: UUID) -> Fetch:
        """
        Cancel a pending fetch, or request the cancellation of a running one; the caller has locked the series.

        Raises:
            FetchNotFound: none has this id.

        """
        ...

    def succeed(self, fetch_id: UUID, lease: Lease, vintages: Sequence[Vintage], *, left_out: Sequence[str] = ()) -> datetime:
        """
        Mark a running fetch as succeeded and return when that was.

        Raises:
            LeaseLost: the fetch is not held under this lease.
            FetchCancelled: the lease holds, but the fetch's cancellation was requested.

        """
        ...

    def fail(self, fetch_id: UUID, lease: Lease, failure: Failure) -> Fetch:
        """
        Mark a running fetch as failed, or as cancelled if that was requested; the caller has locked the series.

        Raises:
            LeaseLost: the fetch is not held under this lease.

        """
        ...

    def schedule_retry(self, fetch_id: UUID, lease: Lease, failure: Failure, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """Make a running fetch pending for a retry in so many seconds; cancels and raises like ``fail``."""
        ...

    def defer(self, fetch_id: UUID, lease: Lease, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """Make a running fetch pending without counting an attempt or changing its last error; cancels and raises like ``fail``."""
        ...

    def release(self, fetch_id: UUID, lease: Lease) -> Fetch:
        """Make a running fetch pending and due, as if it had not been claimed; cancels and raises like ``fail``."""
        ...

    def resume(self, providers: Collection[str], *, longer_than: float = 0.0) -> int:
        """Make fetches of these providers due that wait, for whatever reason, for more than so many seconds yet; return how many."""
        ...

    def prune(self, *, seconds: float, limit: int) -> int:
        """
        Remove at most ``limit`` fetches that ended longer ago than this, and return how many.

        Each series' newest fetch stays, and so do those that added a vintage or belong to a stored idempotent response.
        """
        ...
