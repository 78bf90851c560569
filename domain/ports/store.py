"""The store: units of work over its repositories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from domain.api_keys import ApiKey
from domain.codes import DatasetCode
from domain.fetches import LEASE_SECONDS, Allowed, Failure, Fetch, FetchPage, FetchQuery, IdempotencyKey, Lease, RequestRecord, WaitingFor
from domain.metrics import Counted, Metrics
from domain.observations import Label
from domain.ports.throttle import QuotaRepository, RateLimiter
from domain.series import Database, Metadata, MetadataEntry, SeriesPage, SeriesQuery, TimeSeries, Version
from domain.vintages import AsOf, Damage, FeedEntry, FirstKnown, LabelledState, NewState, Prepared, StoredVintage, Vintage
from domain.window import Confirmation


class SeriesRepository(Protocol):
    """The series."""

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        """Return the series of this identity, or None."""
        ...

    def get(self, series_id: UUID) -> TimeSeries:
        """
        Return a series with its metadata, newest vintage and newest fetch, as seen by this transaction.

        Raises:
            SeriesNotFound: none has this id.

        """
        ...

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        """
        Add the series of this identity, or return the existing one; concurrent callers get the same.

        The alias is the code's own or, if that is taken, it with a suffix ``_2``, ``_3`` … in order of creation.
        """
        ...

    def search(self, query: SeriesQuery) -> SeriesPage:
        """Return a page of the matching series in order of creation."""
        ...

    def count(self, query: SeriesQuery, *, most: int) -> int:
        """Return the number of all matching series, at most ``most``."""
        ...

    def databases(self) -> Sequence[Database]:
        """Return the database codes of the stored series, in alphabetical order."""
        ...

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        """Return the metadata known at a moment, or the first ones if it is earlier."""
        ...

    def metadata_history(self, series_id: UUID) -> Sequence[MetadataEntry]:
        """Return all metadata that were recorded, oldest first."""
        ...

    def lock(self, series_id: UUID) -> None:
        """Lock a series against other writers of its vintages until this unit of work ends; it need not exist any more."""
        ...

    def remove(self, series_id: UUID) -> None:
        """
        Remove a series with its vintages and fetches; workers on its fetches lose their leases.

        Raises:
            SeriesNotFound: none has this id, or no longer.

        """
        ...

    def record_fetch(
        self, series: TimeSeries, metadata: Metadata, confirmed: Confirmation | None = None, *, known_at: datetime | None = None
    ) -> None:
        """
        Record a successful fetch and what it confirmed; append ``metadata`` to their history if they differ.

        Args:
            series: as read under its lock.
            known_at: since when the metadata are known: when the vintage they came with was fetched, by default now.

        """
        ...


class VintageRepository(Protocol):
    """The vintages of the series; insert-only."""

    def prepare(self, series: TimeSeries, states: Sequence[NewState]) -> Prepared:
        """Prepare states for appending in this order: all work that needs no lock."""
        ...

    def append(self, series_id: UUID, prepared: Prepared) -> bool:
        """Append what was prepared and return True, or False if other vintages were added since; the caller has locked the series."""
        ...

    def list(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        """Return the vintages numbered above ``after``, without observations, in order of arrival."""
        ...

    def feed(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        """
        Return the vintages of all series recorded after a position, oldest first.

        Positions grow in the order of commits: after one has been seen, no smaller one appears.
        """
        ...

    def verify(self, series_id: UUID) -> Sequence[Damage]:
        """Read every vintage of a series back, and return those that differ from what was written."""
        ...

    def labels(self, series_id: UUID) -> Mapping[Label, LabelledState]:
        """Return the last stored state of each of the provider's labels."""
        ...

    def find(self, series_id: UUID, moment: AsOf) -> StoredVintage | None:
        """
        Return the last vintage in knowledge order, (known_at, number), that the moment admits.

        Raises:
            DamagedVintage: its stored bytes do not match their checksum, or are missing.

        """
        ...

    def first_known(self, series_id: UUID) -> FirstKnown | None:
        """Return when the series was first known and first fetched; None if there is no vintage."""
        ...


class FetchRepository(Protocol):
    """The fetches; at most one of a series is pending or running."""

    def add_first(self, provider: str, code: DatasetCode, *, allow: Allowed, request_id: str) -> tuple[TimeSeries, Fetch] | None:
        """Add a series with its first fetch; None if the series exists already, or its alias is taken."""
        ...

    def add(self, series_id: UUID, *, allow: Allowed, request_id: str, at_once: bool = False) -> tuple[Fetch, bool]:
        """
        Add a pending fetch that is due now, or return the one in flight; and whether it is new.

        ``allow`` is added to a pending one; ``at_once`` makes one due that waits for a retry.

        Raises:
            SeriesNotFound: the series does not exist, or no longer.
            FetchAlreadyRunning: ``allow`` holds what a running one does not allow.

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
        """Return claimable fetches, longest due first, each with the moment since which it is due."""
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

    def prune(self, *, seconds: float, limit: int) -> int:
        """
        Remove at most ``limit`` fetches that ended longer ago than this, and return how many.

        Each series' newest fetch stays, and so do those that added a vintage or belong to a stored idempotent response.
        """
        ...


class RequestRepository(Protocol):
    """The responses to requests with an idempotency key, so that a repeated request gets the same one."""

    def begin(self, key: IdempotencyKey) -> RequestRecord | None:
        """
        Return the response stored under this key, or None and block others with the same key until this unit of work ends.

        Raises:
            IdempotencyKeyReused: the key was used with a different request.

        """
        ...

    def remember(self, key: IdempotencyKey, answered: RequestRecord) -> None:
        """Store the response to a request after ``begin``; it is removed with its series."""
        ...

    def forget(self, *, seconds: float, limit: int) -> int:
        """Delete at most ``limit`` responses older than this, and return how many."""
        ...


class MetricsRepository(Protocol):
    """Heartbeats of the workers and event counters."""

    def heartbeat(self, worker: str) -> None:
        """Record a worker's heartbeat; forget workers that have been silent for a day."""
        ...

    def workers(self, seconds: float) -> int:
        """Return how many workers have sent a heartbeat within so many seconds."""
        ...

    def count(self, what: Counted, times: int = 1) -> None:
        """Add to an event's counter."""
        ...

    def all(self) -> Metrics:
        """Return the current metrics."""
        ...


class KeyRepository(Protocol):
    """The API keys."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        ...

    def get(self, key_id: str) -> ApiKey:
        """
        Return a key, active or not.

        Raises:
            KeyNotFound: none has this id.

        """
        ...

    def all(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        ...

    def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key, unless it is revoked already; raises like ``get``."""
        ...


class UnitOfWork(Protocol):
    """
    One transaction over the repositories and the limits; leaving it without ``commit`` rolls it back.

    Raises:
        StoreUnavailable: on entering or at any call, if the store cannot be reached.

    """

    @property
    def series(self) -> SeriesRepository: ...

    @property
    def vintages(self) -> VintageRepository: ...

    @property
    def fetches(self) -> FetchRepository: ...

    @property
    def rate_limiter(self) -> RateLimiter: ...

    @property
    def requests(self) -> RequestRepository: ...

    @property
    def quotas(self) -> QuotaRepository: ...

    @property
    def metrics(self) -> MetricsRepository: ...

    @property
    def keys(self) -> KeyRepository: ...

    def now(self) -> datetime:
        """Return the time by the store's clock."""
        ...

    def commit(self, *, lasting: bool = True) -> None:
        """
        Commit; the unit of work ends with it.

        A commit that is not ``lasting`` may be lost if the database or its machine crashes within a second; a later
        lasting commit makes it lasting, too.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Store(Protocol):
    """The store of all data."""

    def reading(self) -> UnitOfWork:
        """Return a read-only unit of work over one consistent snapshot."""
        ...

    def writing(self) -> UnitOfWork:
        """Return a unit of work that may write; on SQLite it holds the write lock from its beginning."""
        ...

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        """
        Return what identifies the current state of a series, and the time by the store's clock.

        It is read before every response, so it must cost a fraction of a unit of work.

        Raises:
            SeriesNotFound: none has this id.

        """
        ...

    def check(self) -> None:
        """
        Check that the store can be read and has the schema that this code works with.

        Raises:
            StoreUnavailable: it cannot be reached.
            SchemaMismatch: its schema is older or newer, or is missing.

        """
        ...
