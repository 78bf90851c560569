"""The lower half of the container: settings → adapters and policies."""

from __future__ import annotations

from threading import Event

from dependency_injector.providers import ThreadSafeSingleton as Singleton

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import NullDispatcher
from config.later import later
from config.settings import Settings
from config.stores import Stores
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


class Adapters(Stores):
    """The adapters and policies of a process."""

    settings = Stores.settings
    calls = Singleton(ProviderThrottle, store=Stores.store, concurrency=settings.provided.concurrency)
    deadline, before = settings.provided.fetch_deadline_seconds, calls.provided.before_call
    data_sources = Singleton(
        later("adapters.provider_kit.registry.installed.InstalledProviders"),
        settings.provided.providers,
        deadline_seconds=deadline,
        before_call=before,
        memory_bytes=settings.provided.worker_memory,
    )
    file_previews = Singleton(
        later("adapters.provider_kit.child_process.file_previews.ChildProcessFilePreviews"),
        memory_bytes=settings.provided.worker_memory,
        seconds=PREVIEW_SECONDS,
    )
    calendar_reader = Singleton(
        later("adapters.provider_kit.calendars.reader.IcsReader"),
        named=settings.provided.calendars,
        memory_bytes=settings.provided.worker_memory,
        seconds=CALENDAR_SECONDS,
    )
    file_imports = Singleton(later("adapters.provider_kit.file_imports.source.FileImportSource"))
    conformance = Singleton(later("adapters.provider_kit.conformance.report.ConformanceReports"), data_sources)
    dispatcher = Singleton(_dispatcher, settings)
    routing = Singleton(
        Routing, settings.provided.routes, settings.provided.default_provider, prefer_default=settings.provided.prefers_default
    )
    freshness = Singleton(Freshness, data_sources, settings.provided.max_age)
    retry = Singleton(RetryPolicy, settings.provided.retry_for_seconds)
    learn = Singleton(later("domain.schedules.learned.LearnedLook"))
    webhook_sender = Singleton(later("adapters.webhook_sender.HttpWebhookSender"), settings.provided.webhook_private_addresses)
    webhook_master = Singleton(MasterSecret, settings.provided.webhook_secret)
    #: Set when the process is to stop, so that nothing waits any longer.
    stopping = Singleton(Event)
