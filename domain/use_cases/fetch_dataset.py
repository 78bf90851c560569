"""FetchDataset: claim, ask the source, keep what is new and close, in one transaction."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from domain.errors import (
    AnswerNotUnderstood,
    AttemptsExhausted,
    FetchCancelled,
    FetchError,
    InvalidInput,
    KeyMissing,
    LeaseLost,
    ProviderNotConfigured,
    SeriesNotFound,
    SourceGone,
    StoreUnavailable,
    ThrottledLocally,
    UnknownProvider,
)
from domain.fetches import MAX_CRASHES, Failure, Fetch, Lease, RetryPolicy, WaitingFor, waiting_for
from domain.fetching.heartbeat import Heartbeat
from domain.fetching.in_flight import RunningFetches
from domain.fetching.ingest import WindowDiscarded, confirmation, known_of, prepare
from domain.fetching.provider_throttle import ProviderThrottle
from domain.metrics import Counted
from domain.ports import Fetched, PriorState, Providers, Store
from domain.series import TimeSeries
from domain.throttling import Budget, Denied, Permit

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A fetch that was claimed, and the permit for its first call."""

    fetch: Fetch
    series: TimeSeries
    known: PriorState
    budget: Budget
    permit: Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchDataset:
    """
    Do one fetch.

    Attributes:
        lease_seconds: how long a worker that has gone silent keeps its fetches.
        deadline_seconds: how long a source may take; some time after it the lease is no longer renewed.

    """

    store: Store
    providers: Providers
    calls: ProviderThrottle
    retry: RetryPolicy
    lease_seconds: float
    deadline_seconds: float
    held: RunningFetches = field(default_factory=RunningFetches)
    heartbeat: Heartbeat = field(init=False)

    def __post_init__(self) -> None:
        """Keep this process's leases by one heartbeat."""
        longest = self.deadline_seconds + self.lease_seconds
        object.__setattr__(self, "heartbeat", Heartbeat(self.store, lease_seconds=self.lease_seconds, at_most_seconds=longest))

    def __call__(self, fetch_id: UUID) -> Fetch | None:
        """
        Begin a due fetch and bring it to its end or its next wait.

        Returns:
            The fetch as this left it; None if another worker has it, had it, or took it over.

        """
        lease = Lease(uuid4(), self.lease_seconds)
        begun = None if self.held.closed else self._begin(fetch_id, lease)
        if not isinstance(begun, _Begun):
            return begun
        try:
            with self.held.holding(begun.fetch, lease):
                ended = self._run(begun, lease)
        except (LeaseLost, SeriesNotFound):
            if not self.held.was_released(lease):
                logger.warning("fetch fenced", extra={"fetch": str(fetch_id)})
                self._count_fenced()
            return None
        _log(ended, begun.series)
        return ended

    def release(self) -> int:
        """Begin no more, cut all calls, and give back what runs as if it had not been begun; tell how many were."""
        self.held.close()
        running, released = self.held.drain(), 0
        self.providers.abort_calls()
        for fetch, lease in running:
            # One that ends in this very moment needs no release.
            with suppress(LeaseLost, SeriesNotFound), self.store.writing() as uow:
                uow.series.lock(fetch.series_id)
                uow.fetches.release(fetch.id, lease)
                uow.commit()
                released += 1
                logger.info("fetch released", extra={"fetch": str(fetch.id)})
        return released

    def _count_fenced(self) -> None:
        with suppress(StoreUnavailable), self.store.writing() as uow:
            uow.figures.count(Counted.STALE_COMMITS)
            uow.commit()

    def _begin(self, fetch_id: UUID, lease: Lease) -> _Begun | Fetch | None:
        with self.store.writing() as uow:
            claimed = uow.fetches.claim(fetch_id, lease)
            if claimed is None:
                uow.figures.count(Counted.CLAIMS_LOST)
                uow.commit()
                return None
            fetch, series = claimed
            budget = self.calls.budget(self.providers, series.provider)
            answer = self.calls.first(uow, budget, fetch.id)
            if isinstance(answer, Denied):
                fetch = uow.fetches.defer(fetch.id, lease, seconds=answer.seconds, waiting_for=answer.waiting_for)
            known = known_of(uow, series)
            # A lost claim is made again, and what it led to refused; but a call that counts in windows the provider does not forget.
            uow.commit(lasting=bool(budget.limits))
        return fetch if isinstance(answer, Denied) else _Begun(fetch, series, known, budget, answer)

    def _run(self, begun: _Begun, lease: Lease) -> Fetch:
        fetch, series, known = begun.fetch, begun.series, begun.known
        logger.info("fetch begun", extra={"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}"})
        if fetch.cancel_requested_at or fetch.crashes >= MAX_CRASHES:
            return self._put_off(fetch, FetchCancelled() if fetch.cancel_requested_at else AttemptsExhausted(), lease)
        try:
            with (
                self.heartbeat.of(fetch, lease),
                self.calls.of(begun.budget, fetch.id, begun.permit),
            ):
                fetched = self._ask(series, known)
                try:
                    return self._keep(begun, fetched, known, lease)
                except WindowDiscarded:
                    logger.info("window discarded", extra={"fetch": str(fetch.id)})
                    known = PriorState(newest=None)
                    return self._keep(begun, self._ask(series, known), known, lease)
        except ThrottledLocally as error:
            if self.held.was_released(lease):
                raise LeaseLost from error
            return self._hold_back(fetch, error, lease)
        except FetchError as error:
            return self._put_off(fetch, error, lease)
        except (LeaseLost, SeriesNotFound, StoreUnavailable):
            raise
        except Exception as error:
            logger.exception("fetch broke", extra={"fetch": str(fetch.id)})
            broken = AnswerNotUnderstood(f"lanner broke on this answer of {series.provider} ({type(error).__name__}).")
            return self._put_off(fetch, broken, lease)

    def _ask(self, series: TimeSeries, known: PriorState) -> Fetched:
        try:
            fetched = self.providers.source(series.provider).fetch(series.code, known)
        except ProviderNotConfigured as error:
            raise KeyMissing(error.message) from error
        except UnknownProvider as error:
            hint = "Start the workers again if it was just added; else route its databases elsewhere with LANNER_ROUTES."
            raise SourceGone(f"This worker has no provider {series.provider}.", hint=hint) from error
        except InvalidInput as error:
            raise AnswerNotUnderstood(error.message, hint=error.hint) from error
        is_part = fetched.covers is not None or fetched.not_modified
        if bool(fetched.vintages) == fetched.not_modified or (is_part and known.newest is None):
            raise AnswerNotUnderstood("The provider's answer holds no whole state of the series.")
        return fetched

    def _keep(self, begun: _Begun, fetched: Fetched, known: PriorState, lease: Lease) -> Fetch:
        fetch, series = begun.fetch, begun.series
        while True:
            with self.store.reading() as uow:
                prepared = prepare(uow, series, fetch, fetched)
                confirmed = confirmation(uow, series, known, fetched, added=prepared.vintages)
            metadata = series.metadata if fetched.not_modified else fetched.metadata
            with self.store.writing() as uow:
                uow.series.lock(fetch.series_id)
                ended_at = uow.fetches.succeed(fetch.id, lease, prepared.vintages, left_out=fetched.left_out)
                # What was prepared against a vintage that is no longer the last has to be made anew.
                if uow.vintages.append(fetch.series_id, prepared):
                    known_at = prepared.vintages[-1].fetched_at if prepared.vintages else None
                    uow.series.checked(series, metadata, confirmed, known_at=known_at)
                    uow.commit()
                    return fetch.succeeded(ended_at, prepared.vintages, fetched.left_out)
                series = uow.series.get(fetch.series_id)

    def _hold_back(self, fetch: Fetch, error: ThrottledLocally, lease: Lease) -> Fetch:
        reason = WaitingFor.CIRCUIT if error.circuit else WaitingFor.RATE_LIMIT
        with self.store.writing() as uow:
            uow.series.lock(fetch.series_id)
            held_back = uow.fetches.defer(fetch.id, lease, seconds=error.retry_after or 0.0, waiting_for=reason)
            uow.commit()
        return held_back

    def _put_off(self, fetch: Fetch, error: FetchError, lease: Lease) -> Fetch:
        failure = Failure.of(error)
        with self.store.writing() as uow:
            uow.series.lock(fetch.series_id)
            seconds = self.retry.wait(fetch, error, uow.now())
            if seconds is None:
                ended = uow.fetches.fail(fetch.id, lease, failure)
            else:
                ended = uow.fetches.schedule_retry(fetch.id, lease, failure, seconds=seconds, waiting_for=waiting_for(error))
            uow.commit()
        return ended


def _log(fetch: Fetch, series: TimeSeries) -> None:
    outcome = {"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}", "status": fetch.status.value}
    if fetch.waiting_for in (WaitingFor.RATE_LIMIT, WaitingFor.CIRCUIT):
        logger.info("fetch waits", extra=outcome | {"waiting_for": fetch.waiting_for.value})
    elif fetch.failure and fetch.vintages_added is None:
        logger.warning("fetch failed", extra=outcome | {"code": fetch.failure.code, "reason": fetch.failure.message})
    else:
        logger.info("fetch ended", extra=outcome | {"vintages_added": fetch.vintages_added})
