"""The heartbeat: keeps a worker's lease while it waits for a provider."""

from __future__ import annotations

import logging
from contextlib import suppress
from math import ceil
from threading import Event, Thread

from domain.errors import FetchCancelled, LeaseLost, SeriesNotFound, StoreUnavailable
from domain.fetches import Failure, Fetch, Lease
from domain.ports import Store

logger = logging.getLogger(__name__)
_BEATS_A_LEASE = 3


class Heartbeat:
    """
    Renews a lease three times within its length, from entering to leaving, but not for ever: what hangs loses it.

    A fetch whose cancellation was requested ends here, however long its source goes on: its close will be fenced.
    """

    def __init__(self, store: Store, fetch: Fetch, lease: Lease, *, at_most_seconds: float) -> None:
        self._store, self._fetch, self._lease = store, fetch, lease
        self._beats = ceil(at_most_seconds / lease.seconds * _BEATS_A_LEASE)
        self._over = Event()
        self._thread = Thread(target=self._beat, name=f"heartbeat-{fetch.id}", daemon=True)

    def __enter__(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Beat no more."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        for _ in range(self._beats):
            if self._over.wait(self._lease.seconds / _BEATS_A_LEASE):
                return
            try:
                held = self._renew()
            except StoreUnavailable:
                logger.warning("heartbeat missed", extra={"fetch": str(self._fetch.id)})
                continue
            if not held:
                return

    def _renew(self) -> bool:
        try:
            with self._store.writing() as uow:
                held = uow.fetches.extend(self._fetch.id, self._lease)
                uow.commit()
        except FetchCancelled as error:
            self._cancel(error)
            return False
        return held

    def _cancel(self, error: FetchCancelled) -> None:
        with suppress(LeaseLost, SeriesNotFound), self._store.writing() as uow:
            uow.series.lock(self._fetch.series_id)
            uow.fetches.fail(self._fetch.id, self._lease, Failure.of(error))
            uow.commit()
        logger.info("fetch cancelled", extra={"fetch": str(self._fetch.id)})
