"""The vintages in memory, each stored in full."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np

from adapters.memory.state import State
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.panels.plain import RowSpans, SpannedRows
from domain.panels.vintage_moments import VintageMoments
from domain.series import TimeSeries
from domain.vintages import Cause, Damage, FeedEntry, FirstKnown, LabelledState, NewState, Prepared, StoredVintage, Vintage


@dataclass(frozen=True, slots=True)
class MemoryVintageRepository:
    """The vintages of a state, each stored in full."""

    state: State

    def prepare(self, series: TimeSeries, states: Sequence[NewState]) -> Prepared:
        kept = self.state.vintages.get(series.id, ())
        grown = list(kept)
        for state in states:
            before = _greatest(grown, AsOf(as_of=state.known_at, restated=True))
            vintage = Vintage.of(len(grown) + 1, state, before.observations if before else None)
            grown.append(StoredVintage(vintage, state.observations))
        added = grown[len(kept) :]
        return Prepared(len(kept), [each.vintage for each in added], added)

    def append(self, series_id: UUID, prepared: Prepared) -> bool:
        kept, series = self.state.vintages.get(series_id, ()), self.state.series[series_id]
        if len(kept) != prepared.after:
            return False
        self.state.vintages[series_id] = (*kept, *prepared.rows)
        for position, vintage in enumerate(prepared.vintages, start=self.state.position + 1):
            facts: dict[str, Any] = {"series_id": series_id, "provider": series.provider, "code": series.code, "vintage": vintage}
            recorded = FeedEntry(position=position, **facts, is_newest=False)
            self.state.recorded = (*self.state.recorded, recorded)
        self.state.position += len(prepared.vintages)
        return True

    def append_all(self, prepared: Mapping[UUID, Prepared]) -> bool:
        kept = self.state.vintages
        if any(len(kept.get(series_id, ())) != each.after for series_id, each in prepared.items()):
            return False
        return all(self.append(series_id, each) for series_id, each in prepared.items())

    def labels(self, series_id: UUID) -> Mapping[Label, LabelledState]:
        return {
            label: LabelledState(number=vintage.number, digest=vintage.digest, known_at=vintage.known_at, origin=vintage.origin)
            for vintage in (kept.vintage for kept in self.state.vintages.get(series_id, ()))
            if vintage.has_release_label and (label := vintage.published) is not None
        }

    def newest_fetched(self, series_id: UUID) -> Vintage | None:
        fetched = (kept.vintage for kept in self.state.vintages.get(series_id, ()) if kept.vintage.cause is not Cause.IMPORT)
        return max(fetched, key=Vintage.knowledge, default=None)

    def first_flagged(self, series_id: UUID) -> int | None:
        kept = self.state.vintages.get(series_id, ())
        return next((each.vintage.number for each in kept if each.observations.flags is not None), None)

    def list(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        return [kept.vintage for kept in self.state.vintages.get(series_id, ())[after : after + limit]]

    def last_ones(self, series_id: UUID, limit: int) -> Sequence[Vintage]:
        return [kept.vintage for kept in self.state.vintages.get(series_id, ())[-limit:]]

    def feed(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        return [self._marked(each) for each in self.state.recorded if each.position > after][:limit]

    def last_recorded(self, limit: int) -> Sequence[FeedEntry]:
        newest_first = sorted(self.state.recorded, key=lambda each: each.position, reverse=True)
        return [self._marked(each) for each in newest_first[:limit]]

    def _marked(self, entry: FeedEntry) -> FeedEntry:
        newest = _greatest(self.state.vintages[entry.series_id], AsOf())
        return replace(entry, is_newest=newest is not None and newest.vintage.number == entry.vintage.number)

    def verify(self, series_id: UUID) -> Sequence[Damage]:
        kept = self.state.vintages.get(series_id, ())
        spoilt = (k.vintage.number for k in kept if k.observations.digest().hex() != k.vintage.digest)
        return [Damage(number, "Its observations do not match its digest.") for number in spoilt]

    def position(self) -> int:
        return self.state.position

    def find(self, series_id: UUID, moment: AsOf) -> StoredVintage | None:
        kept = self.state.vintages.get(series_id, ())
        return _greatest(kept if moment.position is None else kept[: len(self.until(series_id, moment.position))], moment)

    def until(self, series_id: UUID, position: int) -> Sequence[Vintage]:
        return [each.vintage for each in self.state.recorded if each.series_id == series_id and each.position <= position]

    def columns(self, series_id: UUID, column: str, numbers: Collection[int]) -> Iterator[tuple[int, Observations]]:
        for kept in self.walk(series_id):
            if kept.vintage.number in numbers:
                yield kept.vintage.number, kept.observations.without_flags().one(column)

    def moments(self, series_id: UUID, position: int) -> VintageMoments:
        return VintageMoments.of(self.until(series_id, position))

    def spanned(self, series_id: UUID, column: str, spans: RowSpans) -> SpannedRows | None:
        states = [state for _, state in self.columns(series_id, column, spans.numbers.tolist())]
        if any(state.unit != "D" for state in states):
            return None
        parts = [(state, spans.of(place, state.dates)) for place, state in enumerate(states)]
        return SpannedRows(
            lengths=[len(state.dates[span]) for state, span in parts],
            dates=np.concatenate([state.dates[span] for state, span in parts]),
            values=np.concatenate([state.values[span, 0] for state, span in parts]),
            names=[state.columns[0] for state in states],
        )

    def walk(self, series_id: UUID) -> Iterator[StoredVintage]:
        yield from self.state.vintages.get(series_id, ())

    def first_known(self, series_id: UUID) -> FirstKnown | None:
        vintages = [kept.vintage for kept in self.state.vintages.get(series_id, ())]
        if not vintages:
            return None
        return FirstKnown(min(vintage.known_at for vintage in vintages), min(vintage.fetched_at for vintage in vintages))


def _greatest(kept: Sequence[StoredVintage], moment: AsOf) -> StoredVintage | None:
    known = [each for each in kept if moment.admits(each.vintage)]
    return max(known, key=lambda each: each.vintage.knowledge(), default=None)
