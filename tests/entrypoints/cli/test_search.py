"""``lanner search``."""

from __future__ import annotations

import json

from domain.codes import DatasetCode
from domain.errors import SourceUnavailable
from domain.frequency import Frequency
from domain.searching import SearchHit
from domain.use_cases import UseCases
from entrypoints.cli.search import search
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import DATABASE, Run
from tests.fakes import CannedSource, SearchingSource

HITS = [
    SearchHit(code=DatasetCode("FINDS", "GDP"), name="Product", frequency=Frequency.QUARTERLY),
    SearchHit(code=DatasetCode("FINDS", "FLOW"), name="A flow", is_series=False, hint="Write the key behind it."),
]


def searching() -> UseCases:
    sources = {
        "finds": SearchingSource(hits=HITS),
        "silent": SearchingSource(refusal=SourceUnavailable("No answer.", hint="Wait.")),
        "mute": CannedSource(),
        "keyless": None,
    }
    return memory_use_cases(sources, default="mute")


def test_all_providers_are_asked(run: Run) -> None:
    """Hits are a table of codes as they are fetched; who found none says why beneath."""
    result = run(searching(), search, "gdp now")
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in result.stdout.splitlines()]

    assert result.exit_code == 0
    assert lines == [
        ["code", "name", "frequency", "first", "last"],
        ["finds:FINDS/GDP", "Product", "quarterly"],
        ["finds:FINDS/FLOW", "A flow", "data set. Write the key behind it."],
    ]
    assert result.stderr.startswith("silent: No answer. A search is not repeated by itself")


def test_what_is_stored_stands_first(run: Run) -> None:
    """A stored series is listed once, with its dates."""
    use_cases = searching()
    use_cases.request_fetch(HITS[0].code, provider="finds")
    result = run(use_cases, search, "some prices --provider finds")

    assert result.stdout.splitlines()[1].split() == ["finds:FINDS/GDP", "Some", "Prices", "daily", "2024-01-01", "2024-01-03", "stored"]
    assert len(result.stdout.splitlines()) == 3


def test_json_is_a_hit_a_line(run: Run) -> None:
    """Each line is a document; the limit holds for each provider, and more are said."""
    result = run(searching(), search, "gdp --provider finds --limit 1 --format json")

    [hit] = map(json.loads, result.stdout.splitlines())
    assert (hit["provider"], hit["code"], hit["is_series"], hit["stored"]) == ("finds", "FINDS/GDP", True, False)
    assert result.stderr == "finds: there are more; --limit shows up to 50.\n"


def test_a_provider_that_cannot_be_searched(run: Run) -> None:
    """It is said so."""
    assert run(searching(), search, "gdp --provider mute").stderr == "mute: mute has no search.\n"


def test_what_many_providers_say_alike_is_said_once(run: Run) -> None:
    """Each of them has its line, and the hint that they share stands behind the last."""
    sources = {name: SearchingSource(refusal=SourceUnavailable("No answer.", hint="Wait.")) for name in ("one", "two", "three")}
    lines = run(memory_use_cases(sources, default="one"), search, "gdp").stderr.splitlines()

    assert [line.partition(": ")[0] for line in lines] == ["one", "three", "two"]
    assert lines[:2] == ["one: No answer.", "three: No answer."]
    assert lines[2].startswith("two: No answer. A search is not repeated by itself")


def test_nothing_found_says_where_was_looked(run: Run) -> None:
    """In which database, and that providers were asked."""
    result = run(memory_use_cases({"finds": SearchingSource()}), search, "gdp")

    assert (result.stdout, result.stderr) == ("", f"Nothing is found in {DATABASE}, nor at the providers that were asked.\n")
