"""The rules by which series are spliced, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from adapters.memory.state import State
from domain.series import TimeSeries
from domain.stand_ins.splice import SpliceRule


@dataclass(frozen=True, slots=True)
class MemorySpliceRepository:
    """The rules of a state."""

    state: State

    def add(self, series: TimeSeries, rule: SpliceRule) -> SpliceRule:
        kept = self.rules(series.id)
        self.state.position += 1
        added = replace(rule, number=len(kept) + 1, position=self.state.position)
        self.state.splices[series.id] = (*kept, added)
        return added

    def rules(self, series_id: UUID) -> Sequence[SpliceRule]:
        return self.state.splices.get(series_id, ())
