"""The SQL store and its unit of work."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy import Engine

from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.postgres.version_reader import VersionReader
from adapters.sql.repositories.api_keys import SqlKeyRepository
from adapters.sql.repositories.calendars import SqlCalendarRepository
from adapters.sql.repositories.equivalences import SqlEquivalenceRepository
from adapters.sql.repositories.fetches import SqlFetchRepository
from adapters.sql.repositories.formulas import SqlFormulaRepository
from adapters.sql.repositories.metrics import SqlMetricsRepository
from adapters.sql.repositories.panels import SqlPanelRepository
from adapters.sql.repositories.quotas import SqlQuotaRepository
from adapters.sql.repositories.releases import SqlReleaseRepository
from adapters.sql.repositories.requests import SqlRequestRepository
from adapters.sql.repositories.schedules import SqlScheduleRepository
from adapters.sql.repositories.series import SqlSeriesRepository
from adapters.sql.repositories.sightings import SqlSightingRepository
from adapters.sql.repositories.splices import SqlSpliceRepository
from adapters.sql.repositories.throttle import SqlRateLimiter
from adapters.sql.repositories.vintages import SqlVintageRepository
from adapters.sql.repositories.webhooks import SqlWebhookRepository
from adapters.sql.schema import require, revision
from adapters.sql.transaction import Clock, ServerClock, Transaction, open_transaction, utc_now
from domain.series import Version


class SqlStore:
    """
    Stores all data in a database.

    Attributes:
        clock: by default the database server's, on SQLite this machine's.
        server: the last reading of the server's clock.

    """

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self.engine = engine
        self.clock = clock if clock or engine.dialect.name == "postgresql" else utc_now
        self.server = ServerClock()

    def reading(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self, writes=False)

    def writing(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self, writes=True)

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        return self._version_reader.version(series_id)

    @cached_property
    def _version_reader(self) -> VersionReader:
        return VersionReader(self.engine, self.clock)

    def check(self) -> None:
        with self.reading() as uow, wrap_driver_errors(self.engine):
            found = revision(uow.transaction.connection)
        require(found, self.engine)


class SqlUnitOfWork:
    """One transaction on one connection of the pool."""

    transaction: Transaction
    series: SqlSeriesRepository
    vintages: SqlVintageRepository
    fetches: SqlFetchRepository
    requests: SqlRequestRepository
    metrics: SqlMetricsRepository
    keys: SqlKeyRepository
    quotas: SqlQuotaRepository
    rate_limiter: SqlRateLimiter
    schedules: SqlScheduleRepository
    formulas: SqlFormulaRepository
    equivalences: SqlEquivalenceRepository
    splices: SqlSpliceRepository
    webhooks: SqlWebhookRepository
    calendars: SqlCalendarRepository
    releases: SqlReleaseRepository
    panels: SqlPanelRepository
    sightings: SqlSightingRepository

    def __init__(self, store: SqlStore, *, writes: bool) -> None:
        self._store, self._writes = store, writes
        self._read_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time; a reading unit of work has one time, as it has one snapshot."""
        if self._writes:
            return self.transaction.time()
        if self._read_at is None:
            self._read_at = self.transaction.recent_time()
        return self._read_at

    def commit(self, *, lasting: bool = True) -> None:
        self.transaction.commit(lasting=lasting)

    def __enter__(self) -> Self:
        with ExitStack() as undone:
            self.transaction = self._begin(undone)
            self._opened = undone.pop_all()
        self.vintages = SqlVintageRepository(self.transaction)
        self.series = SqlSeriesRepository(self.transaction, self.vintages.last)
        self.fetches = SqlFetchRepository(self.transaction, self.vintages.last)
        self.requests = SqlRequestRepository(self.transaction)
        self.metrics = SqlMetricsRepository(self.transaction)
        self.keys = SqlKeyRepository(self.transaction)
        self.quotas = SqlQuotaRepository(self.transaction)
        self.rate_limiter = SqlRateLimiter(self.transaction)
        self.schedules = SqlScheduleRepository(self.transaction)
        self.formulas = SqlFormulaRepository(self.transaction)
        self.equivalences = SqlEquivalenceRepository(self.transaction)
        self.splices = SqlSpliceRepository(self.transaction)
        self.webhooks = SqlWebhookRepository(self.transaction)
        self.calendars = SqlCalendarRepository(self.transaction)
        self.releases = SqlReleaseRepository(self.transaction)
        self.panels = SqlPanelRepository(self.transaction)
        self.sightings = SqlSightingRepository(self.transaction)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._opened.close()

    def _begin(self, undone: ExitStack) -> Transaction:
        store = self._store
        return undone.enter_context(open_transaction(store.engine, store.clock, store.server, writes=self._writes))
