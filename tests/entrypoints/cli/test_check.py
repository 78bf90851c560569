"""``lanner check``."""

from __future__ import annotations

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import SeriesNotFound
from domain.observations import Observations
from domain.use_cases import UseCases
from domain.vintages import StoredVintage
from entrypoints.cli.check import check
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import Run

DAMAGE = "canned:WIKI/FB vintage 1: Its observations do not match its digest."


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def use_cases(store: MemoryStore) -> UseCases:
    """Two series of one vintage each."""
    use_cases = memory_use_cases({"canned": CannedSource()}, store=store)
    for dataset in ("FB", "AAPL"):
        use_cases.request_fetch(DatasetCode("WIKI", dataset))
    return use_cases


@pytest.fixture
def damaged(store: MemoryStore, use_cases: UseCases) -> UseCases:
    """The same, with other observations under the facts of the first."""
    series_id, (kept,) = next(iter(store.state.vintages.items()))
    store.state.vintages[series_id] = (StoredVintage(kept.vintage, Observations.empty()),)
    return use_cases


def test_what_reads_back_is_well(run: Run, use_cases: UseCases) -> None:
    """Without damage there is a summary and exit code 0; in a pipe nothing else is printed."""
    result = run(use_cases, check, "")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "2 series read, no vintages damaged.\n", "")


def test_damage_is_listed(run: Run, damaged: UseCases) -> None:
    """Each damaged vintage is a line with its series and the reason, and the exit code is 1."""
    result = run(damaged, check, "")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [DAMAGE, "2 series read, 1 vintage damaged."]


@pytest.mark.parametrize(
    ("line", "code", "last"),
    [
        ("WIKI/FB", 1, "1 series read, 1 vintage damaged."),
        ("--provider canned WIKI/AAPL", 0, "1 series read, no vintages damaged."),
        ("WIKI/AAPL canned:WIKI/FB", 1, "2 series read, 1 vintage damaged."),
    ],
)
def test_only_the_series_named_are_read(run: Run, damaged: UseCases, line: str, code: int, last: str) -> None:
    """Codes choose what is checked."""
    result = run(damaged, check, line)

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, last)


def test_an_unknown_series_is_an_error(run: Run, use_cases: UseCases) -> None:
    """What is not kept cannot be checked; nothing is said to be well."""
    result = run(use_cases, check, "WIKI/FB X/Y")

    assert isinstance(result.exception, SeriesNotFound)
    assert result.stdout == ""
