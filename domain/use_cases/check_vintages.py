"""CheckVintages: whether every vintage still holds what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.ports import Store
from domain.series import SeriesQuery, TimeSeries
from domain.vintages import Damage


@dataclass(frozen=True, slots=True)
class Checked:
    """A series whose vintages were read back, and its damaged vintages."""

    series: TimeSeries
    damage: Sequence[Damage]


@dataclass(frozen=True, slots=True)
class CheckVintages:
    """Read everything back and compare it with its digests."""

    store: Store

    def __call__(self) -> Iterator[Checked]:
        """Iterate over all series in order of creation, each in its own unit of work."""
        after: int | None = 0
        while after is not None:
            with self.store.reading() as uow:
                page = uow.series.search(SeriesQuery(after=after))
            yield from map(self.one, page.items)
            after = page.next

    def one(self, series: TimeSeries) -> Checked:
        """Read one series back."""
        with self.store.reading() as uow:
            return Checked(series, uow.vintages.verify(series.id))
