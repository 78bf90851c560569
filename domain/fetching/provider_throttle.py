"""Throttle calls to providers: one permit per call, the first taken with the claim; outcomes are fed back to the limiter."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from domain.budgets import Breaker, Budget
from domain.errors import FetchError, RateLimited, SourceTimedOut, SourceUnavailable, ThrottledLocally, TransientError, UnknownProvider
from domain.fetches import Fetch, Priority, WaitingFor
from domain.ports import Providers, Store, UnitOfWork
from domain.throttling import Denied, Permit, PermitRequest

logger = logging.getLogger(__name__)

_MAX_WAIT_SECONDS = 0.25
# Restarting a fetch of many calls would waste the calls already made.
_MAX_LATER_WAIT_SECONDS = 30.0
_MAX_SEARCH_WAIT_SECONDS = 2.0
_PERMIT_VALID_SECONDS = 1.0
_RECHECK_AFTER_SECONDS = 0.05
_DEFAULT_COOLDOWN_SECONDS = 10.0
_MAX_DEFAULT_COOLDOWN_SECONDS = 60.0


@dataclass(slots=True)
class _FetchCalls:
    """
    The calls of one fetch or search; a permit expires soon after its start.

    Attributes:
        of_searches: the further budget of a search; None for a fetch.
        scheduled: whether nobody waits for it.

    """

    budget: Budget
    holder: UUID
    permit: Permit | None
    probing: bool
    of_searches: Budget | None = None
    scheduled: bool = False
    taken: float = field(default_factory=time.monotonic)
    calls: int = 0


_current: ContextVar[_FetchCalls | None] = ContextVar("fetch_calls", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderThrottle:
    """
    Keeps all workers together within the providers' limits.

    Attributes:
        concurrency: how many fetches of one provider run at once, unless it declares a number.

    """

    store: Store
    concurrency: int | None = None
    breaker: Breaker = field(default_factory=Breaker)

    def budget(self, providers: Providers, name: str) -> Budget:
        """Return the budget of a provider's calls."""
        try:
            provider = providers.get(name)
        except UnknownProvider:
            return Budget(provider=name, breaker=self.breaker)
        concurrency = provider.concurrency or self.concurrency
        return Budget(provider=name, key=provider.key_id, limits=provider.limits, concurrency=concurrency, breaker=self.breaker)

    def acquire_first_permit(self, uow: UnitOfWork, budget: Budget, fetch: Fetch) -> Permit | Denied:
        """Take the permit for a fetch's first call in the transaction that claims it."""
        request = PermitRequest(fetch.id, _MAX_WAIT_SECONDS, begins=True, scheduled=fetch.priority is Priority.SCHEDULED)
        return uow.rate_limiter.acquire(budget, request)

    @contextmanager
    def attribute_calls(self, budget: Budget, fetch: Fetch, permit: Permit) -> Iterator[None]:
        """
        Attribute the calls made inside to a fetch, and record their outcome for the provider.

        Raises:
            RateLimited: as the provider answered, with ``retry_after`` set to the fetch's place in the queue.

        """
        current = _FetchCalls(budget, fetch.id, permit, permit.probing, scheduled=fetch.priority is Priority.SCHEDULED)
        token = _current.set(current)
        try:
            yield
        except ThrottledLocally:
            raise
        except RateLimited as error:
            error.retry_after = self._cool_down(current, error)
            raise
        except (SourceUnavailable, SourceTimedOut) as error:
            self._failed(current, error)
            raise
        except FetchError as error:
            if current.calls and not isinstance(error, TransientError):
                self._succeeded(current)
            raise
        else:
            self._succeeded(current)
        finally:
            _current.reset(token)

    @contextmanager
    def attribute_search(self, budget: Budget) -> Iterator[None]:
        """
        Attribute the calls made inside to a search, which comes after all fetches.

        Each call needs a permit of the searches' own budget as well, and none while a fetch waits for its turn. A search without an answer
        counts against the searches' circuit alone, unless it probes the provider's.

        Raises:
            ThrottledLocally: it may not be made now.

        """
        current = _FetchCalls(budget, uuid4(), None, probing=False, of_searches=budget.of_searches, scheduled=True)
        token = _current.set(current)
        try:
            yield
        except ThrottledLocally:
            raise
        except RateLimited as error:
            self._cool_down(current, error)
            raise
        except (SourceUnavailable, SourceTimedOut) as error:
            if current.calls:
                self._search_failed(current, budget.of_searches, error)
            raise
        except FetchError as error:
            if current.calls and not isinstance(error, TransientError):
                self._search_succeeded(current, budget.of_searches)
            raise
        else:
            self._search_succeeded(current, budget.of_searches)
        finally:
            _current.reset(token)

    def before_call(self, remaining: float) -> None:
        """
        Block until the next call to a provider may start; called before each.

        Args:
            remaining: seconds left for all calls of the fetch.

        Raises:
            ThrottledLocally: it may not start within the maximum wait.

        """
        current = _current.get()
        if current is None:
            return
        permit, taken = current.permit, current.taken
        current.permit = None
        if permit is None or time.monotonic() - taken > permit.seconds + _PERMIT_VALID_SECONDS:
            permit, taken = self._next_permit(current, remaining), time.monotonic()
        early = taken + permit.seconds - time.monotonic()
        if early > 0:
            time.sleep(early)
        if time.monotonic() - taken > _RECHECK_AFTER_SECONDS:
            # The provider may have answered 429 to another worker since.
            self._check(current)
        current.calls += 1

    def _next_permit(self, current: _FetchCalls, remaining: float) -> Permit:
        if current.of_searches:
            return self._acquire_for_search(current, current.of_searches, min(_MAX_SEARCH_WAIT_SECONDS, remaining))
        return self._acquire(current, min(_MAX_LATER_WAIT_SECONDS if current.calls else _MAX_WAIT_SECONDS, remaining))

    def _acquire_for_search(self, current: _FetchCalls, own: Budget, max_wait: float) -> Permit:
        """Take a permit of both budgets, or neither: what is denied is not committed, so that no search has a place in the queue."""
        request = PermitRequest(current.holder, max_wait, begins=True)
        with self.store.writing() as uow:
            first = uow.rate_limiter.acquire(own, request)
            if isinstance(first, Denied):
                raise throttled(current.budget, first)
            queued = uow.rate_limiter.state_of(current.budget).queue_seconds(uow.now())
            second = Denied(queued, WaitingFor.RATE_LIMIT) if queued else uow.rate_limiter.acquire(current.budget, request)
            if isinstance(second, Denied):
                raise throttled(current.budget, second)
            uow.commit(lasting=True)
        current.probing = first.probing or second.probing
        return max(first, second, key=lambda permit: permit.seconds)

    def _acquire(self, current: _FetchCalls, max_wait: float) -> Permit:
        with self.store.writing() as uow:
            answer = uow.rate_limiter.acquire(current.budget, PermitRequest(current.holder, max_wait, scheduled=current.scheduled))
            uow.commit()
        if isinstance(answer, Denied):
            raise throttled(current.budget, answer)
        return answer

    def _check(self, current: _FetchCalls) -> None:
        with self.store.reading() as uow:
            refusal = uow.rate_limiter.refusal(current.budget, current.holder)
        if refusal:
            raise throttled(current.budget, refusal)

    def _cool_down(self, current: _FetchCalls, error: TransientError) -> float:
        budget, smallest = current.budget, current.budget.smallest
        default = min(smallest.seconds, _MAX_DEFAULT_COOLDOWN_SECONDS) if smallest else _DEFAULT_COOLDOWN_SECONDS
        seconds = default if error.retry_after is None else error.retry_after
        with self.store.writing() as uow:
            if current.probing:
                uow.rate_limiter.succeeded(budget)
            wait = uow.rate_limiter.cool_down(budget, seconds, scheduled=current.scheduled)
            uow.commit()
        logger.warning("provider blocked", extra={"provider": budget.provider, "seconds": seconds})
        return wait.seconds

    def _failed(self, current: _FetchCalls, error: TransientError) -> None:
        with self.store.writing() as uow:
            uow.rate_limiter.failed(current.budget, current.holder)
            if error.retry_after is not None:
                uow.rate_limiter.cool_down(current.budget, error.retry_after, scheduled=current.scheduled)
            uow.commit()

    def _search_failed(self, current: _FetchCalls, own: Budget, error: TransientError) -> None:
        with self.store.writing() as uow:
            uow.rate_limiter.failed(own, current.holder)
            if uow.rate_limiter.state_of(current.budget).probe == current.holder:
                uow.rate_limiter.failed(current.budget, current.holder)
            if error.retry_after is not None:
                uow.rate_limiter.cool_down(current.budget, error.retry_after, scheduled=current.scheduled)
            uow.commit()

    def _search_succeeded(self, current: _FetchCalls, own: Budget) -> None:
        if current.probing:
            with self.store.writing() as uow:
                for budget in (own, current.budget):
                    uow.rate_limiter.succeeded(budget)
                uow.commit()
            current.probing = False

    def _succeeded(self, current: _FetchCalls) -> None:
        if current.probing:
            with self.store.writing() as uow:
                uow.rate_limiter.succeeded(current.budget)
                uow.commit()
            current.probing = False


def throttled(budget: Budget, wait: Denied) -> ThrottledLocally:
    """Return the error that says why a provider is not called now."""
    circuit = wait.waiting_for is WaitingFor.CIRCUIT
    why = "has not answered lately and is left alone for a while" if circuit else "takes no more calls at present"
    return ThrottledLocally(f"The provider {budget.provider} {why}.", circuit=circuit, retry_after=wait.seconds)
