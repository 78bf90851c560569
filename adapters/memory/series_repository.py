"""The series in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from adapters.memory.state import Clock, State
from domain.aliases import free_alias
from domain.codes import DatasetCode
from domain.errors import SeriesNotFound
from domain.gates.settings import SeriesGates
from domain.schedules.selector import Selector
from domain.series import Database, Metadata, MetadataEntry, SeriesPage, SeriesQuery, TimeSeries, terms
from domain.source_status import AtSource, StatusChange
from domain.vintages import Vintage
from domain.window import Confirmation


@dataclass(frozen=True, slots=True)
class MemorySeriesRepository:
    """The series of a state."""

    state: State
    clock: Clock

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        found = (series for series in self.state.series.values() if (series.provider, series.code) == (provider, code))
        return next((self.get(series.id) for series in found), None)

    def get(self, series_id: UUID) -> TimeSeries:
        if series_id not in self.state.series:
            raise SeriesNotFound
        kept = self.state.vintages.get(series_id, ())
        newest = max((k.vintage for k in kept), key=Vintage.knowledge, default=None)
        fetches = [fetch for fetch in self.state.fetches.values() if fetch.series_id == series_id]
        return replace(self.state.series[series_id], newest=newest, fetch=fetches[-1] if fetches else None)

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        found = self.find(provider, code)
        if found:
            return found
        taken = {series.alias for series in self.state.series.values()}
        self.state.number += 1
        series = TimeSeries(
            id=uuid4(),
            number=self.state.number,
            provider=provider,
            code=code,
            alias=free_alias(code.alias, taken.intersection),
            created_at=self.clock(),
        )
        self.state.series[series.id] = series
        return series

    def add_all(self, provider: str, codes: Sequence[DatasetCode]) -> Sequence[TimeSeries]:
        return [self.add(provider, code) for code in codes]

    def search(self, query: SeriesQuery) -> SeriesPage:
        complete = (self.get(series_id) for series_id in self.state.series)
        found = [series for series in complete if _matches(series, query)][query.skip :][: query.limit + 1]
        more = len(found) > query.limit
        return SeriesPage(tuple(found[: query.limit]), found[query.limit - 1].number if more else None)

    def matching(self, selector: Selector, limit: int) -> Sequence[TimeSeries]:
        meant = [key for key, series in self.state.series.items() if selector.matches(series.provider, series.code)]
        return [self.get(key) for key in meant[:limit]]

    def count(self, query: SeriesQuery, *, most: int) -> int:
        return len(self.search(replace(query, after=0, skip=0, limit=most)).items)

    def databases(self) -> Sequence[Database]:
        kept: dict[str, set[str]] = {}
        for series in self.state.series.values():
            kept.setdefault(series.code.database, set()).add(series.provider)
        return [Database(code, tuple(sorted(kept[code]))) for code in sorted(kept)]

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        entries = self.state.descriptions.get(series_id, ())
        known = [entry for entry in entries if entry.known_at <= moment] or entries[:1]
        return known[-1].metadata if known else Metadata()

    def metadata_history(self, series_id: UUID) -> Sequence[MetadataEntry]:
        return self.state.descriptions.get(series_id, ())

    def lock(self, series_id: UUID) -> None:
        """Do nothing: a writing unit of work is the only writer."""

    def remove(self, series_id: UUID) -> None:
        if self.state.series.pop(series_id, None) is None:
            raise SeriesNotFound
        self.state.descriptions.pop(series_id, None)
        self.state.source_statuses.pop(series_id, None)
        self.state.formulas.pop(series_id, None)
        self.state.splices.pop(series_id, None)
        for equivalence in [each for each in self.state.equivalences.values() if series_id in (each.a.id, each.b.id)]:
            self.state.remove_equivalence(equivalence.id)
        self.state.vintages.pop(series_id, None)
        self.state.sightings.pop(series_id, None)
        self.state.recorded = tuple(each for each in self.state.recorded if each.series_id != series_id)
        self.state.series_events = tuple(event for event in self.state.series_events if event.series_id != series_id)
        self.state.fetches = {key: fetch for key, fetch in self.state.fetches.items() if fetch.series_id != series_id}
        self.state.requests = {key: entry for key, entry in self.state.requests.items() if entry[2].series_id != series_id}
        self.state.followed = {key: look for key, look in self.state.followed.items() if look.series_id != series_id}

    def record_fetch(
        self, series: TimeSeries, metadata: Metadata, confirmed: Confirmation | None = None, *, known_at: datetime | None = None
    ) -> None:
        now, known = self.clock(), self.state.series[series.id]
        self.state.series[series.id] = replace(known, checked_at=now, metadata=metadata, confirmed=confirmed)
        self._describe(series, metadata, known_at or now)

    def record_import(self, series: TimeSeries, metadata: Metadata) -> None:
        self.state.series[series.id] = replace(self.state.series[series.id], metadata=metadata)
        self._describe(series, metadata, self.clock())

    def _describe(self, series: TimeSeries, metadata: Metadata, known_at: datetime) -> None:
        if series.metadata != metadata:
            self.state.position += 1
            entry = MetadataEntry(known_at, metadata, self.state.position)
            self.state.descriptions[series.id] = (*self.state.descriptions.get(series.id, ()), entry)

    def record_source_status(self, series: TimeSeries, state: AtSource, change: StatusChange | None = None) -> None:
        self.state.series[series.id] = replace(self.state.series[series.id], at_source=state)
        if change:
            self.state.source_statuses[series.id] = (*self.source_statuses(series.id), change)

    def record_gates(self, series: TimeSeries, gates: SeriesGates) -> None:
        self.state.series[series.id] = replace(self.state.series[series.id], gates=gates)

    def source_statuses(self, series_id: UUID) -> Sequence[StatusChange]:
        return self.state.source_statuses.get(series_id, ())

    def replaced_by(self, reference: str) -> Sequence[str]:
        return [f"{each.provider}:{each.code}" for each in self.state.series.values() if each.at_source.replaced_by == reference]


def _matches(series: TimeSeries, query: SeriesQuery) -> bool:
    words = terms(f"{series.code} {series.metadata.name} {series.metadata.description}")
    wanted = [
        (query.provider, series.provider),
        (query.database, series.code.database),
        (query.code, series.code),
        (query.alias, series.alias),
        (query.status, series.status),
        (query.status_at_source, series.at_source.status),
    ]
    return (
        series.number > query.after
        and all(asked is None or asked == has for asked, has in wanted)
        and all(any(word.startswith(term) for word in words) for term in query.terms)
        and query.can_be_met
    )
