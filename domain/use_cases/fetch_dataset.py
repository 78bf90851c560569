"""FetchDataset: claim, ask the source, keep what is new and close, in one transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID, uuid4

from domain.errors import (
    AnswerNotUnderstood,
    AttemptsExhausted,
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
from domain.ports import Fetched, Known, Providers, Store
from domain.series import TimeSeries
from domain.use_cases.arrivals import WindowDiscarded, prepare
from domain.use_cases.heartbeat import Heartbeat

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

    def __call__(self, fetch_id: UUID) -> Fetch | None:
        """
        Begin a due fetch and bring it to its end or its next wait.

        Returns:
            The fetch as this left it; None if another worker has it, had it, or took it over.

        """
        lease = Lease(uuid4(), self.lease_seconds)
        claimed = self._claim(fetch_id, lease)
        if claimed is None:
            return None
        fetch, series = claimed
        try:
            ended = self._run(fetch, series, lease)
        except (LeaseLost, SeriesNotFound):
            logger.warning("fetch fenced", extra={"fetch": str(fetch_id)})
            return None
        _log(ended, series)
        return ended

    def _claim(self, fetch_id: UUID, lease: Lease) -> tuple[Fetch, TimeSeries] | None:
        with self.store.writing() as uow:
            fetch = uow.fetches.claim(fetch_id, lease)
            if fetch is None:
                return None
            series = uow.series.get(fetch.series_id)
            uow.commit()
        return fetch, series

    def _run(self, fetch: Fetch, series: TimeSeries, lease: Lease) -> Fetch:
        logger.info("fetch begun", extra={"fetch": str(fetch.id), "series": f"{series.provider}:{series.code}"})
        if fetch.crashes >= MAX_CRASHES:
            return self._put_off(fetch, AttemptsExhausted(), lease)
        try:
            with Heartbeat(self.store, fetch.id, lease, at_most_seconds=self.deadline_seconds + self.lease_seconds):
                fetched = self._ask(series, Known(newest=series.newest))
                try:
                    return self._keep(fetch, fetched, lease)
                except WindowDiscarded:
                    logger.info("window discarded", extra={"fetch": str(fetch.id)})
                    return self._keep(fetch, self._ask(series, Known(newest=None)), lease)
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
        if not fetched.vintages or (fetched.covers and known.newest is None):
            raise AnswerNotUnderstood("The provider's answer holds no whole state of the series.")
        return fetched

    def _keep(self, fetch: Fetch, fetched: Fetched, lease: Lease) -> Fetch:
        while True:
            with self.store.reading() as uow:
                prepared = prepare(uow, fetch, fetched)
            with self.store.writing() as uow:
                uow.series.lock(fetch.series_id)
                ended = uow.fetches.succeed(fetch.id, lease, prepared.vintages, left_out=fetched.left_out)
                # What was prepared against a vintage that is no longer the last has to be made anew.
                if uow.vintages.append(fetch.series_id, prepared):
                    uow.series.checked(fetch.series_id, fetched.metadata)
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
