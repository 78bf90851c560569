"""SearchSeries: which series are kept."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ports import Store
from domain.series import SeriesPage, SeriesQuery


@dataclass(frozen=True, slots=True)
class SearchSeries:
    """List and search the series."""

    store: Store

    def __call__(self, query: SeriesQuery) -> SeriesPage:
        """Give a page in order of creation."""
        with self.store.reading() as uow:
            return uow.series.search(query)
