"""SweepFetches: which fetches nobody works on, though their time has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.ports import Store


@dataclass(frozen=True, slots=True)
class SweepFetches:
    """Find due fetches, so that one whose bell was lost is begun all the same."""

    store: Store

    def __call__(self, limit: int) -> Sequence[UUID]:
        """Give the ids of at most ``limit`` due fetches, longest due first."""
        with self.store.reading() as uow:
            return uow.fetches.due(limit)

    def quiet(self, at_most: float) -> float:
        """Tell for how many seconds, at most so many, no fetch becomes due that waits now."""
        with self.store.reading() as uow:
            moment = uow.fetches.next_due()
            return min(at_most, max(0.0, (moment - uow.now()).total_seconds())) if moment else at_most
