"""CheckHealth: can this process read the store, and does work get done."""

from __future__ import annotations

from dataclasses import dataclass

from domain.metrics import Metrics
from domain.ports import Dispatcher, Store, UnitOfWork

_LIVELY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """
    How things stand.

    Attributes:
        oldest_due_seconds: for how long the longest-waiting due fetch could have been begun; 0 if none is due.
        workers: how many have given a sign of life within a minute.
        broker: whether this process's last ring reached it; None if there was none, or there is no broker.

    """

    oldest_due_seconds: float
    workers: int
    broker: bool | None


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """Look at the store and at the work that waits in it."""

    store: Store
    dispatcher: Dispatcher
    lease_seconds: float

    def __call__(self) -> Health:
        """
        Look.

        Raises:
            StoreUnavailable: the store cannot be read, or its schema does not fit.

        """
        self.store.check()
        with self.store.reading() as uow:
            return self._health(uow)

    def metrics(self) -> tuple[Health, Metrics]:
        """Look closer: this counts all fetches. Raises StoreUnavailable."""
        with self.store.reading() as uow:
            return self._health(uow), uow.metrics.all()

    def _health(self, uow: UnitOfWork) -> Health:
        oldest = uow.fetches.oldest_due(self.lease_seconds)
        age = max(0.0, (uow.now() - oldest).total_seconds()) if oldest else 0.0
        return Health(oldest_due_seconds=age, workers=uow.metrics.workers(_LIVELY_SECONDS), broker=self.dispatcher.broker_reachable)
