"""ListVintages: the vintages of a series, and the feed of all vintages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import VintageNotFound
from domain.ports import Store
from domain.series import MetadataChange, TimeSeries, metadata_changes
from domain.vintages import FeedEntry, Vintage


@dataclass(frozen=True, slots=True)
class VintagePage:
    """
    A page of vintages in order of arrival, and ``after`` of the next page, if there is one.

    Attributes:
        changes: of the metadata, by the number of the vintage that was the last stored when they were recorded.

    """

    series: TimeSeries
    items: Sequence[Vintage]
    next: int | None
    changes: Mapping[int, Sequence[MetadataChange]]


@dataclass(frozen=True, slots=True)
class ListVintages:
    """Read vintages without their observations."""

    store: Store

    def __call__(self, series_id: UUID, *, after: int = 0, limit: int = 1000) -> VintagePage:
        """Return a page of the vintages numbered above ``after``; raises SeriesNotFound."""
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            found = uow.vintages.list(series_id, after=after, limit=limit + 1)
            changes = metadata_changes(uow.series.metadata_history(series_id)) if found else ()
        more = len(found) > limit
        return VintagePage(series, found[:limit], found[limit - 1].number if more else None, _by_vintage(found, changes))

    def one(self, series_id: UUID, number: int) -> VintagePage:
        """Return a page with this vintage alone; raises SeriesNotFound or VintageNotFound."""
        page = self(series_id, after=number - 1, limit=1)
        if not page.items or page.items[0].number != number:
            raise VintageNotFound(f"The series has no vintage {number}.", hint="Its vintages are numbered from 1.")
        return page

    def recorded(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        """Return the vintages of all series recorded after a position, oldest first."""
        with self.store.reading() as uow:
            return uow.vintages.feed(after=after, limit=limit)

    def last_recorded(self, limit: int) -> Sequence[FeedEntry]:
        """Return the vintages of all series recorded last, newest first."""
        with self.store.reading() as uow:
            return uow.vintages.last_recorded(limit)

    def last_ones(self, series_id: UUID, limit: int) -> tuple[TimeSeries, Sequence[Vintage]]:
        """Return a series and its vintages stored last, newest first; raises SeriesNotFound."""
        with self.store.reading() as uow:
            return uow.series.get(series_id), uow.vintages.last_ones(series_id, limit)[::-1]


def _by_vintage(vintages: Sequence[Vintage], changes: Sequence[MetadataChange]) -> Mapping[int, Sequence[MetadataChange]]:
    found: dict[int, list[MetadataChange]] = defaultdict(list)
    for change in changes:
        stored = [vintage.number for vintage in vintages if vintage.fetched_at <= change.known_at]
        if stored:
            found[stored[-1]].append(change)
    return found
