"""FetchDataset: claim a fetch, call its source, and store new vintages with the fetch's end in one transaction."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID, uuid4

from domain.budgets import Budget
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
from domain.fetches import MAX_CRASHES, Failure, Fetch, FetchStatus, Lease, RetryPolicy, WaitingFor, waiting_for
from domain.fetching.endings import after_failure, after_success
from domain.fetching.gates import gates_of_provider
from domain.fetching.heartbeat import Heartbeat
from domain.fetching.in_flight import RunningFetches
from domain.fetching.ingest import WindowDiscarded, confirmation, prepare, prior_state
from domain.fetching.provider_throttle import ProviderThrottle
from domain.metrics import Counted
from domain.ports import Facts, Fetched, PriorState, Providers, Span, SpanKind, Store, Tracer, UnitOfWork
from domain.series import TimeSeries
from domain.source_status import AtSource, StatusChange
from domain.throttling import Denied, Permit
from domain.use_cases.plan_next_look import PlanNextLook
from domain.use_cases.watch_equivalences import WatchEquivalences
from domain.webhooks.events import fetch_failed, series_discontinued

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A claimed fetch, and the permit for its first call, or the error with which it ends without any."""

    fetch: Fetch
    series: TimeSeries
    known: PriorState
    budget: Budget
    permit: Permit | FetchError


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchDataset:
    """
    Run one fetch.

    Attributes:
        plan_next_look, watch_equivalences: called after each fetch that has ended.
        lease_seconds: how long a worker keeps its fetches without renewing their leases.
        deadline_seconds: how long a source may take; one lease later its lease is no longer renewed.

    """

    store: Store
    providers: Providers
    calls: ProviderThrottle
    tracer: Tracer
    retry: RetryPolicy
    plan_next_look: PlanNextLook
    watch_equivalences: WatchEquivalences
    lease_seconds: float
    deadline_seconds: float
    running: RunningFetches = field(default_factory=RunningFetches)
    heartbeat: Heartbeat = field(init=False)

    def __post_init__(self) -> None:
        """Create the heartbeat that renews this process's leases."""
        longest = self.deadline_seconds + self.lease_seconds
        object.__setattr__(self, "heartbeat", Heartbeat(self.store, lease_seconds=self.lease_seconds, at_most_seconds=longest))

    def __call__(self, fetch_id: UUID) -> Fetch | None:
        """
        Claim a due fetch and run it until it ends or must wait.

        Returns:
            The fetch as this left it; None if it was not due, or another worker took it over.

        """
        lease, begun = Lease(uuid4(), self.lease_seconds), monotonic()
        claimed = None if self.running.closed else self._claim(fetch_id, lease)
        if not isinstance(claimed, _Claimed):
            return claimed
        try:
            with self.running.track(claimed.fetch, lease), self._span(claimed) as span:
                ended = self._run(claimed, lease)
                _note(span, ended)
        except (LeaseLost, SeriesNotFound):
            if not self.running.was_released(lease):
                logger.warning("lease lost", extra={"fetch": str(fetch_id)})
                self._count_stale_commit()
            return None
        except Exception:
            raise
        except BaseException:
            # Ctrl-C: the next worker need not wait until the lease has expired.
            self._release(claimed.fetch, lease)
            raise
        self.running.on_end(claimed.series.provider, ended.status, monotonic() - begun)
        _log(ended, claimed.series)
        if ended.ended:
            # If the store fails here, or the worker dies, another does it within minutes.
            with suppress(StoreUnavailable):
                self.plan_next_look(ended.series_id, ended=ended)
                self.watch_equivalences()
        return ended

    def release(self) -> int:
        """Start no more, abort all calls, and release the running fetches as if they had not been claimed; return how many."""
        self.running.close()
        in_flight = self.running.drain()
        self.providers.abort_calls()
        return sum(self._release(fetch, lease) for fetch, lease in in_flight)

    def _release(self, fetch: Fetch, lease: Lease) -> bool:
        """Release a fetch as if it had not been claimed; return whether it still ran, for one that ends at this moment needs no release."""
        with suppress(LeaseLost, SeriesNotFound), self.store.writing() as uow:
            uow.series.lock(fetch.series_id)
            uow.fetches.release(fetch.id, lease)
            uow.commit()
            logger.info("fetch released", extra={"fetch": str(fetch.id)})
            return True
        return False

    def _count_stale_commit(self) -> None:
        with suppress(StoreUnavailable), self.store.writing() as uow:
            uow.metrics.count(Counted.STALE_COMMITS)
            uow.commit()

    def _claim(self, fetch_id: UUID, lease: Lease) -> _Claimed | Fetch | None:
        with self.store.writing() as uow:
            claimed = uow.fetches.claim(fetch_id, lease)
            if claimed is None:
                uow.metrics.count(Counted.CLAIMS_LOST)
                uow.commit()
                return None
            fetch, series = claimed
            budget = self.calls.budget(self.providers, series.provider)
            refusal = self.providers.refusal(series.provider, series.code)
            answer = refusal or self.calls.acquire_first_permit(uow, budget, fetch)
            if isinstance(answer, Denied):
                fetch = uow.fetches.defer(fetch.id, lease, seconds=answer.seconds, waiting_for=answer.waiting_for)
            known = prior_state(uow, series)
            # A lost claim is repeated and its results rejected; but a call that counts in a provider's windows must not be lost.
            uow.commit(lasting=bool(budget.limits))
        return fetch if isinstance(answer, Denied) else _Claimed(fetch, series, known, budget, answer)

    def _span(self, claimed: _Claimed) -> AbstractContextManager[Span]:
        fetch, series = claimed.fetch, claimed.series
        facts: Facts = {
            "lanner.fetch": str(fetch.id),
            "lanner.series": f"{series.provider}:{series.code}",
            "lanner.attempt": fetch.attempts,
            "lanner.request_id": fetch.request_id,
        }
        return self.tracer.span(f"fetch {series.provider}", SpanKind.CONSUMER, parent=fetch.traceparent, facts=facts)

    def _commit_span(self) -> AbstractContextManager[Span]:
        return self.tracer.span("commit", SpanKind.INTERNAL)

    def _run(self, claimed: _Claimed, lease: Lease) -> Fetch:
        fetch, series, known = claimed.fetch, claimed.series, claimed.known
        logger.info("fetch begun", extra={"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}"})
        if isinstance(claimed.permit, FetchError) or fetch.cancel_requested_at or fetch.crashes >= MAX_CRASHES:
            return self._fail_or_retry(fetch, _bound_to_end(claimed), lease)
        try:
            with (
                self.heartbeat.renewing(fetch, lease),
                self.calls.attribute_calls(claimed.budget, fetch, claimed.permit),
            ):
                fetched = self._ask(series, known)
                try:
                    return self._store(claimed, fetched, known, lease)
                except WindowDiscarded:
                    logger.info("window discarded", extra={"fetch": str(fetch.id)})
                    known = PriorState(newest=None)
                    return self._store(claimed, self._ask(series, known), known, lease)
        except ThrottledLocally as error:
            if self.running.was_released(lease):
                raise LeaseLost from error
            return self._defer(fetch, error, lease)
        except FetchError as error:
            return self._fail_or_retry(fetch, error, lease)
        except (LeaseLost, SeriesNotFound, StoreUnavailable):
            raise
        except Exception as error:
            logger.exception("unhandled error in fetch", extra={"fetch": str(fetch.id)})
            failure = AnswerNotUnderstood(f"lanner failed on this answer of {series.provider} ({type(error).__name__}).")
            return self._fail_or_retry(fetch, failure, lease)

    def _ask(self, series: TimeSeries, known: PriorState) -> Fetched:
        try:
            fetched = self.providers.source(series.provider).fetch(series.code, known)
        except ProviderNotConfigured as error:
            raise KeyMissing(error.message) from error
        except UnknownProvider as error:
            hint = "Restart the workers if it was just added; else route its databases elsewhere with LANNER_ROUTES."
            raise SourceGone(f"This worker has no provider {series.provider}.", hint=hint) from error
        except InvalidInput as error:
            raise AnswerNotUnderstood(error.message, hint=error.hint) from error
        is_part = fetched.covers is not None or fetched.not_modified
        if bool(fetched.vintages) == fetched.not_modified or (is_part and known.newest is None):
            raise AnswerNotUnderstood("The provider's answer holds no complete state of the series.")
        return fetched

    def _store(self, claimed: _Claimed, fetched: Fetched, known: PriorState, lease: Lease) -> Fetch:
        fetch, series = claimed.fetch, claimed.series
        gates = series.gates.over(gates_of_provider(series, self.providers))
        while True:
            with self.store.reading() as uow:
                prepared, metadata = prepare(uow, series, fetch, fetched, gates=gates)
                confirmed = confirmation(uow, series, known, fetched, added=prepared.vintages)
            with self._commit_span(), self.store.writing() as uow:
                uow.series.lock(fetch.series_id)
                ended_at = uow.fetches.succeed(fetch.id, lease, prepared.vintages, left_out=fetched.left_out)
                # Prepared against a vintage that is no longer the last: prepare again.
                if uow.vintages.append(fetch.series_id, prepared):
                    known_at = prepared.vintages[-1].fetched_at if prepared.vintages else None
                    uow.series.record_fetch(series, metadata, confirmed, known_at=known_at)
                    _record(uow, series, *after_success(series, metadata, fetched.origin, ended_at))
                    uow.commit()
                    return fetch.succeeded(ended_at, prepared.vintages, fetched.left_out)
                series = uow.series.get(fetch.series_id)

    def _defer(self, fetch: Fetch, error: ThrottledLocally, lease: Lease) -> Fetch:
        reason = WaitingFor.CIRCUIT if error.circuit else WaitingFor.RATE_LIMIT
        with self.store.writing() as uow:
            uow.series.lock(fetch.series_id)
            deferred = uow.fetches.defer(fetch.id, lease, seconds=error.retry_after or 0.0, waiting_for=reason)
            uow.commit()
        return deferred

    def _fail_or_retry(self, fetch: Fetch, error: FetchError, lease: Lease) -> Fetch:
        failure = Failure.of(error)
        with self._commit_span(), self.store.writing() as uow:
            uow.series.lock(fetch.series_id)
            seconds = self.retry.wait(fetch, error, uow.now())
            if seconds is None:
                ended = uow.fetches.fail(fetch.id, lease, failure)
                series, now = uow.series.get(fetch.series_id), ended.finished_at or uow.now()
                _record(uow, series, *after_failure(series, failure, now))
                if ended.status is FetchStatus.ERROR:
                    uow.webhooks.record(series, fetch_failed(ended, now))
            else:
                ended = uow.fetches.schedule_retry(fetch.id, lease, failure, seconds=seconds, waiting_for=waiting_for(error))
            uow.commit()
        return ended


def _bound_to_end(claimed: _Claimed) -> FetchError:
    """Return the error of a fetch that ends before its provider is asked."""
    if claimed.fetch.cancel_requested_at:
        return FetchCancelled()
    return claimed.permit if isinstance(claimed.permit, FetchError) else AttemptsExhausted()


def _record(uow: UnitOfWork, series: TimeSeries, state: AtSource, change: StatusChange | None) -> None:
    if state != series.at_source:
        uow.series.record_source_status(series, state, change)
    if change:
        facts = {"series": f"{series.provider}:{series.code}", "status_at_source": change.status.value, "reason": change.reason}
        logger.warning("status at source changed", extra=facts)
        if state.has_ended:
            uow.webhooks.record(series, series_discontinued(change))


def _note(span: Span, fetch: Fetch) -> None:
    span.note({"lanner.status": fetch.status.value})
    if fetch.failure and fetch.vintages_added is None:
        span.fail(fetch.failure.code)


def _log(fetch: Fetch, series: TimeSeries) -> None:
    outcome = {"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}", "status": fetch.status.value}
    if fetch.waiting_for in (WaitingFor.RATE_LIMIT, WaitingFor.CIRCUIT):
        logger.info("fetch waits", extra=outcome | {"waiting_for": fetch.waiting_for.value})
    elif fetch.failure and fetch.vintages_added is None:
        logger.warning("fetch failed", extra=outcome | {"code": fetch.failure.code, "reason": fetch.failure.message})
    else:
        logger.info("fetch ended", extra=outcome | {"vintages_added": fetch.vintages_added})
