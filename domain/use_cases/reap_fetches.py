"""ReapFetches: find due fetches, expire dead workers' leases, and remove old fetches."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import FetchCancelled
from domain.fetches import Lease
from domain.metrics import Counted, FetchDurations
from domain.ports import Store

logger = logging.getLogger(__name__)

_DAY = 86_400.0
#: Clients do not repeat a request after longer than this.
_REMEMBERED_SECONDS = 2 * _DAY
_NONE: FetchDurations = {}


@dataclass(frozen=True, slots=True)
class ReapFetches:
    """Find due fetches, so that a lost notification only delays one."""

    store: Store
    lease_seconds: float
    keep_days: int

    def __call__(self, limit: int) -> Mapping[UUID, datetime]:
        """Return the ids of at most ``limit`` due fetches, longest due first, and since when each is due."""
        with self.store.reading() as uow:
            return uow.fetches.due(limit, self.lease_seconds)

    def seconds_until_due(self, at_most: float) -> float:
        """Return the seconds until a waiting fetch or a followed series becomes due, at most ``at_most``."""
        with self.store.reading() as uow:
            moments, now = (uow.fetches.next_due(), uow.schedules.next_at()), uow.now()
            # A series that is due already and was left is another worker's, or an error's: it does not hurry the next poll.
            waits = [(moment - now).total_seconds() for moment in moments if moment and moment > now]
            return min([at_most, *waits])

    def expire_lease(self, fetch_id: UUID, token: UUID) -> None:
        """Expire a lease whose holder is known to be dead, so that the fetch is due."""
        # A fetch with a requested cancellation keeps its lease until it expires.
        with suppress(FetchCancelled), self.store.writing() as uow:
            uow.fetches.extend(fetch_id, Lease(token, 0.0))
            uow.commit()

    def heartbeat(self, worker: str, found: int, *, consumes: bool = True, taken: FetchDurations = _NONE) -> None:
        """Record a worker's heartbeat, whether it receives messages, and what is new: polls that found work, and how long fetches took."""
        with self.store.writing() as uow:
            uow.metrics.heartbeat(worker, consumes=consumes)
            uow.metrics.add_durations(taken)
            if found:
                uow.metrics.count(Counted.SWEEPS_WITH_WORK, found)
            uow.commit()

    def prune(self, limit: int) -> bool:
        """Remove old idempotency keys, fetches and events told, at most so many of each; return whether there may be more."""
        with self.store.writing() as uow:
            forgotten = uow.requests.forget(seconds=_REMEMBERED_SECONDS, limit=limit)
            removed = uow.fetches.prune(seconds=self.keep_days * _DAY, limit=limit)
            told = uow.webhooks.prune(seconds=self.keep_days * _DAY, limit=limit)
            uow.quotas.forget(limit)
            uow.commit()
        if forgotten or removed or told:
            logger.info("pruned", extra={"fetches": removed, "request_keys": forgotten, "events": told})
        return max(forgotten, removed, told) >= limit
