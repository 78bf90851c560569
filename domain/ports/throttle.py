"""Limits that all processes keep together: of calls to providers, and of clients' requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.budgets import Budget
from domain.providers import Limit
from domain.throttling import Denied, LimiterState, Permit, PermitRequest


class RateLimiter(Protocol):
    """
    The limits of the providers, shared by all workers; a fetch is locked before a budget, never after it.

    Changes are visible to other units of work once they are committed.
    """

    def acquire(self, budget: Budget, request: PermitRequest) -> Permit | Denied:
        """Take a permit for one call, or a place in the queue of denied requests."""
        ...

    def refusal(self, budget: Budget, holder: UUID) -> Denied | None:
        """Return why a fetch whose permit started later must not call after all; None if it may."""
        ...

    def cool_down(self, budget: Budget, seconds: float, *, scheduled: bool = False) -> Denied:
        """
        Permit no call for this many seconds, as the provider asked; return when the fetch that got this answer may ask again.

        Args:
            scheduled: as in ``PermitRequest``.

        """
        ...

    def failed(self, budget: Budget, holder: UUID) -> None:
        """Count a call without an answer; several in a row open the circuit."""
        ...

    def succeeded(self, budget: Budget) -> None:
        """Record an answer of any kind, which closes the circuit."""
        ...

    def unblock(self, budget: Budget) -> LimiterState:
        """Permit calls again, whatever the provider asked for and however often it did not answer; return the state before."""
        ...

    def state_of(self, budget: Budget) -> LimiterState:
        """Return the budget's current state."""
        ...


class QuotaRepository(Protocol):
    """How much of their quotas clients have used, in all processes together."""

    def take(self, client: str, limits: Sequence[Limit]) -> float:
        """Take one of each limit and return 0, or take none and return the seconds until one is free; locks the client's quotas."""
        ...

    def forget(self, limit: int) -> int:
        """Delete at most ``limit`` quotas that are unused again; return how many."""
        ...
