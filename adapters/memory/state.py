"""What is kept in RAM."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.fetches import Fetch
from domain.keys import ApiKey
from domain.limits import Standing
from domain.series import Metadata, TimeSeries
from domain.vintages import Kept, Recorded

Clock = Callable[[], datetime]


@dataclass(slots=True)
class State:
    """Everything that is kept; values are frozen, so a copy of the dictionaries is a copy of the state."""

    series: dict[UUID, TimeSeries] = field(default_factory=dict)
    descriptions: dict[UUID, tuple[tuple[datetime, Metadata], ...]] = field(default_factory=dict)
    vintages: dict[UUID, tuple[Kept, ...]] = field(default_factory=dict)
    recorded: tuple[Recorded, ...] = ()
    fetches: dict[UUID, Fetch] = field(default_factory=dict)
    tokens: dict[UUID, UUID] = field(default_factory=dict)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    calls: dict[tuple[str, str], tuple[datetime, ...]] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)

    def copy(self) -> State:
        """Give a state that can be changed without changing this one."""
        values: dict[str, Any] = {each.name: copy(getattr(self, each.name)) for each in fields(self)}
        return State(**values)
