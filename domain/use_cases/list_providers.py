"""ListProviders: who can be asked, and how things stand with each."""

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
    A provider and how things stand with it.

    Attributes:
        concurrency: how many fetches of it run at once.
        blocked_until: until when it asked to be left alone.
        circuit: whether it answers; None, as are the others, where the store cannot be read.
        open_until: until when it is not asked, since it does not.

    """

    provider: Provider
    concurrency: int | None = None
    blocked_until: datetime | None = None
    circuit: Circuit | None = None
    open_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProviders:
    """List the providers with their terms, limits and what keeps them from being asked."""

    store: Store
    providers: Providers
    calls: ProviderThrottle

    def facts(self) -> Sequence[Provider]:
        """Return what is known of them without a look at the store."""
        return self.providers.all()

    def __call__(self) -> Sequence[ProviderStatus]:
        """Return all of them, by name; a store that is not there takes nothing from the facts."""
        found = self.facts()
        budgets = [self.calls.budget(self.providers, provider.name) for provider in found]
        try:
            with self.store.reading() as uow:
                now, states = uow.now(), [uow.limits.state_of(budget) for budget in budgets]
        except StoreUnavailable:
            return [ProviderStatus(provider, budget.concurrency) for provider, budget in zip(found, budgets, strict=True)]
        return [_status(*each, now) for each in zip(found, (budget.concurrency for budget in budgets), states, strict=True)]


def _status(provider: Provider, concurrency: int | None, state: LimiterState, now: datetime) -> ProviderStatus:
    def ahead(moment: datetime | None) -> datetime | None:
        return moment if moment and moment > now else None

    return ProviderStatus(provider, concurrency, ahead(state.blocked_until), state.circuit(now), ahead(state.open_until))
