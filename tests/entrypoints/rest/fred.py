"""A client of FRED's API of a service whose provider has published three states of a monthly series."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.series import Metadata
from domain.vintages import Origin
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.fakes import NAN, CannedSource, StoppedClock

MONTHS = ("2023-10-01", "2023-11-01", "2023-12-01", "2024-01-01")
STATES = {
    date(2023, 12, 15): [100.0, 110.0],
    date(2024, 1, 15): [100.0, 111.0, 120.5],
    date(2024, 2, 15): [100.0, 111.0, NAN, 130.0],
}
METADATA = Metadata(
    name='Jobs & "Wages"',
    description="What they are.\nAnd more.",
    unit="Thousands of Persons",
    frequency=Frequency.MONTHLY,
    seasonal_adjustment="Not Seasonally Adjusted",
    source="A Bureau",
    extra={"dates": "first day of the period"},
)


@dataclass
class Publishing(CannedSource):
    """
    Publishes states, each labelled by its day, unless it has an error, or is asked for NOSUCH.

    Attributes:
        asked: the codes so far.

    """

    states: dict[date, list[float]] = field(default_factory=lambda: dict(STATES))
    metadata: Metadata = METADATA
    error: FetchError | None = None
    asked: list[str] = field(default_factory=list)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.asked.append(str(code))
        if self.error:
            raise self.error
        if code.dataset == "NOSUCH":
            raise DatasetNotFound(f"There is no {code}.")
        vintages = [
            (day, Observations.of(MONTHS[: len(values)], ["Value"], [[value] for value in values])) for day, values in self.states.items()
        ]
        origin = Origin(request=f"publishing:{code}", response_sha256="0" * 64, adapter_version=1)
        return Fetched(metadata=self.metadata, vintages=vintages, origin=origin)


class FredClient:
    """The client, the source and the clock, which says noon of 1 March 2024."""

    def __init__(self, *, source: CannedSource | None = None, others: dict[str, CannedSource | None] | None = None, **options: Any) -> None:
        self.source = source or Publishing()
        self.clock = StoppedClock(datetime(2024, 3, 1, 12, tzinfo=UTC))
        self.use_cases = memory_use_cases({"fred": self.source, **(others or {})}, store=MemoryStore(clock=self.clock), default="fred")
        self.client = TestClient(create_app(self.use_cases, allowed_hosts=(), **options), headers=LOCAL)

    def get(self, path: str, *, headers: dict[str, str] | None = None, **query: str) -> Result:
        return self.client.simulate_get(path, params=query, headers=headers or {})

    def json(self, path: str, **query: str) -> Any:
        return self.get(f"/fred/{path}", file_type="json", **query).json

    def xml(self, path: str, **query: str) -> ET.Element:
        answer = self.get(f"/fred/{path}", **query)
        assert answer.headers["content-type"] == "text/xml; charset=UTF-8"
        return ET.fromstring(answer.text)  # noqa: S314 - our own answer

    def rows(self, **query: str) -> list[tuple[str, ...]]:
        """Observations of JOBS: the members of each row, those of a period without the year 2024."""
        found = self.json("series/observations", **{"series_id": "JOBS", **query})["observations"]
        assert [tuple(row.attrib.values()) for row in self.xml("series/observations", **{"series_id": "JOBS", **query})] == [
            tuple(row.values()) for row in found
        ]
        return [tuple(value.removeprefix("2024-") for value in row.values()) for row in found]
