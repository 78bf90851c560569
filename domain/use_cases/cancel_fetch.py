"""CancelFetch: end a fetch that is no longer wanted."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.errors import FetchAlreadyEnded
from domain.fetches import Fetch, FetchStatus
from domain.ports import Store


@dataclass(frozen=True, slots=True)
class CancelFetch:
    """Cancel a fetch: at once if it is pending; its worker ends it at its next heartbeat if it runs."""

    store: Store

    def __call__(self, fetch_id: UUID) -> Fetch:
        """
        Return the fetch as it is now: cancelled, or running with its cancellation requested.

        Raises:
            FetchNotFound: none has this id.
            FetchAlreadyEnded: it ended, but not as cancelled.

        """
        with self.store.writing() as uow:
            uow.series.lock(uow.fetches.get(fetch_id).series_id)
            fetch = uow.fetches.cancel(fetch_id)
            uow.commit()
        if fetch.ended and fetch.status is not FetchStatus.CANCELLED:
            raise FetchAlreadyEnded(f"The fetch has ended already: {fetch.status}.")
        return fetch
