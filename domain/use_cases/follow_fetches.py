"""FollowFetches: how a fetch stands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.fetches import Fetch
from domain.ports import Store


@dataclass(frozen=True, slots=True)
class FollowFetches:
    """Look at a fetch."""

    store: Store

    def __call__(self, fetch_id: UUID) -> Fetch:
        """Give the fetch as it is now; raises FetchNotFound."""
        with self.store.reading() as uow:
            return uow.fetches.get(fetch_id)
