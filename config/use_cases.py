"""The container of the use cases: adapters and policies → everything an entry point may call."""

from __future__ import annotations

from typing import Any, ClassVar

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Singleton

from domain.use_cases import UseCases
from domain.use_cases.await_fetch import AwaitFetch
from domain.use_cases.cancel_fetch import CancelFetch
from domain.use_cases.check_health import CheckHealth
from domain.use_cases.check_key import CheckKey
from domain.use_cases.check_providers import CheckProviders
from domain.use_cases.check_vintages import CheckVintages
from domain.use_cases.compare_vintages import CompareVintages
from domain.use_cases.describe_series import DescribeSeries
from domain.use_cases.fetch_dataset import FetchDataset
from domain.use_cases.follow_fetches import FollowFetches
from domain.use_cases.list_providers import ListProviders
from domain.use_cases.list_vintages import ListVintages
from domain.use_cases.manage_keys import ManageKeys
from domain.use_cases.parse_answer import ParseAnswer
from domain.use_cases.read_series import ReadSeries
from domain.use_cases.read_through import ReadThrough
from domain.use_cases.reap_fetches import ReapFetches
from domain.use_cases.remove_series import RemoveSeries
from domain.use_cases.request_fetch import RequestFetch
from domain.use_cases.search_series import SearchSeries


class UseCasesContainer(DeclarativeContainer):
    """The verbs, on whatever stands behind the ports."""

    settings: Dependency[Any] = Dependency()
    store: Dependency[Any] = Dependency()
    data_sources: Dependency[Any] = Dependency()
    conformance: Dependency[Any] = Dependency()
    dispatcher: Dependency[Any] = Dependency()
    routing: Dependency[Any] = Dependency()
    freshness: Dependency[Any] = Dependency()
    retry: Dependency[Any] = Dependency()
    calls: Dependency[Any] = Dependency()
    stopping: Dependency[Any] = Dependency()

    catalogue: ClassVar[dict[str, Any]] = {"store": store, "providers": data_sources, "routing": routing, "freshness": freshness}
    request_fetch = Factory(RequestFetch, **catalogue, dispatcher=dispatcher)
    patient: ClassVar[dict[str, Any]] = {"store": store, "pause": stopping.provided.wait}

    record = Singleton(
        UseCases,
        request_fetch=request_fetch,
        await_fetch=Factory(AwaitFetch, **patient, most_seconds=settings.provided.wait_seconds),
        read_through=Factory(
            ReadThrough,
            **catalogue,
            request_fetch=request_fetch,
            await_fetch=Factory(AwaitFetch, **patient, most_seconds=settings.provided.read_through_seconds),
        ),
        fetch_dataset=Factory(
            FetchDataset,
            store=store,
            providers=data_sources,
            calls=calls,
            retry=retry,
            lease_seconds=settings.provided.lease_seconds,
            deadline_seconds=settings.provided.fetch_deadline_seconds,
        ),
        read_series=Factory(ReadSeries, store=store, freshness=freshness),
        search_series=Factory(SearchSeries, store),
        describe_series=Factory(DescribeSeries, **catalogue),
        follow_fetches=Factory(FollowFetches, store),
        cancel_fetch=Factory(CancelFetch, store),
        remove_series=Factory(RemoveSeries, store),
        reap_fetches=Factory(ReapFetches, store, settings.provided.lease_seconds, settings.provided.keep_fetches_days),
        list_vintages=Factory(ListVintages, store),
        compare_vintages=Factory(CompareVintages, store),
        check_vintages=Factory(CheckVintages, store),
        check_health=Factory(CheckHealth, store, dispatcher, settings.provided.lease_seconds),
        parse_answer=Factory(ParseAnswer, data_sources),
        check_key=Singleton(CheckKey, store),
        manage_keys=Factory(ManageKeys, store),
        list_providers=Factory(ListProviders, store=store, providers=data_sources, calls=calls),
        check_providers=Factory(CheckProviders, data_sources, conformance),
    )
