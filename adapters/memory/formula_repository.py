"""The definitions of formulas in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.memory.state import Clock, State
from domain.formulas.definitions import Definition, FormulaVersion
from domain.series import TimeSeries


@dataclass(frozen=True, slots=True)
class MemoryFormulaRepository:
    """The formulas of a state."""

    state: State
    clock: Clock

    def define(self, series: TimeSeries, definition: Definition) -> FormulaVersion:
        kept = self.versions(series.id)
        self.state.position += 1
        version = FormulaVersion(number=len(kept) + 1, position=self.state.position, defined_at=self.clock(), definition=definition)
        self.state.formulas[series.id] = (*kept, version)
        return version

    def versions(self, series_id: UUID) -> Sequence[FormulaVersion]:
        return self.state.formulas.get(series_id, ())
