"""ListProviders: the providers and the state of their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import StoreUnavailable
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import Providers, Store
from domain.providers import Provider
from domain.throttling import Circuit, LimiterState


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """
    A provider and the state of its limits.

    Attributes:
        concurrency: how many of its fetches run at once.
        blocked_until: until when it asked for no calls; None in the past.
        circuit: the breaker's state; None, as are the others, if the store cannot be read.
        open_until: until when the circuit stays open.

    """

    provider: Provider
    concurrency: int | None = None
    blocked_until: datetime | None = None
    circuit: Circuit | None = None
    open_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProviders:
    """List the providers with their terms, limits and what blocks calls to them."""

    store: Store
    providers: Providers
    calls: ProviderThrottle

    def facts(self) -> Sequence[Provider]:
        """Return them without reading the store."""
        return self.providers.all()

    def __call__(self, names: Sequence[str] = ()) -> Sequence[ProviderStatus]:
        """
        Return the providers of these names, by default all of them, ordered by name; also if the store is unavailable.

        Raises:
            UnknownProvider: there is none of a name.

        """
        found = [self.providers.get(name) for name in names] or self.facts()
        budgets = [self.calls.budget(self.providers, provider.name) for provider in found]
        try:
            with self.store.reading() as uow:
                now, states = uow.now(), [uow.rate_limiter.state_of(budget) for budget in budgets]
        except StoreUnavailable:
            return [ProviderStatus(provider, budget.concurrency) for provider, budget in zip(found, budgets, strict=True)]
        return [status_of(*each, now) for each in zip(found, (budget.concurrency for budget in budgets), states, strict=True)]


def status_of(provider: Provider, concurrency: int | None, state: LimiterState, now: datetime) -> ProviderStatus:
    """Return a provider and the state of its limits."""
    open_until = state.open_until if state.open_until and state.open_until > now else None
    return ProviderStatus(provider, concurrency, state.blocked(now), state.circuit(now), open_until)
