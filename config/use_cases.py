"""The use cases, each imported and built when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from dependency_injector.providers import ThreadSafeSingleton

from config.later import later
from domain.use_cases import UseCases

if TYPE_CHECKING:
    from config.container import Container
    from config.settings import Settings


class _LazyUseCases(UseCases):
    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        object.__setattr__(self, "_makers", makers)

    def __getattr__(self, name: str) -> Any:
        """Build a use case on first access; Python calls this only if the attribute is not set."""
        if name not in self._makers:
            raise AttributeError(name)
        object.__setattr__(self, name, self._makers[name]())
        return getattr(self, name)


def lazy_use_cases(parts: Container) -> UseCases:
    """Return all use cases on the container's adapters and policies."""
    settings, store, data_sources = parts.settings(), parts.store, parts.data_sources
    catalogue = {"store": store, "providers": data_sources, "routing": parts.routing, "freshness": parts.freshness}
    return _LazyUseCases(
        {
            **_fetching(parts, settings, catalogue),
            "read_series": _built("read_series.ReadSeries", store=store, freshness=parts.freshness),
            "search_series": _built("search_series.SearchSeries", store),
            "describe_series": _built("describe_series.DescribeSeries", **catalogue),
            "follow_fetches": _built("follow_fetches.FollowFetches", store),
            "cancel_fetch": _built("cancel_fetch.CancelFetch", store),
            "remove_series": _built("remove_series.RemoveSeries", store),
            "reap_fetches": _built("reap_fetches.ReapFetches", store, settings.lease_seconds, settings.keep_fetches_days),
            "list_vintages": _built("list_vintages.ListVintages", store),
            "compare_vintages": _built("compare_vintages.CompareVintages", store),
            "check_vintages": _built("check_vintages.CheckVintages", store),
            "check_health": _built("check_health.CheckHealth", store, parts.dispatcher, settings.lease_seconds),
            "parse_answer": _built("parse_answer.ParseAnswer", data_sources),
            "check_key": _built("check_key.CheckKey", store),
            "manage_keys": _built("manage_keys.ManageKeys", store),
            "list_providers": _built("list_providers.ListProviders", store=store, providers=data_sources, calls=parts.calls),
            "check_providers": _built("check_providers.CheckProviders", data_sources, parts.conformance),
        }
    )


def _fetching(parts: Container, settings: Settings, catalogue: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    wait = partial(_built, "await_fetch.AwaitFetch", store=parts.store, pause=parts.stopping.provided.wait)
    request_fetch = _built("request_fetch.RequestFetch", **catalogue, dispatcher=parts.dispatcher)
    return {
        "request_fetch": request_fetch,
        "await_fetch": wait(most_seconds=settings.wait_seconds),
        "read_through": _built(
            "read_through.ReadThrough",
            **catalogue,
            request_fetch=request_fetch,
            await_fetch=wait(most_seconds=settings.read_through_seconds),
        ),
        "fetch_dataset": _built(
            "fetch_dataset.FetchDataset",
            store=parts.store,
            providers=parts.data_sources,
            calls=parts.calls,
            retry=parts.retry,
            lease_seconds=settings.lease_seconds,
            deadline_seconds=settings.fetch_deadline_seconds,
        ),
    }


def _built(path: str, *arguments: Any, **options: Any) -> ThreadSafeSingleton[Any]:
    return ThreadSafeSingleton(later(f"domain.use_cases.{path}"), *arguments, **options)
