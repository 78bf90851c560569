"""ReapFetches: which fetches nobody works on, though their time has come, and which nobody needs any more."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import FetchCancelled
from domain.fetches import Lease
from domain.metrics import Counted
from domain.ports import Store

logger = logging.getLogger(__name__)

_DAY = 86_400.0
#: A client that has not heard of its request for longer than this will not repeat it any more.
_REMEMBERED_SECONDS = 2 * _DAY


@dataclass(frozen=True, slots=True)
class ReapFetches:
    """Find due fetches, so that one whose bell was lost is begun all the same."""

    store: Store
    lease_seconds: float
    keep_days: int

    def __call__(self, limit: int) -> Mapping[UUID, datetime]:
        """Return the ids of at most ``limit`` due fetches, longest due first, and since when each is due."""
        with self.store.reading() as uow:
            return uow.fetches.due(limit, self.lease_seconds)

    def seconds_until_due(self, at_most: float) -> float:
        """Tell for how many seconds, at most so many, no fetch becomes due that waits now."""
        with self.store.reading() as uow:
            moment = uow.fetches.next_due()
            return min(at_most, max(0.0, (moment - uow.now()).total_seconds())) if moment else at_most

    def expire_lease(self, fetch_id: UUID, token: UUID) -> None:
        """End a lease whose holder is known to be dead, so that the fetch is due."""
        # One that is to be cancelled waits for its time.
        with suppress(FetchCancelled), self.store.writing() as uow:
            uow.fetches.extend(fetch_id, Lease(token, 0.0))
            uow.commit()

    def heartbeat(self, worker: str, found: int) -> None:
        """Return a worker's sign of life, and tell how many sweeps found work since the last."""
        with self.store.writing() as uow:
            uow.metrics.heartbeat(worker)
            if found:
                uow.metrics.count(Counted.SWEEPS_WITH_WORK, found)
            uow.commit()

    def prune(self, limit: int) -> bool:
        """Forget old request keys and remove old fetches, at most so many of each; tell whether there may be more."""
        with self.store.writing() as uow:
            forgotten = uow.requests.forget(seconds=_REMEMBERED_SECONDS, limit=limit)
            removed = uow.fetches.prune(seconds=self.keep_days * _DAY, limit=limit)
            uow.quotas.forget(limit)
            uow.commit()
        if forgotten or removed:
            logger.info("pruned", extra={"fetches": removed, "request_keys": forgotten})
        return limit in (forgotten, removed)
