"""Three providers, of which one is blocked and one does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.budgets import Breaker, Budget
from domain.fetching.provider_throttle import ProviderThrottle
from domain.providers import Limit, Provider, Redistribution, Terms
from domain.searching import SearchKind
from domain.use_cases import UseCases
from domain.use_cases.list_providers import ListProviders
from tests.builders import FakeProviders, memory_use_cases

LISTED = [
    Provider(
        name="fred",
        title="FRED",
        databases=("FRED", "ALFRED"),
        terms=Terms(attribution="St. Louis Fed", url="https://f.example/terms", redistribution=Redistribution.PERSONAL),
        limits=(Limit(2, 1), Limit(300, 10)),
        key_needed=True,
        key_url="https://f.example/key",
        problem="Set LANNER_PROVIDERS__FRED__API_KEY.",
        concurrency=2,
        key_id="k",
        search=SearchKind.QUERY,
    ),
    Provider(name="quandl", title="Quandl", databases=(), terms=Terms(attribution="Nasdaq", url=""), key_url="https://q.example"),
    Provider(name="sample", title="Samples", databases=("SAMPLE",), terms=Terms(attribution="Many", url="")),
]


class ListedProviders(FakeProviders):
    """Providers of which only the facts are known."""

    def all(self) -> Sequence[Provider]:
        return LISTED

    def get(self, name: str) -> Provider:
        return next(provider for provider in LISTED if provider.name == name)


def blocked_providers() -> UseCases:
    """Give use cases whose providers are these three."""
    store = MemoryStore(lambda: datetime(2024, 6, 1, 12, tzinfo=UTC))
    calls = ProviderThrottle(store=store, concurrency=7)
    with store.writing() as uow:
        uow.rate_limiter.cool_down(Budget(provider="fred", key="k"), 90)
        for _ in range(Breaker().failures):
            uow.rate_limiter.failed(Budget(provider="quandl"), UUID(int=0))
        uow.commit()
    return replace(memory_use_cases({}), list_providers=ListProviders(store=store, providers=ListedProviders({}), calls=calls))


@pytest.fixture
def listed() -> UseCases:
    return blocked_providers()
