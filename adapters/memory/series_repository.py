"""The series in RAM."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

from adapters.memory.state import Clock, State
from domain.codes import DatasetCode
from domain.coverage import Confirmation
from domain.errors import SeriesNotFound
from domain.series import Metadata, SeriesPage, SeriesQuery, TimeSeries
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True)
class MemorySeriesRepository:
    """The series of a state."""

    state: State
    clock: Clock

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        """See the port."""
        found = (series for series in self.state.series.values() if (series.provider, series.code) == (provider, code))
        return next((self.get(series.id) for series in found), None)

    def get(self, series_id: UUID) -> TimeSeries:
        """See the port."""
        if series_id not in self.state.series:
            raise SeriesNotFound
        kept = self.state.vintages.get(series_id, ())
        newest = max((k.vintage for k in kept), key=Vintage.knowledge, default=None)
        fetches = [fetch for fetch in self.state.fetches.values() if fetch.series_id == series_id]
        return replace(self.state.series[series_id], newest=newest, fetch=fetches[-1] if fetches else None)

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        """See the port."""
        found = self.find(provider, code)
        if found:
            return found
        taken = {series.alias for series in self.state.series.values()}
        names = (code.alias if n == 1 else f"{code.alias}_{n}" for n in count(1))
        series = TimeSeries(
            id=uuid4(),
            number=len(self.state.series) + 1,
            provider=provider,
            code=code,
            alias=next(name for name in names if name not in taken),
            created_at=self.clock(),
        )
        self.state.series[series.id] = series
        return series

    def search(self, query: SeriesQuery) -> SeriesPage:
        """See the port."""
        complete = (self.get(series_id) for series_id in self.state.series)
        found = [series for series in complete if _matches(series, query)][: query.limit + 1]
        more = len(found) > query.limit
        return SeriesPage(tuple(found[: query.limit]), found[query.limit - 1].number if more else None)

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        """See the port."""
        entries = self.state.descriptions.get(series_id, ())
        known = [metadata for known_at, metadata in entries if known_at <= moment] or [metadata for _, metadata in entries[:1]]
        return known[-1] if known else Metadata()

    def lock(self, series_id: UUID) -> TimeSeries:
        """See the port; the unit of work is the only writer already."""
        return self.get(series_id)

    def checked(self, series_id: UUID, metadata: Metadata, confirmed: Confirmation | None = None) -> None:
        """See the port."""
        now, known = self.clock(), self.state.series[series_id]
        self.state.series[series_id] = replace(known, checked_at=now, metadata=metadata, confirmed=confirmed)
        if known.metadata != metadata:
            self.state.descriptions[series_id] = (*self.state.descriptions.get(series_id, ()), (now, metadata))


def _matches(series: TimeSeries, query: SeriesQuery) -> bool:
    text = f"{series.code} {series.metadata.name} {series.metadata.description}".casefold()
    wanted = [
        (query.provider, series.provider),
        (query.database, series.code.database),
        (query.code, series.code),
        (query.status, series.status),
    ]
    return (
        series.number > query.after
        and all(asked is None or asked == has for asked, has in wanted)
        and all(word.casefold() in text for word in query.words)
    )
