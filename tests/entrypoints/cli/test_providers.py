"""``lanner providers``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.memory.unit_of_work import MemoryStore
from adapters.sql.engine import open_engine
from adapters.sql.unit_of_work import SqlStore
from domain.limits import Breaker, Budget
from domain.providers import Limit, Provider, Redistribution, Terms
from domain.use_cases import UseCases
from domain.use_cases.calls import Calls
from domain.use_cases.list_providers import ListProviders
from entrypoints.cli.providers import providers
from tests.builders import FakeProviders, memory_use_cases
from tests.entrypoints.cli.conftest import Run

LISTED = [
    Provider(
        name="fred",
        title="FRED",
        databases=("FRED", "ALFRED"),
        terms=Terms(attribution="St. Louis Fed", url="https://f.example/terms", redistribution=Redistribution.PERSONAL),
        limits=(Limit(2, 1), Limit(300, 10)),
        key_needed=True,
        key_url="https://f.example/key",
        problem="Set LANNER_PROVIDERS__FRED__API_KEY.",
        concurrency=2,
        key_id="k",
    ),
    Provider(name="quandl", title="Quandl", databases=(), terms=Terms(attribution="Nasdaq", url=""), key_url="https://q.example"),
    Provider(name="sample", title="Samples", databases=("SAMPLE",), terms=Terms(attribution="Many", url="")),
]


class ListedProviders(FakeProviders):
    """Providers of which only the facts are known."""

    def all(self) -> Sequence[Provider]:
        return LISTED

    def get(self, name: str) -> Provider:
        return next(provider for provider in LISTED if provider.name == name)


@pytest.fixture
def use_cases() -> UseCases:
    store = MemoryStore(lambda: datetime(2024, 6, 1, 12, tzinfo=UTC))
    calls = Calls(store=store, concurrency=7)
    with store.writing() as uow:
        uow.limits.blocked(Budget(provider="fred", key="k"), 90)
        for _ in range(Breaker().failures):
            uow.limits.failed(Budget(provider="quandl"), UUID(int=0))
        uow.commit()
    return replace(memory_use_cases({}), list_providers=ListProviders(store=store, providers=ListedProviders({}), calls=calls))


def test_the_providers_are_a_table(run: Run, use_cases: UseCases) -> None:
    """Each provider is a line with what keeps it from being asked, its key, limits and terms."""
    result = run(use_cases, providers, "")

    assert result.exit_code == 0
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in result.stdout.splitlines()] == [
        ["name", "title", "databases", "ready", "key", "limits", "blocked until", "terms"],
        [
            *("fred", "FRED", "FRED, ALFRED", "Set LANNER_PROVIDERS__FRED__API_KEY.", "needed https://f.example/key"),
            *("2 in 1 s, 300 in 10 s", "2024-06-01 12:01:30", "St. Louis Fed; redistribution: personal; https://f.example/terms"),
        ],
        [
            "quandl",
            "Quandl",
            "yes",
            "optional https://q.example",
            "2024-06-01 12:00:30 (does not answer)",
            "Nasdaq; redistribution: unknown",
        ],
        ["sample", "Samples", "SAMPLE", "yes", "none", "Many; redistribution: unknown"],
    ]


def test_the_providers_are_lines_of_json(run: Run, use_cases: UseCases) -> None:
    """As JSON every provider is one line with all its facts."""
    lines = [json.loads(line) for line in run(use_cases, providers, "--format json").stdout.splitlines()]

    assert lines[0] == {
        "name": "fred",
        "title": "FRED",
        "databases": ["FRED", "ALFRED"],
        "ready": False,
        "problem": "Set LANNER_PROVIDERS__FRED__API_KEY.",
        "key": "needed",
        "key_url": "https://f.example/key",
        "limits": [{"calls": 2, "seconds": 1}, {"calls": 300, "seconds": 10}],
        "concurrency": 2,
        "blocked_until": "2024-06-01T12:01:30Z",
        "circuit": "closed",
        "open_until": None,
        "terms": {"attribution": "St. Louis Fed", "url": "https://f.example/terms", "redistribution": "personal"},
    }
    shown = [(line["name"], line["ready"], line["key"], line["circuit"], line["concurrency"]) for line in lines[1:]]
    assert shown == [("quandl", True, "optional", "open", 7), ("sample", True, "none", "closed", 7)]


def test_without_a_store_the_facts_are_listed(run: Run) -> None:
    """What is known of the providers needs no database; how things stand with them is left out."""
    store = SqlStore(open_engine("sqlite:////nowhere/at/all.db", schema=""))
    calls, listed = Calls(store=store), ListedProviders({})
    use_cases = replace(memory_use_cases({}), list_providers=ListProviders(store=store, providers=listed, calls=calls))
    lines = [json.loads(line) for line in run(use_cases, providers, "--format json").stdout.splitlines()]

    assert [(line["name"], line["circuit"], line["blocked_until"]) for line in lines] == [
        ("fred", None, None),
        ("quandl", None, None),
        ("sample", None, None),
    ]
