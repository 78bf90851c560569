"""The store in memory and its unit of work."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Self
from uuid import UUID

from adapters.memory.calendar_repository import MemoryCalendarRepository
from adapters.memory.equivalence_repository import MemoryEquivalenceRepository
from adapters.memory.fetch_repository import MemoryFetchRepository
from adapters.memory.formula_repository import MemoryFormulaRepository
from adapters.memory.key_repository import MemoryKeyRepository
from adapters.memory.metrics_repository import MemoryMetricsRepository
from adapters.memory.panel_repository import MemoryPanelRepository
from adapters.memory.quota_repository import MemoryQuotaRepository
from adapters.memory.rate_limiter import MemoryRateLimiter
from adapters.memory.release_repository import MemoryReleaseRepository
from adapters.memory.request_repository import MemoryRequestRepository
from adapters.memory.schedule_repository import MemoryScheduleRepository
from adapters.memory.series_repository import MemorySeriesRepository
from adapters.memory.sighting_repository import MemorySightingRepository
from adapters.memory.splice_repository import MemorySpliceRepository
from adapters.memory.state import Clock, State
from adapters.memory.vintage_repository import MemoryVintageRepository
from adapters.memory.webhook_repository import MemoryWebhookRepository
from domain.series import Version


def utc_now() -> datetime:
    """Return this machine's time in UTC."""
    return datetime.now(UTC)


class MemoryStore:
    """Holds one state; a writing unit of work replaces it on commit."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.state = State()
        self.writer = Lock()

    def reading(self) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(self, writes=False)

    def writing(self) -> MemoryUnitOfWork:
        """Return a unit of work that blocks other writers."""
        return MemoryUnitOfWork(self, writes=True)

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        with self.reading() as uow:
            series, state = uow.series.get(series_id), self.state
        version = Version(
            provider=series.provider,
            vintages=len(state.vintages.get(series_id, ())),
            entry=len(state.descriptions.get(series_id, ())),
            frequency=series.frequency,
            checked_at=series.checked_at,
            status_at_source=series.at_source.status,
            status_since=series.at_source.since,
            replaced_by=series.at_source.replaced_by,
            rules=len(state.splices.get(series_id, ())),
        )
        return version, self.clock()

    def check(self) -> None:
        """Do nothing: memory is always available."""


class MemoryUnitOfWork:
    """Works on a copy of the state, which is discarded unless committed."""

    series: MemorySeriesRepository
    vintages: MemoryVintageRepository
    fetches: MemoryFetchRepository
    requests: MemoryRequestRepository
    metrics: MemoryMetricsRepository
    keys: MemoryKeyRepository
    quotas: MemoryQuotaRepository
    rate_limiter: MemoryRateLimiter
    schedules: MemoryScheduleRepository
    formulas: MemoryFormulaRepository
    equivalences: MemoryEquivalenceRepository
    splices: MemorySpliceRepository
    webhooks: MemoryWebhookRepository
    calendars: MemoryCalendarRepository
    releases: MemoryReleaseRepository
    panels: MemoryPanelRepository
    sightings: MemorySightingRepository

    def __init__(self, store: MemoryStore, *, writes: bool) -> None:
        self._store, self._writes = store, writes

    def now(self) -> datetime:
        return self._store.clock()

    def commit(self, *, lasting: bool = True) -> None:  # noqa: ARG002 - memory is not durable
        self._store.state = self._state

    def __enter__(self) -> Self:
        if self._writes:
            self._store.writer.acquire()
        self._state = self._store.state.copy()
        self.series = MemorySeriesRepository(self._state, self._store.clock)
        self.vintages = MemoryVintageRepository(self._state)
        self.fetches = MemoryFetchRepository(self._state, self._store.clock)
        self.requests = MemoryRequestRepository(self._state, self._store.clock)
        self.metrics = MemoryMetricsRepository(self._state, self._store.clock)
        self.keys = MemoryKeyRepository(self._state, self._store.clock)
        self.quotas = MemoryQuotaRepository(self._state, self._store.clock)
        self.rate_limiter = MemoryRateLimiter(self._state, self._store.clock)
        self.schedules = MemoryScheduleRepository(self._state, self._store.clock)
        self.formulas = MemoryFormulaRepository(self._state, self._store.clock)
        self.equivalences = MemoryEquivalenceRepository(self._state)
        self.splices = MemorySpliceRepository(self._state)
        self.webhooks = MemoryWebhookRepository(self._state, self._store.clock)
        self.calendars = MemoryCalendarRepository(self._state)
        self.releases = MemoryReleaseRepository(self._state)
        self.panels = MemoryPanelRepository(self._state)
        self.sightings = MemorySightingRepository(self._state)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._writes:
            self._store.writer.release()
