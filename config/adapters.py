"""The lower half of the container: settings → adapters and policies."""

from __future__ import annotations

from threading import Event

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Object, Selector
from dependency_injector.providers import ThreadSafeSingleton as Singleton

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import NullDispatcher
from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from config.later import later
from config.settings import Settings
from domain.fetches import RetryPolicy
from domain.fetching.freshness import Freshness
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import Dispatcher
from domain.providers import Routing
from domain.webhooks.signing import MasterSecret

#: How long reading a file may take while somebody waits at a page.
PREVIEW_SECONDS = 20.0
#: How long asking for a calendar may take, and reading it.
CALENDAR_SECONDS = 15.0


def _dispatcher(settings: Settings) -> Dispatcher:
    return NullDispatcher() if settings.embedded else CeleryDispatcher(settings.broker_url)


class Adapters(DeclarativeContainer):
    """The adapters and policies of a process."""

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    #: ``api`` or ``worker``: whose statement timeout applies.
    part: Dependency[str] = Dependency(instance_of=str, default=Object("worker"))
    given = settings.provided
    deadline, memory = given.fetch_deadline_seconds, given.worker_memory
    seconds = Selector(part, api=given.api_statement_seconds, worker=given.worker_statement_seconds)
    engine = Singleton(
        open_engine, given.database, schema=given.database_schema, connections=given.database_connections, statement_seconds=seconds
    )
    store = Singleton(SqlStore, engine)
    calls = Singleton(ProviderThrottle, store=store, concurrency=given.concurrency)
    outbound = Singleton(later("config.outbound.outbound_of"), settings)
    data_sources = Singleton(
        later("adapters.provider_kit.registry.installed.InstalledProviders"),
        given.providers,
        deadline_seconds=deadline,
        before_call=calls.provided.before_call,
        outbound=outbound,
        memory_bytes=memory,
    )
    file_previews = Singleton(
        later("adapters.provider_kit.child_process.file_previews.ChildProcessFilePreviews"), memory_bytes=memory, seconds=PREVIEW_SECONDS
    )
    calendar_reader = Singleton(
        later("adapters.provider_kit.calendars.reader.IcsReader"),
        named=given.calendars,
        memory_bytes=memory,
        seconds=CALENDAR_SECONDS,
        outbound=outbound,
    )
    file_imports = Singleton(later("adapters.provider_kit.file_imports.source.FileImportSource"))
    conformance = Singleton(later("adapters.provider_kit.conformance.report.ConformanceReports"), data_sources)
    dispatcher = Singleton(_dispatcher, settings)
    routing = Singleton(Routing, given.routes, given.default_provider, prefer_default=given.prefers_default)
    freshness = Singleton(Freshness, data_sources, given.max_age)
    retry = Singleton(RetryPolicy, given.retry_for_seconds)
    learn = Singleton(later("domain.schedules.learned.LearnedLook"))
    webhook_sender = Singleton(later("adapters.webhook_sender.HttpWebhookSender"), given.webhook_private_addresses, outbound=outbound)
    webhook_master = Singleton(MasterSecret, given.webhook_secret)
    #: Set when the process is to stop, so that nothing waits any longer.
    stopping = Singleton(Event)
