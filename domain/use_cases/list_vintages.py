"""ListVintages: the vintages of a series, and the feed of all vintages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import VintageNotFound
from domain.ports import Store
from domain.series import TimeSeries
from domain.vintages import FeedEntry, Vintage


@dataclass(frozen=True, slots=True)
class VintagePage:
    """A page of vintages in order of arrival, and ``after`` of the next page, if there is one."""

    series: TimeSeries
    items: Sequence[Vintage]
    next: int | None


@dataclass(frozen=True, slots=True)
class ListVintages:
    """Read vintages without their observations."""

    store: Store

    def __call__(self, series_id: UUID, *, after: int = 0, limit: int = 1000) -> VintagePage:
        """Return a page of the vintages numbered above ``after``; raises SeriesNotFound."""
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            found = uow.vintages.list(series_id, after=after, limit=limit + 1)
        more = len(found) > limit
        return VintagePage(series, found[:limit], found[limit - 1].number if more else None)

    def one(self, series_id: UUID, number: int) -> Vintage:
        """Return one vintage; raises SeriesNotFound or VintageNotFound."""
        found = self(series_id, after=number - 1, limit=1).items
        if not found or found[0].number != number:
            raise VintageNotFound(f"The series has no vintage {number}.", hint="Its vintages are numbered from 1.")
        return found[0]

    def recorded(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        """Return the vintages of all series recorded after a position, oldest first."""
        with self.store.reading() as uow:
            return uow.vintages.feed(after=after, limit=limit)
