"""Codes in any case, as far as their provider knows none; and codes that resemble a misspelt one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest

from domain.codes import DatasetCode
from domain.errors import SeriesNotFound
from domain.observations import Observations
from domain.panels.query import PanelQuery
from domain.panels.spelling import read_series
from domain.schedules.schedule import Rule, ScheduleKind
from domain.schedules.selector import Selector
from domain.series import SeriesQuery
from domain.use_cases import UseCases
from domain.use_cases.request_fetch import Requested
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

UPPER, LOWER, MIXED = (DatasetCode("X", text) for text in ("GDP-A", "gdp-a", "Gdp-A"))


@dataclass
class CapitalsSource(CannedSource):
    """Writes all of its codes in capitals."""

    def own_spelling(self, code: DatasetCode) -> DatasetCode:
        return DatasetCode(code.database, code.dataset.upper())


@dataclass
class AnyCaseSource(CannedSource):
    """Knows no case, and does not say how its codes are written."""

    any_case: bool = True


def providers() -> UseCases:
    one_column = Observations.of(["2024-01-01"], ["Value"], [[1.0]])
    kinds = {"capitals": CapitalsSource, "blind": AnyCaseSource, "exact": CannedSource}
    return memory_use_cases({name: kind(observations=one_column) for name, kind in kinds.items()}, default="capitals")


def stored(use_cases: UseCases) -> list[str]:
    return [f"{series.provider}:{series.code}" for series in use_cases.search_series(SeriesQuery()).items]


@pytest.mark.parametrize(
    ("provider", "first", "again", "kept"),
    [
        ("capitals", LOWER, MIXED, ["capitals:X/GDP-A"]),
        ("blind", MIXED, LOWER, ["blind:X/Gdp-A"]),
        ("exact", LOWER, UPPER, ["exact:X/gdp-a", "exact:X/GDP-A"]),
    ],
)
def test_a_series_is_requested_once_in_whatever_case(provider: str, first: DatasetCode, again: DatasetCode, kept: list[str]) -> None:
    """As its provider spells it, else as it was spelled first; where the provider tells cases apart there are two."""
    singly, together = providers(), providers()
    created = [singly.request_fetch(code, provider=provider).created for code in (first, again)]
    wanted = [(provider, first), (provider, again)]
    asked = together.request_fetch.many(wanted, batch=uuid4(), refresh=False, request_id="", requester=None)

    assert created == [True, len(kept) == 2]
    assert stored(singly) == kept
    assert sorted(stored(together)) == sorted(kept)
    assert {identity: str(each.series.code) for identity, each in asked.items()}.keys() == set(wanted)


@pytest.mark.parametrize("provider", ["capitals", "blind"])
def test_a_stored_series_is_found_in_any_case(provider: str) -> None:
    """By its code alone and with its provider; in panels and schedules too. Punctuation is no case."""
    use_cases = providers()
    use_cases.request_fetch(UPPER, provider=provider)
    named = f"{provider}:X/gdp-a"
    panel = use_cases.read_panel(PanelQuery.read({"series": [read_series(named)], "dates": ["2024-06-01T00:00:00Z"]}))
    schedule = use_cases.manage_schedules.create(Selector.parse(named), Rule(kind=ScheduleKind.INTERVAL, spec="6h"))

    assert use_cases.describe_series.by_code(LOWER, provider).series.code == UPPER
    assert use_cases.describe_series.find(MIXED, provider).code == UPPER
    assert [column.reference for column in panel.columns] == [f"{provider}:X/GDP-A"]
    assert str(schedule.schedule.selector) == f"{provider}:X/GDP-A"
    assert stored(use_cases) == [f"{provider}:X/GDP-A"]
    with pytest.raises(SeriesNotFound):
        use_cases.describe_series.find(DatasetCode("X", "gdp.a"), provider)


def test_a_provider_that_tells_cases_apart_is_taken_at_its_word() -> None:
    """Another case is another series; an unknown provider has none."""
    use_cases = providers()
    use_cases.request_fetch(UPPER, provider="exact")

    for provider in ("exact", "nobody"):
        with pytest.raises(SeriesNotFound):
            use_cases.describe_series.find(LOWER, provider)


def test_the_exact_spelling_comes_first() -> None:
    """Series that were stored under two spellings before stay apart, and are fetched again as they are."""
    use_cases = providers()
    store = use_cases.request_fetch.store
    with store.writing() as uow:
        for code in (UPPER, LOWER):
            uow.series.add("blind", code)
        uow.commit()
    requested: list[Requested] = [use_cases.request_fetch(code, provider="blind") for code in (LOWER, UPPER)]

    assert [each.series.code for each in requested] == [LOWER, UPPER]
    assert use_cases.describe_series.find(LOWER, "blind").code == LOWER


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("SAMPLE/GPD", ["exact:SAMPLE/GDP"]),
        ("SAMLPE/GDP", ["exact:SAMPLE/GDP"]),
        ("exact:sample/gdp", ["exact:SAMPLE/GDP"]),
        ("GDP", ["exact:SAMPLE/GDP", "exact:OTHER/GDP"]),
        ("sunspot", []),
        ("SAMPLE/SUNSPOT", ["exact:SAMPLE/SUNSPOTS"]),
        ("WIKI/FB", []),
    ],
)
def test_similar_codes_are_suggested(text: str, near: list[str]) -> None:
    """Misspelt ones, also in their database; of a dataset code alone those that have it."""
    use_cases = providers()
    for code in ("SAMPLE/GDP", "SAMPLE/SUNSPOTS", "OTHER/GDP"):
        use_cases.request_fetch(DatasetCode.parse(code), provider="exact")

    assert set(near) <= set(use_cases.describe_series.similar(text))
    assert bool(near) is bool(use_cases.describe_series.similar(text))
