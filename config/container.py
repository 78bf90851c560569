"""The container: settings → adapters → use cases."""

from __future__ import annotations

from threading import Event

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Container as Contained
from dependency_injector.providers import Dependency, Object, Selector, Singleton

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import NullDispatcher
from adapters.provider_kit.conformance.report import ConformanceReports
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from config.settings import Settings
from config.use_cases import UseCasesContainer
from domain.fetches import RetryPolicy
from domain.fetching.freshness import Freshness
from domain.fetching.provider_throttle import ProviderThrottle
from domain.providers import Routing


class Container(DeclarativeContainer):
    """Everything there is one of in a process."""

    settings: Dependency[Settings] = Dependency(instance_of=Settings)

    #: ``api`` or ``worker``: whose statements they are.
    part: Dependency[str] = Dependency(instance_of=str, default=Object("worker"))

    statement_seconds = Selector(part, api=settings.provided.api_statement_seconds, worker=settings.provided.worker_statement_seconds)
    engine = Singleton(
        open_engine, settings.provided.database, schema=settings.provided.database_schema, statement_seconds=statement_seconds
    )
    store = Singleton(SqlStore, engine)
    calls = Singleton(ProviderThrottle, store=store, concurrency=settings.provided.concurrency)
    deadline = settings.provided.fetch_deadline_seconds
    before = calls.provided.before_each
    data_sources = Singleton(
        InstalledProviders,
        settings.provided.providers,
        deadline_seconds=deadline,
        before_call=before,
        memory_bytes=settings.provided.worker_memory,
    )
    conformance = Singleton(ConformanceReports, data_sources)
    dispatcher = Selector(
        settings.provided.bell,
        silent=Singleton(NullDispatcher),
        celery=Singleton(CeleryDispatcher, settings.provided.broker_url),
    )
    routing = Singleton(
        Routing, settings.provided.routes, settings.provided.default_provider, prefer_default=settings.provided.prefers_default
    )
    freshness = Singleton(Freshness, data_sources, settings.provided.max_age)
    retry = Singleton(RetryPolicy, settings.provided.give_up_seconds)
    #: Set when the process is told to end: nobody waits any longer.
    stopping = Singleton(Event)

    use_cases = Contained(
        UseCasesContainer,
        settings=settings,
        store=store,
        data_sources=data_sources,
        conformance=conformance,
        dispatcher=dispatcher,
        routing=routing,
        freshness=freshness,
        retry=retry,
        calls=calls,
        stopping=stopping,
    ).record
