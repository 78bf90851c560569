"""The state of the store in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.api_keys import ApiKey
from domain.fetches import Fetch, RequestRecord
from domain.formulas.definitions import FormulaVersion
from domain.importing import Sighting
from domain.metrics import Counted, FetchDurations
from domain.providers import Limit
from domain.schedules.calendar import KeptCalendar
from domain.schedules.schedule import FollowedSeries, Schedule
from domain.series import MetadataEntry, TimeSeries
from domain.source_status import StatusChange
from domain.stand_ins.equivalence import Divergence, Equivalence
from domain.stand_ins.splice import SpliceRule
from domain.throttling import LimiterState
from domain.vintages import FeedEntry, StoredVintage
from domain.webhooks.delivery import Delivery
from domain.webhooks.events import Event
from domain.webhooks.webhook import Webhook

Clock = Callable[[], datetime]


@dataclass(slots=True)
class State:
    """All stored data; values are frozen, so a copy of the dictionaries is a copy of the state."""

    series: dict[UUID, TimeSeries] = field(default_factory=dict)
    descriptions: dict[UUID, tuple[MetadataEntry, ...]] = field(default_factory=dict)
    source_statuses: dict[UUID, tuple[StatusChange, ...]] = field(default_factory=dict)
    vintages: dict[UUID, tuple[StoredVintage, ...]] = field(default_factory=dict)
    sightings: dict[UUID, tuple[Sighting, ...]] = field(default_factory=dict)
    recorded: tuple[FeedEntry, ...] = ()
    position: int = 0
    formulas: dict[UUID, tuple[FormulaVersion, ...]] = field(default_factory=dict)
    splices: dict[UUID, tuple[SpliceRule, ...]] = field(default_factory=dict)
    equivalences: dict[UUID, Equivalence] = field(default_factory=dict)
    divergences: tuple[Divergence, ...] = ()
    number: int = 0
    panels: dict[str, bytes] = field(default_factory=dict)
    fetches: dict[UUID, Fetch] = field(default_factory=dict)
    tokens: dict[UUID, UUID] = field(default_factory=dict)
    heartbeats: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    counts: dict[Counted, int] = field(default_factory=dict)
    durations: FetchDurations = field(default_factory=dict)
    requests: dict[tuple[str, str], tuple[str, datetime, RequestRecord]] = field(default_factory=dict)
    limiter_states: dict[tuple[str, str], LimiterState] = field(default_factory=dict)
    calls: dict[tuple[str, str], tuple[datetime, ...]] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    quotas: dict[tuple[str, Limit], float] = field(default_factory=dict)
    schedules: dict[UUID, Schedule] = field(default_factory=dict)
    followed: dict[tuple[UUID, UUID], FollowedSeries] = field(default_factory=dict)
    webhooks: dict[UUID, Webhook] = field(default_factory=dict)
    webhook_leases: dict[UUID, tuple[UUID | None, datetime]] = field(default_factory=dict)
    deliveries: dict[tuple[UUID, int], Delivery] = field(default_factory=dict)
    series_events: tuple[Event, ...] = ()
    calendars: dict[str, KeptCalendar] = field(default_factory=dict)

    def remove_equivalence(self, equivalence_id: UUID) -> None:
        """Remove an equivalence with its divergences."""
        del self.equivalences[equivalence_id]
        self.divergences = tuple(each for each in self.divergences if each.equivalence_id != equivalence_id)

    def copy(self) -> State:
        """Return an independent copy."""
        copied: dict[str, Any] = {each.name: dict(held) for each in fields(self) if isinstance(held := getattr(self, each.name), dict)}
        return replace(self, **copied)
