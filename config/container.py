"""The container: settings → adapters → use cases."""

from __future__ import annotations

from threading import Event

from dependency_injector.providers import Object
from dependency_injector.providers import ThreadSafeSingleton as Singleton

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import NullDispatcher
from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from config.later import later
from config.settings import Settings
from config.use_cases import lazy_use_cases
from domain.fetches import RetryPolicy
from domain.fetching.freshness import Freshness
from domain.fetching.provider_throttle import ProviderThrottle
from domain.providers import Routing


class Container:
    """
    The singletons of a process, each built on its first call; ``override`` replaces one, such as by a fake.

    Args:
        part: ``api`` or ``worker``: whose statement timeout applies.

    """

    def __init__(self, settings: Settings, *, part: str = "worker") -> None:
        seconds = settings.api_statement_seconds if part == "api" else settings.worker_statement_seconds
        self.settings = Object(settings)
        self.engine = Singleton(open_engine, settings.database, schema=settings.database_schema, statement_seconds=seconds)
        self.store = Singleton(SqlStore, self.engine)
        self.calls = Singleton(ProviderThrottle, store=self.store, concurrency=settings.concurrency)
        self.data_sources = Singleton(
            later("adapters.provider_kit.registry.installed.InstalledProviders"),
            settings.providers,
            deadline_seconds=settings.fetch_deadline_seconds,
            before_call=self.calls.provided.before_each,
            memory_bytes=settings.worker_memory,
        )
        self.conformance = Singleton(later("adapters.provider_kit.conformance.report.ConformanceReports"), self.data_sources)
        self.dispatcher = Singleton(NullDispatcher) if settings.embedded else Singleton(CeleryDispatcher, settings.broker_url)
        self.routing = Singleton(Routing, settings.routes, settings.default_provider, prefer_default=settings.prefers_default)
        self.freshness = Singleton(Freshness, self.data_sources, settings.max_age)
        self.retry = Singleton(RetryPolicy, settings.retry_for_seconds)
        #: Set when the process is to stop, so that nothing waits any longer.
        self.stopping = Singleton(Event)
        self.use_cases = Singleton(lazy_use_cases, self)
