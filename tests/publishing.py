"""A provider that publishes states under labels, corrects them and is read by several adapter versions; and a store that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import NotKnownYet
from domain.fetches import Fetch
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.ports import Fetched, PriorState
from domain.use_cases.read_series import Selection
from domain.vintages import Origin, Vintage
from tests.builders import memory_use_cases
from tests.fakes import StoppedClock, some_metadata

CODE = DatasetCode("X", "GDP")


def value(number: float) -> Observations:
    return Observations.of(["2024-01-01"], ["a"], [[number]])


@dataclass
class Published:
    """A source whose labels, bytes and adapter version a test sets."""

    states: list[tuple[Label | None, Observations]] = field(default_factory=list)
    bytes_sent: str = "00"
    version: int = 1

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        origin = Origin(request="https://example.org", response_sha256=self.bytes_sent * 32, adapter_version=self.version)
        return Fetched(metadata=some_metadata(), vintages=list(self.states), origin=origin)


@dataclass
class House:
    """The use cases over a store whose clock is moved by hand."""

    source: Published = field(default_factory=Published)
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(datetime(2024, 5, 10, 12, tzinfo=UTC)))

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.use = memory_use_cases({"canned": self.source}, store=self.store)

    def fetch(self, *states: tuple[Label | None, float], sends: str, version: int = 1) -> Fetch:
        """Fetch these states, sent as these bytes and read by this adapter version, a day after the fetch before."""
        self.clock.forward(days=1)
        self.source.states = [(published, value(number)) for published, number in states]
        self.source.bytes_sent, self.source.version = sends, version
        return self.use.request_fetch(CODE, refresh=True).fetch

    def vintages(self) -> Sequence[Vintage]:
        return self.use.list_vintages(self.use.request_fetch(CODE).series.id).items

    def read(self, as_of: str | datetime | None = None, **narrowed: Any) -> float | None:
        """Return the value known at a moment, None if there was none."""
        moment = replace(AsOf.parse(as_of), **narrowed) if isinstance(as_of, str) else AsOf(as_of=as_of, **narrowed)
        try:
            reading = self.use.read_series(self.use.request_fetch(CODE).series.id, Selection(moment=moment))
        except NotKnownYet:
            return None
        return float(reading.observations.values[0, 0])
