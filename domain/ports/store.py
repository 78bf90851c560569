"""The store: units of work, the smaller repositories, and all that one transaction reaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from domain.api_keys import ApiKey
from domain.fetches import IdempotencyKey, RequestRecord
from domain.metrics import Counted, FetchDurations, Metrics
from domain.ports.calendars import CalendarRepository
from domain.ports.equivalence_repository import EquivalenceRepository
from domain.ports.fetch_repository import FetchRepository
from domain.ports.formula_repository import FormulaRepository
from domain.ports.release_repository import ReleaseRepository
from domain.ports.schedule_repository import ScheduleRepository
from domain.ports.series_repository import SeriesRepository
from domain.ports.sighting_repository import SightingRepository
from domain.ports.splice_repository import SpliceRepository
from domain.ports.throttle import QuotaRepository, RateLimiter
from domain.ports.vintage_repository import VintageRepository
from domain.ports.webhook_repository import WebhookRepository
from domain.series import Version


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
    """Heartbeats of the workers, event counters and durations."""

    def heartbeat(self, worker: str, *, consumes: bool = True) -> None:
        """Record a worker's heartbeat, and whether it receives messages; forget workers that have been silent for a day."""
        ...

    def workers(self, seconds: float) -> tuple[int, int]:
        """Return how many workers have sent a heartbeat within so many seconds, and how many of them receive messages."""
        ...

    def count(self, what: Counted, times: int = 1) -> None:
        """Add to an event's counter."""
        ...

    def add_durations(self, taken: FetchDurations) -> None:
        """Add to how long fetches have taken."""
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


class PanelRepository(Protocol):
    """The panels that were asked for in a body, by the SHA-256 of their pinned query."""

    def keep(self, digest: str, body: bytes) -> None:
        """Store a pinned query, unless it is there already."""
        ...

    def find(self, digest: str) -> bytes | None:
        """Return the query of this digest, or None."""
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
    def schedules(self) -> ScheduleRepository: ...

    @property
    def formulas(self) -> FormulaRepository: ...

    @property
    def equivalences(self) -> EquivalenceRepository: ...

    @property
    def splices(self) -> SpliceRepository: ...

    @property
    def webhooks(self) -> WebhookRepository: ...

    @property
    def calendars(self) -> CalendarRepository: ...

    @property
    def releases(self) -> ReleaseRepository: ...

    @property
    def panels(self) -> PanelRepository: ...

    @property
    def sightings(self) -> SightingRepository: ...

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
