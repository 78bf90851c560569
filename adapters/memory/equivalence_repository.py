"""The equivalences in memory, with their divergences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from adapters.memory.state import State
from domain.errors import EquivalenceNotFound
from domain.source_status import AtSource
from domain.stand_ins.equivalence import Divergence, DivergencePage, Equivalence
from domain.vintages import FeedEntry


@dataclass(frozen=True, slots=True)
class MemoryEquivalenceRepository:
    """The equivalences of a state."""

    state: State

    def add(self, equivalence: Equivalence) -> None:
        self.state.equivalences[equivalence.id] = equivalence

    def get(self, equivalence_id: UUID) -> Equivalence:
        if equivalence_id not in self.state.equivalences:
            raise EquivalenceNotFound
        return self.state.equivalences[equivalence_id]

    def all(self) -> Sequence[Equivalence]:
        return sorted(self.state.equivalences.values(), key=lambda each: (each.created_at, each.id))

    def of_series(self, series_id: UUID) -> Sequence[Equivalence]:
        return [each for each in self.all() if series_id in (each.a.id, each.b.id)]

    def change(self, equivalence: Equivalence) -> None:
        self.get(equivalence.id)
        self.state.equivalences[equivalence.id] = equivalence

    def remove(self, equivalence_id: UUID) -> None:
        self.get(equivalence_id)
        self.state.remove_equivalence(equivalence_id)

    def with_arrivals(self, limit: int) -> Sequence[Equivalence]:
        return [each for each in self.all() if self.arrivals(each)][:limit]

    def arrivals(self, equivalence: Equivalence) -> Sequence[FeedEntry]:
        members = equivalence.a.id, equivalence.b.id
        return [each for each in self.state.recorded if each.position > equivalence.position and each.series_id in members]

    def compared(self, equivalence: Equivalence, *, position: int, diverging: int, at: datetime) -> bool:
        known = self.state.equivalences.get(equivalence.id)
        if known is None or (known.position, known.compared_at) != (equivalence.position, equivalence.compared_at):
            return False
        self.state.equivalences[known.id] = replace(known, position=position, diverging=diverging, compared_at=at)
        return True

    def to_decide(self) -> Sequence[Equivalence]:
        return [each for each in self.all() if each.failover and self._may_change(each.preferred.id)]

    def _may_change(self, series_id: UUID) -> bool:
        at_source = self.state.series[series_id].at_source
        return _fails(at_source) or series_id in self.state.splices

    def record(self, divergence: Divergence) -> None:
        self.state.position += 1
        self.state.divergences = (*self.state.divergences, replace(divergence, position=self.state.position))

    def divergences(self, *, equivalence_id: UUID | None, before: int | None, limit: int) -> DivergencePage:
        found = [
            each
            for each in reversed(self.state.divergences)
            if equivalence_id in (None, each.equivalence_id) and (before is None or each.position < before)
        ]
        return DivergencePage(found[:limit], found[limit - 1].position if len(found) > limit else None)


def _fails(at_source: AtSource) -> bool:
    return at_source.has_ended or at_source.failing_since is not None
