"""The sightings in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.memory.state import State
from domain.importing import Sighting
from domain.series import TimeSeries


@dataclass(frozen=True, slots=True)
class MemorySightingRepository:
    """The sightings of a state."""

    state: State

    def of(self, series_id: UUID) -> Sequence[Sighting]:
        return sorted(self.state.sightings.get(series_id, ()), key=lambda each: (each.known_at, each.sha256))

    def add(self, series: TimeSeries, sightings: Sequence[Sighting]) -> None:
        self.state.sightings[series.id] = (*self.state.sightings.get(series.id, ()), *sightings)
