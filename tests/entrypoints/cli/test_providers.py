"""``lanner providers``."""

from __future__ import annotations

import json
from dataclasses import replace

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from domain.errors import UnknownProvider
from domain.use_cases import UseCases
from entrypoints.cli.providers import providers
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.entrypoints.cli.test_terminal import on_terminal


def test_the_providers_are_a_table(run: Run, listed: UseCases) -> None:
    """Each provider is a line with its key, limits and terms; what keeps it from being asked stands beneath."""
    result = run(listed, providers, "")

    assert result.exit_code == 0
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in result.stdout.splitlines()] == [
        ["name", "title", "databases", "ready", "key", "limits", "blocked until", "terms"],
        [
            *("fred", "FRED", "FRED, ALFRED", "no", "needed https://f.example/key"),
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
        [],
        ["Not ready:"],
        ["fred", "Set LANNER_PROVIDERS__FRED__API_KEY."],
    ]


def test_the_providers_are_lines_of_json(run: Run, listed: UseCases) -> None:
    """As JSON every provider is one line with all its facts."""
    lines = [json.loads(line) for line in run(listed, providers, "--format json").stdout.splitlines()]

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
        "gates": {"deviations": 0.0, "scale": False, "frequency": False},
        "terms": {"attribution": "St. Louis Fed", "url": "https://f.example/terms", "redistribution": "personal"},
    }
    shown = [(line["name"], line["ready"], line["key"], line["circuit"], line["concurrency"]) for line in lines[1:]]
    assert shown == [("quandl", True, "optional", "open", 7), ("sample", True, "none", "closed", 7)]


def test_without_a_store_the_facts_are_listed(run: Run, listed: UseCases) -> None:
    """What is known of the providers needs no database; how things stand with them is left out."""
    store = SqlStore(open_engine("sqlite:////nowhere/at/all.db", schema=""))
    providers_alone = replace(listed.list_providers, store=store)
    lines = [
        json.loads(line) for line in run(replace(listed, list_providers=providers_alone), providers, "--format json").stdout.splitlines()
    ]

    assert [(line["name"], line["circuit"], line["blocked_until"]) for line in lines] == [
        ("fred", None, None),
        ("quandl", None, None),
        ("sample", None, None),
    ]


def test_providers_are_chosen_by_name(run: Run, listed: UseCases) -> None:
    """In the order in which they are named."""
    lines = run(listed, providers, "sample fred --format json").stdout.splitlines()

    assert [json.loads(line)["name"] for line in lines] == ["sample", "fred"]


def test_a_misspelt_provider_is_recognized(run: Run) -> None:
    """The installed ones are known by name."""
    installed = InstalledProviders({}, deadline_seconds=1)
    use_cases = memory_use_cases({})
    result = run(replace(use_cases, list_providers=replace(use_cases.list_providers, providers=installed)), providers, "fredd")

    assert isinstance(result.exception, UnknownProvider)
    assert (result.exception.message, result.exception.hint) == ("There is no provider 'fredd'.", "Did you mean fred?")


OVERVIEW = """
    from dataclasses import replace
    from entrypoints.cli.providers import providers
    from tests.entrypoints.cli.conftest import session_of
    from tests.entrypoints.conftest import blocked_providers

    providers.main({line}, obj=session_of(blocked_providers()), standalone_mode=False)
"""


def test_a_terminal_is_told_why_providers_are_left_alone() -> None:
    """Limits and terms stand with each one alone; the overview has the reasons for waits."""
    overview = on_terminal(OVERVIEW.format(line=[]), 80)
    alone = on_terminal(OVERVIEW.format(line=["fred"]), 80).splitlines()

    assert "fred    It asked for no calls until 2024-06-01 12:01:30" in overview.replace("\r", "")
    assert "quandl  It does not answer; until 2024-06-01 12:00:30" in overview.replace("\r", "")
    assert "`lanner providers NAME` shows limits and terms, and where a key is had." in overview
    assert "  limits         2 in 1 s, 300 in 10 s" in alone
