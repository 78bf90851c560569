"""``lanner providers``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.providers import Limit, Provider, Redistribution, Terms
from domain.use_cases import UseCases
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
    ),
    Provider(name="quandl", title="Quandl", databases=(), terms=Terms(attribution="Nasdaq", url=""), key_url="https://q.example"),
    Provider(name="sample", title="Samples", databases=("SAMPLE",), terms=Terms(attribution="Many", url="")),
]


class ListedProviders(FakeProviders):
    """Providers of which only the facts are known."""

    def all(self) -> Sequence[Provider]:
        return LISTED


@pytest.fixture
def use_cases() -> UseCases:
    return replace(memory_use_cases({}), list_providers=ListProviders(ListedProviders({})))


def test_the_providers_are_a_table(run: Run, use_cases: UseCases) -> None:
    """Each provider is a line with what keeps it from being asked, its key, limits and terms."""
    result = run(use_cases, providers, "")

    assert result.exit_code == 0
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in result.stdout.splitlines()] == [
        ["name", "title", "databases", "ready", "key", "limits", "terms"],
        [
            *("fred", "FRED", "FRED, ALFRED", "Set LANNER_PROVIDERS__FRED__API_KEY.", "needed https://f.example/key"),
            *("2 in 1 s, 300 in 10 s", "St. Louis Fed; redistribution: personal; https://f.example/terms"),
        ],
        ["quandl", "Quandl", "yes", "optional https://q.example", "Nasdaq; redistribution: unknown"],
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
        "terms": {"attribution": "St. Louis Fed", "url": "https://f.example/terms", "redistribution": "personal"},
    }
    assert [(line["name"], line["ready"], line["key"]) for line in lines[1:]] == [("quandl", True, "optional"), ("sample", True, "none")]
