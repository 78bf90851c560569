"""The use cases, each imported and built when it is first asked for, so that a command loads no more than it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from dependency_injector.providers import Provider, ThreadSafeSingleton

from config.settings import Settings
from domain.use_cases import UseCases


class _LazyUseCases(UseCases):
    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        object.__setattr__(self, "_makers", makers)

    def __getattr__(self, name: str) -> Any:
        """Build what was not asked for before; Python calls this for nothing else."""
        if name not in self._makers:
            raise AttributeError(name)
        object.__setattr__(self, name, self._makers[name]())
        return getattr(self, name)


def lazy_use_cases(  # noqa: PLR0913 - what use cases are made of
    settings: Settings,
    *,
    store: Provider[Any],
    data_sources: Provider[Any],
    dispatcher: Provider[Any],
    routing: Provider[Any],
    freshness: Provider[Any],
    retry: Provider[Any],
    calls: Provider[Any],
    stopping: Provider[Any],
) -> UseCases:
    """Return all use cases on these adapters and policies."""
    catalogue = {"store": store, "providers": data_sources, "routing": routing, "freshness": freshness}
    patient = {"store": store, "pause": stopping.provided.wait}
    request_fetch = _later("request_fetch.RequestFetch", **catalogue, dispatcher=dispatcher)
    return _LazyUseCases(
        {
            "request_fetch": request_fetch,
            "await_fetch": _later("await_fetch.AwaitFetch", **patient, most_seconds=settings.wait_seconds),
            "read_through": _later(
                "read_through.ReadThrough",
                **catalogue,
                request_fetch=request_fetch,
                await_fetch=_later("await_fetch.AwaitFetch", **patient, most_seconds=settings.read_through_seconds),
            ),
            "fetch_dataset": _later(
                "fetch_dataset.FetchDataset",
                store=store,
                providers=data_sources,
                calls=calls,
                retry=retry,
                lease_seconds=settings.lease_seconds,
                deadline_seconds=settings.fetch_deadline_seconds,
            ),
            "read_series": _later("read_series.ReadSeries", store=store, freshness=freshness),
            "search_series": _later("search_series.SearchSeries", store),
            "describe_series": _later("describe_series.DescribeSeries", **catalogue),
            "follow_fetches": _later("follow_fetches.FollowFetches", store),
            "cancel_fetch": _later("cancel_fetch.CancelFetch", store),
            "remove_series": _later("remove_series.RemoveSeries", store),
            "reap_fetches": _later("reap_fetches.ReapFetches", store, settings.lease_seconds, settings.keep_fetches_days),
            "list_vintages": _later("list_vintages.ListVintages", store),
            "compare_vintages": _later("compare_vintages.CompareVintages", store),
            "check_vintages": _later("check_vintages.CheckVintages", store),
            "check_health": _later("check_health.CheckHealth", store, dispatcher, settings.lease_seconds),
            "parse_answer": _later("parse_answer.ParseAnswer", data_sources),
            "check_key": _later("check_key.CheckKey", store),
            "manage_keys": _later("manage_keys.ManageKeys", store),
            "list_providers": _later("list_providers.ListProviders", store=store, providers=data_sources, calls=calls),
            "check_providers": _later("check_providers.CheckProviders", data_sources),
        }
    )


def _later(path: str, *arguments: Any, **named: Any) -> Provider[Any]:
    def build(*arguments: Any, **named: Any) -> Any:
        module, _, name = path.partition(".")
        return getattr(import_module(f"domain.use_cases.{module}"), name)(*arguments, **named)

    return ThreadSafeSingleton(build, *arguments, **named)
