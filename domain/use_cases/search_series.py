"""SearchSeries: search the stored series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.ports import Store
from domain.series import Database, SeriesPage, SeriesQuery


@dataclass(frozen=True, slots=True)
class SearchSeries:
    """List and search the series."""

    store: Store

    def __call__(self, query: SeriesQuery) -> SeriesPage:
        """Return a page of matching series in order of creation."""
        with self.store.reading() as uow:
            return uow.series.search(query)

    def count(self, query: SeriesQuery, *, most: int) -> int:
        """Return the number of all matching series, at most ``most``."""
        with self.store.reading() as uow:
            return uow.series.count(query, most=most)

    def databases(self) -> Sequence[Database]:
        """Return the database codes of the stored series."""
        with self.store.reading() as uow:
            return uow.series.databases()

    def now(self) -> datetime:
        """Return the time by the store's clock."""
        with self.store.reading() as uow:
            return uow.now()
