"""FollowFetches: the status of fetches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.fetches import Fetch, FetchPage, FetchQuery
from domain.ports import Store


@dataclass(frozen=True, slots=True)
class FollowFetches:
    """Read one fetch, or many."""

    store: Store

    def __call__(self, fetch_id: UUID) -> Fetch:
        """Return the fetch as it is now; raises FetchNotFound."""
        with self.store.reading() as uow:
            return uow.fetches.get(fetch_id)

    def get_many(self, fetch_ids: Sequence[UUID]) -> Sequence[Fetch]:
        """Return the existing fetches among these ids, in the same order."""
        with self.store.reading() as uow:
            found = uow.fetches.get_many(fetch_ids)
        return sorted(found, key=lambda fetch: fetch_ids.index(fetch.id))

    def list(self, query: FetchQuery) -> FetchPage:
        """Return a page of the matching fetches, newest first."""
        with self.store.reading() as uow:
            return uow.fetches.list(query)
