"""The heartbeat: renews a worker's leases while its fetches run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from time import monotonic, sleep

from domain.errors import FetchCancelled, LeaseLost, SeriesNotFound, StoreUnavailable
from domain.fetches import Failure, Fetch, Lease
from domain.ports import Store

logger = logging.getLogger(__name__)
_RENEWALS_PER_LEASE = 3


class Heartbeat:
    """
    Renews the leases of this process's running fetches, three times per lease, up to a maximum: a fetch that hangs loses its lease.

    A fetch whose cancellation was requested ends here, however long its source runs on: its commit will be rejected. One thread
    renews all leases, since starting one takes as long as parsing a short answer; it ends when there is nothing to renew.
    """

    def __init__(self, store: Store, *, lease_seconds: float, at_most_seconds: float) -> None:
        self._store, self._at_most_seconds = store, at_most_seconds
        self._pause = lease_seconds / _RENEWALS_PER_LEASE
        self._running: dict[Lease, tuple[Fetch, float]] = {}
        self._lock = Lock()
        self._thread: Thread | None = None

    @contextmanager
    def renewing(self, fetch: Fetch, lease: Lease) -> Iterator[None]:
        """Renew a fetch's lease from entering to leaving."""
        with self._lock:
            self._running[lease] = fetch, monotonic() + self._at_most_seconds
            # A forked process inherits the object, but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._renew_all, name="heartbeat", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(lease, None)

    def _renew_all(self) -> None:
        idle = 0
        while True:
            sleep(self._pause)
            with self._lock:
                running = list(self._running.items())
                idle = 0 if running else idle + 1
                if idle > _RENEWALS_PER_LEASE:
                    self._thread = None
                    return
            for lease, (fetch, until) in running:
                if monotonic() < until and self._is_kept(fetch, lease):
                    continue
                with self._lock:
                    self._running.pop(lease, None)

    def _is_kept(self, fetch: Fetch, lease: Lease) -> bool:
        try:
            return self._renew(fetch, lease)
        except StoreUnavailable:
            logger.warning("heartbeat missed", extra={"fetch": str(fetch.id)})
        except Exception:
            # This thread renews the other leases too.
            logger.exception("unhandled error in heartbeat", extra={"fetch": str(fetch.id)})
        return True

    def _renew(self, fetch: Fetch, lease: Lease) -> bool:
        try:
            with self._store.writing() as uow:
                held = uow.fetches.extend(fetch.id, lease)
                uow.commit()
        except FetchCancelled as error:
            self._cancel(fetch, lease, error)
            return False
        return held

    def _cancel(self, fetch: Fetch, lease: Lease, error: FetchCancelled) -> None:
        with suppress(LeaseLost, SeriesNotFound), self._store.writing() as uow:
            uow.series.lock(fetch.series_id)
            uow.fetches.fail(fetch.id, lease, Failure.of(error))
            uow.commit()
        logger.info("fetch cancelled", extra={"fetch": str(fetch.id)})
