"""CheckHealth: can this process read the store, and does work get done."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ports import Store


@dataclass(frozen=True, slots=True)
class Health:
    """
    How things stand.

    Attributes:
        oldest_due_seconds: for how long the longest-waiting due fetch could have been begun; 0 if none is due.

    """

    oldest_due_seconds: float


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """Look at the store and at the work that waits in it."""

    store: Store

    def __call__(self) -> Health:
        """
        Look.

        Raises:
            StoreUnavailable: the store cannot be read, or its schema does not fit.

        """
        self.store.check()
        with self.store.reading() as uow:
            oldest = uow.fetches.oldest_due()
            return Health(max(0.0, (uow.now() - oldest).total_seconds()) if oldest else 0.0)
