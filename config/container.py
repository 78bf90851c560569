"""The container: settings → adapters → use cases."""

from __future__ import annotations

from threading import Event
from typing import Any, ClassVar

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Object, Selector, Self
from dependency_injector.providers import ThreadSafeSingleton as Singleton

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import NullDispatcher
from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from config.later import LazyUseCases, adapter, use_case
from config.settings import Settings
from domain.fetches import RetryPolicy
from domain.fetching.freshness import Freshness
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import Dispatcher
from domain.providers import Routing


def _dispatcher(settings: Settings) -> Dispatcher:
    return NullDispatcher() if settings.embedded else CeleryDispatcher(settings.broker_url)


class Container(DeclarativeContainer):
    """The singletons of a process, each built on its first call; ``override`` replaces one, such as by a fake."""

    __self__ = Self()
    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    #: ``api`` or ``worker``: whose statement timeout applies.
    part: Dependency[str] = Dependency(instance_of=str, default=Object("worker"))

    statement_seconds = Selector(part, api=settings.provided.api_statement_seconds, worker=settings.provided.worker_statement_seconds)
    engine = Singleton(
        open_engine, settings.provided.database, schema=settings.provided.database_schema, statement_seconds=statement_seconds
    )
    store = Singleton(SqlStore, engine)
    calls = Singleton(ProviderThrottle, store=store, concurrency=settings.provided.concurrency)
    deadline, before = settings.provided.fetch_deadline_seconds, calls.provided.before_call
    data_sources = Singleton(
        adapter("provider_kit.registry.installed.InstalledProviders"),
        settings.provided.providers,
        deadline_seconds=deadline,
        before_call=before,
        memory_bytes=settings.provided.worker_memory,
    )
    conformance = Singleton(adapter("provider_kit.conformance.report.ConformanceReports"), data_sources)
    dispatcher = Singleton(_dispatcher, settings)
    routing = Singleton(
        Routing, settings.provided.routes, settings.provided.default_provider, prefer_default=settings.provided.prefers_default
    )
    freshness = Singleton(Freshness, data_sources, settings.provided.max_age)
    retry = Singleton(RetryPolicy, settings.provided.retry_for_seconds)
    #: Set when the process is to stop, so that nothing waits any longer.
    stopping = Singleton(Event)

    catalogue: ClassVar[dict[str, Any]] = {"store": store, "providers": data_sources, "routing": routing, "freshness": freshness}
    waiting: ClassVar[dict[str, Any]] = {"store": store, "pause": stopping.provided.wait}
    request_fetch = use_case("request_fetch.RequestFetch", **catalogue, dispatcher=dispatcher)
    await_fetch = use_case("await_fetch.AwaitFetch", **waiting, most_seconds=settings.provided.wait_seconds)
    await_read_through = use_case("await_fetch.AwaitFetch", **waiting, most_seconds=settings.provided.read_through_seconds)
    read_through = use_case("read_through.ReadThrough", **catalogue, request_fetch=request_fetch, await_fetch=await_read_through)
    fetch_dataset = use_case(
        "fetch_dataset.FetchDataset",
        store=store,
        providers=data_sources,
        calls=calls,
        retry=retry,
        lease_seconds=settings.provided.lease_seconds,
        deadline_seconds=deadline,
    )
    read_series = use_case("read_series.ReadSeries", store=store, freshness=freshness)
    search_series = use_case("search_series.SearchSeries", store)
    describe_series = use_case("describe_series.DescribeSeries", **catalogue)
    follow_fetches = use_case("follow_fetches.FollowFetches", store)
    cancel_fetch = use_case("cancel_fetch.CancelFetch", store)
    remove_series = use_case("remove_series.RemoveSeries", store)
    reap_fetches = use_case("reap_fetches.ReapFetches", store, settings.provided.lease_seconds, settings.provided.keep_fetches_days)
    list_vintages = use_case("list_vintages.ListVintages", store)
    compare_vintages = use_case("compare_vintages.CompareVintages", store)
    check_vintages = use_case("check_vintages.CheckVintages", store)
    check_health = use_case("check_health.CheckHealth", store, dispatcher, settings.provided.lease_seconds)
    parse_answer = use_case("parse_answer.ParseAnswer", data_sources)
    check_key = use_case("check_key.CheckKey", store)
    manage_keys = use_case("manage_keys.ManageKeys", store)
    list_providers = use_case("list_providers.ListProviders", store=store, providers=data_sources, calls=calls)
    check_providers = use_case("check_providers.CheckProviders", data_sources, conformance)
    use_cases = Singleton(LazyUseCases, __self__)
