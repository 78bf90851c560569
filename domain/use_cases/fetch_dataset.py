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
    UnknownProvider,
)
from domain.fetches import MAX_CRASHES, Failure, Fetch, Lease, RetryPolicy, waiting_for
from domain.figures import Counted
from domain.ports import Fetched, Known, Providers, Store
from domain.series import TimeSeries
from domain.use_cases.arrivals import WindowDiscarded, confirmation, known_of, prepare
from domain.use_cases.heartbeat import Heartbeat
from domain.use_cases.held import Held

logger = logging.getLogger(__name__)


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
    retry: RetryPolicy
    lease_seconds: float
    deadline_seconds: float
    held: Held = field(default_factory=Held)

    def __call__(self, fetch_id: UUID) -> Fetch | None:
        """
        Begin a due fetch and bring it to its end or its next wait.

        Returns:
            The fetch as this left it; None if another worker has it, had it, or took it over.

        """
        lease = Lease(uuid4(), self.lease_seconds)
        claimed = None if self.held.closed else self._claim(fetch_id, lease)
        if claimed is None:
            return None
        fetch, series, known = claimed
        try:
            with self.held.holding(fetch, lease):
                ended = self._run(fetch, series, known, lease)
        except (LeaseLost, SeriesNotFound):
            logger.warning("fetch fenced", extra={"fetch": str(fetch_id)})
            self._count_fenced()
            return None
        _log(ended, series)
        return ended

    def release(self) -> int:
        """Begin no more, and give back what runs as if it had not been begun; tell how many were."""
        self.held.close()
        released = 0
        for fetch, lease in self.held.running():
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
            uow.figures.count(Counted.FENCED_CLOSES)
            uow.commit()

    def _claim(self, fetch_id: UUID, lease: Lease) -> tuple[Fetch, TimeSeries, Known] | None:
        with self.store.writing() as uow:
            fetch = uow.fetches.claim(fetch_id, lease)
            if fetch is None:
                uow.figures.count(Counted.CLAIMS_REFUSED)
                uow.commit()
                return None
            series = uow.series.get(fetch.series_id)
            known = known_of(uow, series)
            uow.commit()
        return fetch, series, known

    def _run(self, fetch: Fetch, series: TimeSeries, known: Known, lease: Lease) -> Fetch:
        logger.info("fetch begun", extra={"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}"})
        if fetch.cancel_requested_at:
            return self._put_off(fetch, FetchCancelled(), lease)
        if fetch.crashes >= MAX_CRASHES:
            return self._put_off(fetch, AttemptsExhausted(), lease)
        try:
            with Heartbeat(self.store, fetch, lease, at_most_seconds=self.deadline_seconds + self.lease_seconds):
                fetched = self._ask(series, known)
                try:
                    return self._keep(fetch, fetched, known, lease)
                except WindowDiscarded:
                    logger.info("window discarded", extra={"fetch": str(fetch.id)})
                    known = Known(newest=None)
                    return self._keep(fetch, self._ask(series, known), known, lease)
        except FetchError as error:
            return self._put_off(fetch, error, lease)
        except (LeaseLost, SeriesNotFound, StoreUnavailable):
            raise
        except Exception as error:
            logger.exception("fetch broke", extra={"fetch": str(fetch.id)})
            broken = AnswerNotUnderstood(f"lanner broke on this answer of {series.provider} ({type(error).__name__}).")
            return self._put_off(fetch, broken, lease)

    def _ask(self, series: TimeSeries, known: Known) -> Fetched:
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

    def _keep(self, fetch: Fetch, fetched: Fetched, known: Known, lease: Lease) -> Fetch:
        while True:
            with self.store.reading() as uow:
                series = uow.series.get(fetch.series_id)
                prepared = prepare(uow, series, fetch, fetched)
                confirmed = confirmation(uow, series, known, fetched, added=prepared.vintages)
            metadata = series.metadata if fetched.not_modified else fetched.metadata
            with self.store.writing() as uow:
                uow.series.lock(fetch.series_id)
                ended = uow.fetches.succeed(fetch.id, lease, prepared.vintages, left_out=fetched.left_out)
                # What was prepared against a vintage that is no longer the last has to be made anew.
                if uow.vintages.append(fetch.series_id, prepared):
                    known_at = prepared.vintages[-1].fetched_at if prepared.vintages else None
                    uow.series.checked(fetch.series_id, metadata, confirmed, known_at=known_at)
                    uow.commit()
                    return ended

    def _put_off(self, fetch: Fetch, error: FetchError, lease: Lease) -> Fetch:
        failure = Failure.of(error)
        with self.store.writing() as uow:
            uow.series.lock(fetch.series_id)
            seconds = self.retry.wait(fetch, error, uow.now())
            if seconds is None:
                ended = uow.fetches.fail(fetch.id, lease, failure)
            else:
                ended = uow.fetches.postpone(fetch.id, lease, failure, seconds=seconds, waiting_for=waiting_for(error))
            uow.commit()
        return ended


def _log(fetch: Fetch, series: TimeSeries) -> None:
    outcome = {"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}", "status": fetch.status.value}
    if fetch.failure and fetch.vintages_added is None:
        logger.warning("fetch failed", extra=outcome | {"code": fetch.failure.code, "reason": fetch.failure.message})
    else:
        logger.info("fetch ended", extra=outcome | {"vintages_added": fetch.vintages_added})
