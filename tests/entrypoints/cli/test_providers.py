"""``lanner providers``."""

from __future__ import annotations

import json
from dataclasses import replace

from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from domain.use_cases import UseCases
from entrypoints.cli.providers import providers
from tests.entrypoints.cli.conftest import Run


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
