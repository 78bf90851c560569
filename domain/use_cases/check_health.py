"""CheckHealth: whether this process can read the store, and whether fetches make progress."""

from __future__ import annotations

from dataclasses import dataclass

from domain.metrics import Metrics
from domain.ports import Dispatcher, ReadRouting, ReplicaStatus, Store, UnitOfWork

_LIVELY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """
    The service's health.

    Attributes:
        oldest_due_seconds: for how long the longest due fetch has been due; 0 if none is.
        workers: number with a heartbeat within a minute.
        consumers: how many of them receive messages from the broker.
        broker: whether this process's last notification reached it; None before the first, or without a broker.
        replica: None if none is set.

    """

    oldest_due_seconds: float
    workers: int
    consumers: int
    broker: bool | None
    replica: ReplicaStatus | None = None


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """Check the store and the fetches waiting in it."""

    store: Store
    dispatcher: Dispatcher
    lease_seconds: float
    read_routing: ReadRouting | None = None

    def __call__(self) -> Health:
        """
        Return the health.

        Raises:
                    StoreUnavailable: the store cannot be read, or its schema does not fit.

        """
        self.store.check()
        with self.store.reading() as uow:
            return self._health(uow)

    def metrics(self) -> tuple[Health, Metrics]:
        """Return health and metrics, which counts all fetches; raises StoreUnavailable."""
        with self.store.reading() as uow:
            return self._health(uow), uow.metrics.all()

    def _health(self, uow: UnitOfWork) -> Health:
        oldest = uow.fetches.oldest_due(self.lease_seconds)
        age = max(0.0, (uow.now() - oldest).total_seconds()) if oldest else 0.0
        workers, consumers = uow.metrics.workers(_LIVELY_SECONDS)
        return Health(
            oldest_due_seconds=age,
            workers=workers,
            consumers=consumers,
            broker=self.dispatcher.broker_reachable,
            replica=self.read_routing.status() if self.read_routing else None,
        )
