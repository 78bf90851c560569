"""The vintages in RAM, each kept in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.memory.state import State
from domain.observations import Label
from domain.vintages import Arrival, Beginning, Damage, Kept, Moment, Recorded, Vintage


@dataclass(frozen=True, slots=True)
class MemoryVintageRepository:
    """The vintages of a state, each kept in full."""

    state: State

    def append(self, series_id: UUID, arrivals: Sequence[Arrival]) -> Sequence[Vintage]:
        """See the port."""
        return [self._append(series_id, arrival) for arrival in arrivals]

    def labels(self, series_id: UUID) -> Mapping[Label, str]:
        """See the port."""
        return {
            kept.vintage.published: kept.vintage.digest
            for kept in self.state.vintages.get(series_id, ())
            if kept.vintage.published is not None
        }

    def listed(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        """See the port."""
        return [kept.vintage for kept in self.state.vintages.get(series_id, ())[after : after + limit]]

    def feed(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """See the port."""
        return [each for each in self.state.recorded if each.position > after][:limit]

    def damage(self, series_id: UUID) -> Sequence[Damage]:
        """See the port."""
        kept = self.state.vintages.get(series_id, ())
        spoilt = (k.vintage.number for k in kept if k.observations.digest().hex() != k.vintage.digest)
        return [Damage(number, "Its observations do not match its digest.") for number in spoilt]

    def find(self, series_id: UUID, moment: Moment) -> Kept | None:
        """See the port."""
        known = [kept for kept in self.state.vintages.get(series_id, ()) if moment.admits(kept.vintage)]
        return max(known, key=lambda kept: kept.vintage.knowledge(), default=None)

    def beginning(self, series_id: UUID) -> Beginning | None:
        """See the port."""
        vintages = [kept.vintage for kept in self.state.vintages.get(series_id, ())]
        if not vintages:
            return None
        return Beginning(min(vintage.known_at for vintage in vintages), min(vintage.fetched_at for vintage in vintages))

    def _append(self, series_id: UUID, arrival: Arrival) -> Vintage:
        before = self.find(series_id, Moment(as_of=arrival.known_at))
        kept = self.state.vintages.get(series_id, ())
        vintage = Vintage.of(len(kept) + 1, arrival, before.observations if before else None)
        self.state.vintages[series_id] = (*kept, Kept(vintage, arrival.observations))
        self._record(series_id, vintage)
        return vintage

    def _record(self, series_id: UUID, vintage: Vintage) -> None:
        self.state.position += 1
        series, position = self.state.series[series_id], self.state.position
        recorded = Recorded(position=position, series_id=series_id, provider=series.provider, code=series.code, vintage=vintage)
        self.state.recorded = (*self.state.recorded, recorded)
