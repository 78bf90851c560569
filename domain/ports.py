"""
What the use cases need from outside, in their own words.

Every port has an adapter in memory that ships, and one contract suite in ``tests/contracts`` that all its adapters pass.
Adapters raise the errors of ``domain.errors`` and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable
from uuid import UUID

from domain.api_keys import ApiKey
from domain.codes import DatasetCode
from domain.fetches import LEASE_SECONDS, Answered, Failure, Fetch, FetchPage, FetchQuery, IdempotencyKey, Lease, WaitingFor
from domain.metrics import Counted, Metrics
from domain.observations import Label, Observations
from domain.providers import Finding, Limit, Provider
from domain.series import Database, Metadata, SeriesPage, SeriesQuery, TimeSeries, Version
from domain.throttling import Budget, Call, Denied, LimiterState, Permit
from domain.vintages import AsOf, Damage, FeedEntry, FirstKnown, NewState, Origin, Prepared, StoredVintage, Vintage
from domain.window import Confirmation, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorState:
    """
    What is kept of a series when its source is asked again; no vintage at all where the whole is wanted.

    Attributes:
        validators: what the source gave with the answer that confirmed ``newest``: an ETag, a date of change.

    """

    newest: Vintage | None
    validators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """
    What a source sent of one series.

    Attributes:
        vintages: (the provider's label or None, the state), oldest first, at least one.
        left_out: names of columns that are not numbers.
        covers: the window of which an only state without a label speaks; None if it is the whole series.
        validators: by which the source will know, when it is asked again, that nothing has changed.
        not_modified: whether the source says that nothing has; then there are no vintages.

    """

    metadata: Metadata
    vintages: Sequence[tuple[Label | None, Observations]]
    origin: Origin
    left_out: tuple[str, ...] = ()
    covers: Window | None = None
    validators: Mapping[str, str] = field(default_factory=dict)
    not_modified: bool = False

    @classmethod
    def unchanged(cls, origin: Origin, validators: Mapping[str, str]) -> Self:
        """Say that ``known`` is still the newest state, and what is known about the series still true."""
        return cls(metadata=Metadata(), vintages=(), origin=origin, validators=validators, not_modified=True)


class DataSource(Protocol):
    """Speaks to one provider."""

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """
        Ask the provider for a series: in whole, or for what may differ from ``known``; in whole if nothing is known.

        Called by many threads at once, and outside any transaction. The code is valid by the domain's pattern; a
        source checks its provider's stricter one and raises ``DatasetNotFound`` where it cannot name anything there.

        Raises:
            FetchError: a subclass that names what went wrong; nothing else.

        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """
    A provider's answer as it came over the wire, decoded of any content coding.

    Attributes:
        headers: by lower-case name.
        options: how to read it, where the source ``ReadsFiles``; values as JSON has them.

    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSeries:
    """One series found in an answer."""

    code: DatasetCode
    metadata: Metadata
    vintages: Sequence[tuple[Label | None, Observations]]
    left_out: tuple[str, ...] = ()


@runtime_checkable
class ParsesResponses(Protocol):
    """What a data source can do besides, where its provider's answers can be recorded."""

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """
        Read an answer as ``fetch`` would.

        Args:
            code: the series wanted, or None for every series in the answer.

        Raises:
            FetchError: as ``fetch``; ``AnswerNotUnderstood`` names the codes where one code cannot tell several
                series apart.

        """
        ...


@runtime_checkable
class ReadsFiles(ParsesResponses, Protocol):
    """Implemented by sources of files, whose forms are not agreed with any provider: options of an answer say how to read it."""

    file_options: Collection[str]


class Providers(Protocol):
    """The providers there are."""

    def all(self) -> Sequence[Provider]:
        """Give every provider, by name; opens none."""
        ...

    def get(self, name: str) -> Provider:
        """
        Give one provider's facts; opens nothing.

        Raises:
            UnknownProvider: there is none of this name.

        """
        ...

    def offline_source(self, name: str) -> DataSource:
        """
        Give a provider's source to read recorded answers with, also where it cannot be asked for want of a key.

        Raises:
            UnknownProvider, ProviderNotConfigured: as ``source``, the latter only if it cannot be opened at all.

        """
        ...

    def source(self, name: str) -> DataSource:
        """
        Give a provider's source, opened on first use and then shared.

        Raises:
            UnknownProvider: there is none of this name.
            ProviderNotConfigured: it cannot be asked; the message names the variable to set.

        """
        ...

    def abort_calls(self) -> None:
        """End every call to a provider with ThrottledLocally, and begin no other: what remains of a stop's time is not theirs."""
        ...

    def code_from_alias(self, name: str, alias: DatasetCode) -> DatasetCode | None:
        """Give the code that a provider would have under an alias which no series holds yet; None if it cannot tell."""
        ...


class ConformanceChecks(Protocol):
    """The rules that every provider keeps."""

    def run_conformance(self, name: str, *, online: bool = False) -> Sequence[Finding]:
        """
        Check a provider against the rules that need no payload; online, ask it for its example too.

        Raises:
            UnknownProvider: there is none of this name.

        """
        ...


class SeriesRepository(Protocol):
    """The series."""

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        """Give the series of this identity, or None."""
        ...

    def get(self, series_id: UUID) -> TimeSeries:
        """
        Give a series with its metadata, newest vintage and newest fetch as they are in this transaction.

        Raises:
            SeriesNotFound: none has this id.

        """
        ...

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        """
        Add the series of this identity, or give the one there is: two callers at once get the same.

        The alias is the code's own or, where that is taken, the code's with ``_2``, ``_3`` … in order of creation.
        """
        ...

    def search(self, query: SeriesQuery) -> SeriesPage:
        """Give the matching series in order of creation."""
        ...

    def count(self, query: SeriesQuery, *, most: int) -> int:
        """Count the matching series, wherever the page begins, but never beyond ``most``."""
        ...

    def databases(self) -> Sequence[Database]:
        """Give the database codes under which series are kept, in alphabetical order."""
        ...

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        """Give the metadata as they were known at a moment, or the first ones if it is earlier."""
        ...

    def lock(self, series_id: UUID) -> None:
        """Keep every other writer of a series' vintages away until this unit of work ends; none has to have this id any more."""
        ...

    def remove(self, series_id: UUID) -> None:
        """
        Remove a series with its vintages and fetches; whoever works on one of them finds its lease lost.

        Raises:
            SeriesNotFound: none has this id (any more).

        """
        ...

    def checked(
        self, series: TimeSeries, metadata: Metadata, confirmed: Confirmation | None = None, *, known_at: datetime | None = None
    ) -> None:
        """
        Note that a fetch ended well just now, and what it confirmed; append ``metadata`` to their history where they differ.

        Args:
            series: as it stands, for whoever may end its fetch.
            known_at: since when they are known, by default now: those that came with a vintage are as old as it.

        """
        ...


class VintageRepository(Protocol):
    """The vintages of the series; insert only."""

    def prepare(self, series: TimeSeries, arrivals: Sequence[NewState]) -> Prepared:
        """Make ready to append states in this order, numbered on: all the work that no other writer has to wait for."""
        ...

    def append(self, series_id: UUID, prepared: Prepared) -> bool:
        """Append what was prepared, or tell that it is out of date by vintages added since; the series is locked by the caller."""
        ...

    def listed(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        """Give the facts about the vintages numbered above ``after``, in order of arrival."""
        ...

    def feed(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        """
        Give the vintages of all series recorded after a position, oldest first.

        Positions grow in the order of commits: once one has been seen, no smaller one appears.
        """
        ...

    def damage(self, series_id: UUID) -> Sequence[Damage]:
        """Read every vintage of a series back, and tell which do not hold what was written."""
        ...

    def labels(self, series_id: UUID) -> Mapping[Label, str]:
        """Give for each provider's label the digest of its highest-numbered vintage."""
        ...

    def find(self, series_id: UUID, moment: AsOf) -> StoredVintage | None:
        """
        Give the greatest vintage in knowledge order, (known_at, number), that the moment admits.

        Raises:
            DamagedVintage: its stored bytes do not match their checksum.

        """
        ...

    def beginning(self, series_id: UUID) -> FirstKnown | None:
        """Tell when the series was first known and first seen; None if there is no vintage."""
        ...


class FetchRepository(Protocol):
    """The fetches; at most one of a series is pending or running."""

    def add_first(self, provider: str, code: DatasetCode, *, allow_shrink: bool, request_id: str) -> tuple[TimeSeries, Fetch] | None:
        """Add a series, and its first fetch as ``add`` would; None where the series is there already, or another has its alias."""
        ...

    def add(self, series_id: UUID, *, allow_shrink: bool, request_id: str, at_once: bool = False) -> tuple[Fetch, bool]:
        """
        Add a pending fetch that is due now and tell that it is new, or give the one in flight.

        ``allow_shrink`` is added to a pending one; ``at_once`` makes one due that only waits to be tried again.

        Raises:
            SeriesNotFound: the series is not there (any more).
            FetchAlreadyRunning: ``allow_shrink`` is asked of a running one that has it not.

        """
        ...

    def get(self, fetch_id: UUID) -> Fetch:
        """
        Give a fetch.

        Raises:
            FetchNotFound: none has this id.

        """
        ...

    def those(self, fetch_ids: Sequence[UUID]) -> Sequence[Fetch]:
        """Give the fetches of these ids that are there, in any order."""
        ...

    def listed(self, query: FetchQuery) -> FetchPage:
        """Give the matching fetches, newest first."""
        ...

    def due(self, limit: int, lease_seconds: float = LEASE_SECONDS) -> Mapping[UUID, datetime]:
        """Give fetches that a worker may begin, longest due first, each with the moment since which it is due."""
        ...

    def next_due(self) -> datetime | None:
        """Tell when the next fetch that is not due yet ends its waiting."""
        ...

    def oldest_due(self, lease_seconds: float = LEASE_SECONDS) -> datetime | None:
        """Tell since when the fetch that is longest due could have been begun."""
        ...

    def claim(self, fetch_id: UUID, lease: Lease) -> tuple[Fetch, TimeSeries] | None:
        """
        Begin a due fetch under a lease, and give its series too: compare and set, so that of any number of callers one gets it.

        A fetch taken over from a lost worker counts one more crash.
        """
        ...

    def extend(self, fetch_id: UUID, lease: Lease) -> bool:
        """
        Renew a lease; False if it is lost.

        Raises:
            FetchCancelled: the lease holds, but the fetch's cancellation was requested.

        """
        ...

    def cancel(self, fetch_id: UUID) -> Fetch:
        """
        End a pending fetch as cancelled, and ask whoever holds a running one to do so; the series is locked by the caller.

        Raises:
            FetchNotFound: none has this id.

        """
        ...

    def succeed(self, fetch_id: UUID, lease: Lease, vintages: Sequence[Vintage], *, left_out: Sequence[str] = ()) -> datetime:
        """
        End a running fetch well, and tell when that was.

        Raises:
            LeaseLost: the lease is not the one that holds it.
            FetchCancelled: the lease holds, but the fetch's cancellation was requested.

        """
        ...

    def fail(self, fetch_id: UUID, lease: Lease, failure: Failure) -> Fetch:
        """
        End a running fetch with an error, or as cancelled if that was requested; the series is locked by the caller, as for ``succeed``.

        Raises:
            LeaseLost: the lease is not the one that holds it.

        """
        ...

    def schedule_retry(self, fetch_id: UUID, lease: Lease, failure: Failure, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """Make a running fetch pending again, not to be begun before so many seconds; ends and raises as ``fail``."""
        ...

    def defer(self, fetch_id: UUID, lease: Lease, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """Make a running fetch pending as before it was begun: no attempt is counted, its last error stays; ends and raises as ``fail``."""
        ...

    def release(self, fetch_id: UUID, lease: Lease) -> Fetch:
        """Give a running fetch back as if this attempt had not been begun; ends and raises as ``fail``."""
        ...

    def prune(self, *, seconds: float, limit: int) -> int:
        """
        Remove fetches that ended longer ago than this, at most so many, and tell how many.

        What stays: each series' newest, those that added a vintage, and those that a remembered request led to.
        """
        ...


class RequestRepository(Protocol):
    """The answers given to requests that came with a key, so that a repeated one gets the same."""

    def begin(self, key: IdempotencyKey) -> Answered | None:
        """
        Give what was answered to this request, or None and keep others with the same key waiting until this unit of work ends.

        Raises:
            IdempotencyKeyReused: the key came with another request.

        """
        ...

    def remember(self, key: IdempotencyKey, answered: Answered) -> None:
        """Keep the answer to a request that was begun; it goes with its series."""
        ...

    def forget(self, *, seconds: float, limit: int) -> int:
        """Forget answers older than this, at most so many, and tell how many."""
        ...


class QuotaRepository(Protocol):
    """How much of what clients may ask for they have used, whichever process they ask."""

    def take(self, client: str, limits: Sequence[Limit]) -> float:
        """Take one of each limit and return 0, or take none and return for how many seconds there is none; others wait meanwhile."""
        ...

    def forget(self, limit: int) -> int:
        """Forget quotas that are whole again, at most so many, and return how many."""
        ...


class MetricsRepository(Protocol):
    """Signs of life of the workers, and counts of what happened; neither waits for anybody else's work."""

    def beat(self, worker: str) -> None:
        """Note that a worker lives; forget those that have been silent for a day."""
        ...

    def workers(self, seconds: float) -> int:
        """Tell how many workers have given a sign of life within so many seconds."""
        ...

    def count(self, what: Counted, times: int = 1) -> None:
        """Count that something happened."""
        ...

    def all(self) -> Metrics:
        """Give the figures as they are now."""
        ...


class RateLimiter(Protocol):
    """
    The limits of the providers, shared by all workers; a fetch is locked before a budget, never after it.

    Whatever one unit of work did counts for the others once it is committed.
    """

    def acquire(self, budget: Budget, call: Call) -> Permit | Denied:
        """Take a permit for one call, or a place in the line of those who were refused."""
        ...

    def refusal(self, budget: Budget, holder: UUID) -> Denied | None:
        """Tell whether a fetch whose permit was for a later moment must not call after all."""
        ...

    def blocked(self, budget: Budget, seconds: float) -> Denied:
        """Have no call start for so many seconds, as the provider asked; gives a place in line to the fetch that was told."""
        ...

    def failed(self, budget: Budget, holder: UUID) -> None:
        """Count a call that got no answer; many in a row open the circuit."""
        ...

    def succeeded(self, budget: Budget) -> None:
        """Note an answer of whatever kind, which closes the circuit."""
        ...

    def standing(self, budget: Budget) -> LimiterState:
        """Tell how things stand."""
        ...


class KeyRepository(Protocol):
    """The API keys."""

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    def get(self, key_id: str) -> ApiKey:
        """
        Give a key, good or not.

        Raises:
            KeyNotFound: none has this id.

        """
        ...

    def all(self) -> Sequence[ApiKey]:
        """Give all keys, oldest first."""
        ...

    def revoke(self, key_id: str) -> ApiKey:
        """Note that a key is no longer good, unless that is noted already; raises as ``get``."""
        ...


class UnitOfWork(Protocol):
    """
    One transaction over the repositories and the limits; leaving it without ``commit`` forgets what it did.

    Raises:
        StoreUnavailable: on entering or at any call, if the store cannot be reached.

    """

    @property
    def series(self) -> SeriesRepository:
        """The series."""
        ...

    @property
    def vintages(self) -> VintageRepository:
        """The vintages."""
        ...

    @property
    def fetches(self) -> FetchRepository:
        """The fetches."""
        ...

    @property
    def limits(self) -> RateLimiter:
        """The limits of the providers."""
        ...

    @property
    def requests(self) -> RequestRepository:
        """The answers to requests with a key."""
        ...

    @property
    def quotas(self) -> QuotaRepository:
        """The quotas of clients."""
        ...

    @property
    def figures(self) -> MetricsRepository:
        """The figures."""
        ...

    @property
    def keys(self) -> KeyRepository:
        """The API keys."""
        ...

    def now(self) -> datetime:
        """Tell the time by the store's clock."""
        ...

    def commit(self, *, lasting: bool = True) -> None:
        """
        Make it last; the unit of work ends with it.

        What is not ``lasting`` may be as if it had not been where the database or its machine crashes within a second; whatever is made
        to last afterwards makes it last, too.
        """
        ...

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Forget whatever was not committed."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def reading(self) -> UnitOfWork:
        """Give a unit of work that sees one consistent state and writes nothing."""
        ...

    def writing(self) -> UnitOfWork:
        """Give a unit of work that may write; on SQLite it holds the only writer's place from its beginning."""
        ...

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        """
        Tell whether what was read of a series still holds, and the time by the store's clock.

        It is asked before every answer, and so takes a fraction of what a unit of work takes.

        Raises:
            SeriesNotFound: none has this id.

        """
        ...

    def check(self) -> None:
        """
        Make sure that the store can be read and has the schema this code works with.

        Raises:
            StoreUnavailable: it cannot be reached.
            SchemaMismatch: its schema is older or newer, or is missing.

        """
        ...


class Dispatcher(Protocol):
    """Tells the workers that there is work. A doorbell: losing a ring costs delay, never a fetch."""

    def notify(self, fetch_id: UUID) -> None:
        """Say that a committed fetch is due; neither waits nor raises."""
        ...

    @property
    def broker_reachable(self) -> bool | None:
        """Tell whether the last ring reached the broker; None if none has been tried, or there is no broker."""
        ...
