"""What was read of calendars, in memory."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.memory.state import State
from domain.schedules.calendar import KeptCalendar


@dataclass(frozen=True, slots=True)
class MemoryCalendarRepository:
    """The calendars of a state."""

    state: State

    def get(self, address: str) -> KeptCalendar | None:
        return self.state.calendars.get(address)

    def put(self, kept: KeptCalendar) -> None:
        self.state.calendars[kept.address] = kept
