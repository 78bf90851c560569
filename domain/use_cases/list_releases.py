"""ListReleases: the releases of followed series that came, and those that are expected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge

from domain.ports import Store
from domain.schedules.listed import ListedRelease, ReleasePage, ReleaseQuery


@dataclass(frozen=True, slots=True)
class ListReleases:
    """List releases of followed series, oldest first."""

    store: Store

    def __call__(self, query: ReleaseQuery) -> ReleasePage:
        """Return a page; a series is listed once for a moment, however many schedules follow it."""
        wanted = replace(query, limit=query.limit + 1)
        with self.store.reading() as uow:
            parts = uow.releases.published(wanted), uow.releases.expected(wanted)
        # Behind the end of a full part there may be releases that were not read.
        ends = [_place(part[-1]) for part in parts if len(part) == wanted.limit]
        once = {_place(release): release for release in merge(*parts, key=_place) if not ends or _place(release) <= min(ends)}
        items = tuple(once.values())[: query.limit]
        more = bool(ends) or len(once) > query.limit
        return ReleasePage(items, (items[-1].at, items[-1].series_id) if more else None)


def _place(release: ListedRelease) -> tuple[datetime, int]:
    return release.at, release.number
