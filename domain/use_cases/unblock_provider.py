"""UnblockProvider: call a provider again before the time that it asked for, or for which it is left alone, is over."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from domain.audit import audit
from domain.errors import ProviderNotFound, UnknownProvider
from domain.fetches import MAX_WAIT_SECONDS
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import Providers, Store
from domain.throttling import Circuit
from domain.use_cases.list_providers import ProviderStatus, status_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unblocked:
    """
    A provider that may be called again.

    Attributes:
        before, after: its state.
        fetches: how many waited for it, and are due now.

    """

    before: ProviderStatus
    after: ProviderStatus
    fetches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockProvider:
    """Lift what blocks calls to a provider, and have what waits for it begin."""

    store: Store
    providers: Providers
    calls: ProviderThrottle

    def __call__(self, name: str) -> Unblocked:
        """
        Lift it for fetches and searches; its limits still hold, and it may ask for silence again.

        Raises:
            ProviderNotFound: there is no provider of this name.

        """
        try:
            provider = self.providers.get(name)
        except UnknownProvider as error:
            raise ProviderNotFound(error.message, hint=error.hint) from error
        budget = self.calls.budget(self.providers, name)
        with self.store.writing() as uow:
            before, now = uow.rate_limiter.unblock(budget), uow.now()
            uow.rate_limiter.unblock(budget.of_searches)
            uow.commit()
        # In a transaction of its own: a fetch is locked before a budget, never after it.
        with self.store.writing() as uow:
            fetches = uow.fetches.resume([name])
            uow.commit()
        then, after = (status_of(provider, budget.concurrency, state, now) for state in (before, before.unblocked()))
        audit("provider unblocked", provider=name, blocked_until=str(then.blocked_until or then.open_until or ""), fetches=fetches)
        return Unblocked(then, after, fetches)

    def resume_orphans(self) -> int:
        """Make fetches due that wait for what another address or key asked for, which was configured before; return how many."""
        budgets = [self.calls.budget(self.providers, provider.name) for provider in self.providers.all()]
        with self.store.reading() as uow:
            states, now = [uow.rate_limiter.state_of(budget) for budget in budgets], uow.now()
        free = [
            budget.provider
            for budget, state in zip(budgets, states, strict=True)
            if not state.blocked(now) and state.circuit(now) is Circuit.CLOSED and not state.queue_seconds(now)
        ]
        with self.store.writing() as uow:
            # As long as that an attempt may wait by itself.
            resumed = uow.fetches.resume(free, longer_than=MAX_WAIT_SECONDS)
            uow.commit()
        if resumed:
            logger.info("waiting fetches resumed", extra={"fetches": resumed})
        return resumed
