"""A client of the Quandl-compatible API, over a service whose provider has one state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError
from domain.observations import Observations
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.series import Metadata
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.fakes import NAN, CannedSource, StoppedClock

ClientOn = Callable[[UseCases], TestClient]
DAYS = ["2024-01-29", "2024-01-30", "2024-02-01", "2024-02-05"]
PRICES = Observations.of(DAYS, ("Open", "Close"), [[1.0, 10.0], [2.0, 20.0], [4.0, NAN], [8.0, 40.0]])


@dataclass
class Changing(CannedSource):
    """Counts what it is asked, and fails while it has an error."""

    error: FetchError | None = None
    asked: list[DatasetCode] = field(default_factory=list)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.asked.append(code)
        if self.error:
            raise self.error
        return super().fetch(code, known)


@dataclass
class ShelfSource:
    """
    Has several series by their codes, as a folder has files: it lists them, and knows them in any case.

    Attributes:
        shelf: observations by code.

    """

    shelf: Mapping[str, Observations]
    asked: list[str] = field(default_factory=list)
    file_options: Collection[str] = ()

    @property
    def listed(self) -> list[DatasetCode]:
        return [DatasetCode.parse(code) for code in self.shelf]

    def own_spelling(self, code: DatasetCode) -> DatasetCode | None:
        return next((DatasetCode.parse(known) for known in self.shelf if known.casefold() == str(code).casefold()), None)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.asked.append(str(code))
        if str(code) not in self.shelf:
            raise DatasetNotFound(f"There is no {code}.")
        return CannedSource(observations=self.shelf[str(code)], metadata=Metadata(name=f"The {code.dataset}")).fetch(code, known)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        raise NotImplementedError


class QuandlClient:
    """A client of the Quandl-compatible API of a service whose provider has one state."""

    def __init__(self, client_on: ClientOn, **facts: Any) -> None:
        self.source = Changing(observations=facts.pop("observations", PRICES), metadata=Metadata(name="Prices", **facts))
        self.clock = StoppedClock(datetime(2024, 3, 1, 12, tzinfo=UTC))
        self.use_cases = memory_use_cases({"canned": self.source}, store=MemoryStore(clock=self.clock))
        self.client = client_on(self.use_cases)

    def get(self, path: str, query: str = "", **headers: str) -> Result:
        return self.client.simulate_get(f"/api/v3{path}", query_string=query, headers=headers)

    def data(self, query: str = "") -> Any:
        return self.get("/datasets/WIKI/FB/data", query).json["dataset_data"]
