"""What tests put in the place of clocks, providers and their sources, and the values that those give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from domain.codes import DatasetCode
from domain.errors import FetchError, ProviderNotConfigured, ThrottledLocally, UnknownProvider
from domain.frequency import Frequency
from domain.gates.settings import Gates
from domain.observations import Observations
from domain.ports import DataSource, Fetched, ListsReleases, PriorState, ReadsFiles, SearchesSeries
from domain.providers import Finding, Provider, Terms
from domain.searching import SearchHit, SearchKind
from domain.series import Metadata
from domain.vintages import Origin

NAN = float("nan")


def some_observations() -> Observations:
    """Three days of two columns, one value missing."""
    return Observations.of(["2024-01-01", "2024-01-02", "2024-01-03"], ["Open", "Close"], [[1.0, 1.5], [2.0, NAN], [3.0, 3.5]])


def some_metadata() -> Metadata:
    """A daily series whose provider calls its dates ``Day``."""
    return Metadata(name="Some Prices", description="made up", unit="USD", frequency=Frequency.DAILY, date_column="Day")


@dataclass
class StoppedClock:
    """Returns the time it is set to, at first noon on 1 June 2024."""

    time: datetime = datetime(2024, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float = 0, **time: float) -> None:
        self.time += timedelta(seconds=seconds, **time)


@dataclass
class CannedSource:
    """Answers every code with these observations, or raises this error."""

    observations: Observations = field(default_factory=some_observations)
    metadata: Metadata = field(default_factory=some_metadata)
    error: FetchError | None = None

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        if self.error:
            raise self.error
        origin = Origin(request=f"canned:{code}", response_sha256="0" * 64, adapter_version=1)
        return Fetched(metadata=self.metadata, vintages=[(None, self.observations)], origin=origin)


@dataclass
class FileSource(CannedSource):
    """Reads something that has a size and a time, here a version."""

    version: int = 1
    looked_at: int = 0

    def has_changed(self, _code: DatasetCode, validators: Mapping[str, str]) -> bool:
        self.looked_at += 1
        return validators != {"version": str(self.version)}

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        return replace(super().fetch(code, known), validators={"version": str(self.version)})


@dataclass
class SearchingSource(CannedSource):
    """Finds these hits, or raises this error, and counts how often it was asked; each call is told before."""

    hits: Sequence[SearchHit] = ()
    refusal: Exception | None = None
    search_kind: SearchKind = SearchKind.QUERY
    searched: list[str] = field(default_factory=list)
    before_call: Callable[[float], object] = float

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        self.before_call(60)
        self.searched.append(text)
        if self.refusal:
            raise self.refusal
        return self.hits


@dataclass(frozen=True)
class FakeProviders:
    """Providers by name; one without a source lacks its key."""

    sources: Mapping[str, DataSource | None]

    def all(self) -> Sequence[Provider]:
        return [self.get(name) for name in sorted(self.sources)]

    def get(self, name: str) -> Provider:
        if name not in self.sources:
            raise UnknownProvider(f"There is no provider {name!r}.", field="provider")
        source = self.sources[name]
        problem = "" if source else f"Set LANNER_PROVIDERS__{name.upper()}__API_KEY."
        return Provider(
            name=name,
            title=name,
            databases=(name.upper(),),
            terms=Terms(attribution=name, url=""),
            problem=problem,
            notices_changes=hasattr(self.sources[name], "has_changed"),
            any_case=hasattr(source, "own_spelling") or getattr(source, "any_case", False),
            reads_files=isinstance(self.sources[name], ReadsFiles),
            lists_codes=hasattr(source, "listed"),
            zone=getattr(source, "zone", ""),
            releases=getattr(source, "releases", None),
            gates=getattr(source, "gates", Gates()),
            search=getattr(source, "search_kind", SearchKind.QUERY) if isinstance(source, SearchesSeries) else None,
        )

    def refusal(self, name: str, code: DatasetCode) -> FetchError | None:
        return None

    def has_changed(self, name: str, code: DatasetCode, validators: Mapping[str, str]) -> bool:
        source: Any = self.sources[name]
        changed: bool = source.has_changed(code, validators)
        return changed

    def own_spelling(self, name: str, code: DatasetCode) -> DatasetCode | None:
        source: Any = self.sources[name]
        found: DatasetCode | None = source.own_spelling(code) if hasattr(source, "own_spelling") else None
        return found

    code_from_alias = own_spelling

    def listed_codes(self, name: str, database: str | None) -> Sequence[DatasetCode]:
        source: Any = self.sources[name]
        return [code for code in getattr(source, "listed", ()) if database in (None, code.database)]

    def run_conformance(self, name: str, *, online: bool = False) -> Sequence[Finding]:
        return [Finding("tells its facts"), Finding("was asked", "" if online else self.get(name).problem)]

    def source(self, name: str) -> DataSource:
        source = self.sources.get(name)
        if source is None:
            raise ProviderNotConfigured(self.get(name).problem)
        return source

    offline_source = source

    def search_source(self, name: str) -> SearchesSeries:
        source = self.source(name)
        assert isinstance(source, SearchesSeries)
        return source

    def releases_source(self, name: str) -> ListsReleases:
        source = self.source(name)
        assert isinstance(source, ListsReleases)
        return source

    def abort_calls(self) -> None:
        for source in self.sources.values():
            if isinstance(source, AbortableSource):
                source.aborted.set()


@dataclass
class AbortableSource:
    """Hangs until its calls are aborted."""

    asked: Event = field(default_factory=Event)
    aborted: Event = field(default_factory=Event)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.asked.set()
        self.aborted.wait(10)
        raise ThrottledLocally("aborted")
