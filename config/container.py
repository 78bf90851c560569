"""The container: settings → adapters → use cases."""

from __future__ import annotations

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Selector, Singleton

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import SilentDispatcher
from adapters.providers import InstalledProviders
from adapters.sql.engine import open_engine
from adapters.sql.unit_of_work import SqlStore
from config.settings import Settings
from domain.fetches import RetryPolicy
from domain.providers import Routing
from domain.use_cases import UseCases
from domain.use_cases.calls import Calls
from domain.use_cases.check_health import CheckHealth
from domain.use_cases.check_vintages import CheckVintages
from domain.use_cases.compare_vintages import CompareVintages
from domain.use_cases.describe_series import DescribeSeries
from domain.use_cases.fetch_dataset import FetchDataset
from domain.use_cases.follow_fetches import FollowFetches
from domain.use_cases.freshness import Freshness
from domain.use_cases.list_providers import ListProviders
from domain.use_cases.list_vintages import ListVintages
from domain.use_cases.parse_answer import ParseAnswer
from domain.use_cases.read_series import ReadSeries
from domain.use_cases.request_fetch import RequestFetch
from domain.use_cases.search_series import SearchSeries
from domain.use_cases.sweep_fetches import SweepFetches


class Container(DeclarativeContainer):
    """Everything there is one of in a process."""

    settings: Dependency[Settings] = Dependency(instance_of=Settings)

    engine = Singleton(open_engine, settings.provided.database, schema=settings.provided.database_schema)
    store = Singleton(SqlStore, engine)
    calls = Singleton(Calls, store=store, concurrency=settings.provided.concurrency)
    deadline = settings.provided.fetch_deadline_seconds
    before = calls.provided.before_each
    data_sources = Singleton(InstalledProviders, settings.provided.providers, deadline_seconds=deadline, before_call=before)
    dispatcher = Selector(
        settings.provided.bell,
        silent=Singleton(SilentDispatcher),
        celery=Singleton(CeleryDispatcher, settings.provided.broker_url),
    )
    routing = Singleton(Routing, settings.provided.routes, settings.provided.default_provider)
    freshness = Singleton(Freshness, data_sources, settings.provided.max_age)
    retry = Singleton(RetryPolicy, settings.provided.give_up_seconds)

    use_cases = Singleton(
        UseCases,
        request_fetch=Factory(
            RequestFetch, store=store, providers=data_sources, routing=routing, freshness=freshness, dispatcher=dispatcher
        ),
        fetch_dataset=Factory(
            FetchDataset,
            store=store,
            providers=data_sources,
            calls=calls,
            retry=retry,
            lease_seconds=settings.provided.lease_seconds,
            deadline_seconds=deadline,
        ),
        read_series=Factory(ReadSeries, store=store, freshness=freshness),
        search_series=Factory(SearchSeries, store),
        describe_series=Factory(DescribeSeries, store=store, providers=data_sources, routing=routing, freshness=freshness),
        follow_fetches=Factory(FollowFetches, store),
        sweep_fetches=Factory(SweepFetches, store),
        list_vintages=Factory(ListVintages, store),
        compare_vintages=Factory(CompareVintages, store),
        check_vintages=Factory(CheckVintages, store),
        check_health=Factory(CheckHealth, store),
        parse_answer=Factory(ParseAnswer, data_sources),
        list_providers=Factory(ListProviders, store=store, providers=data_sources, calls=calls),
    )
