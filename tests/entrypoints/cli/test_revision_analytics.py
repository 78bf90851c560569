"""``lanner revisions`` with ``--triangle`` and ``--statistics``."""

from __future__ import annotations

import json

import pytest

from adapters.providers.sample.provider import PROVIDER
from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.use_cases import UseCases
from entrypoints.cli.revisions import revisions
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource


@pytest.fixture(scope="module")
def kept() -> UseCases:
    """GDP with all its vintages, and a series of one."""
    sources = {"sample": PROVIDER.open(PROVIDER.options(), None), "canned": CannedSource()}
    use_cases = memory_use_cases(sources, default="sample")  # type: ignore[arg-type]
    use_cases.request_fetch(DatasetCode("SAMPLE", "GDP"))
    use_cases.request_fetch(DatasetCode("WIKI", "FB"), provider="canned")
    return use_cases


def test_a_triangle_fits_a_terminal(run: Run, kept: UseCases) -> None:
    """As many releases of each date as 80 columns hold, the latest and how many there are; dates that were there at first are marked."""
    lines = run(kept, revisions, "SAMPLE/GDP --triangle --end 1992-01-01 --limit 2").stdout.splitlines()

    assert lines == [
        "sample:SAMPLE/GDP Value",
        "date             0       1       2       3       4       5   latest  count",
        "1991-10-01  5736.6  5746.7  5739.7  5739.7  5739.7  5739.7  6264.54    390",
        "1992-01-01  5809.3  5817.5  5820.6  5840.2  5840.2  5840.2   6363.1    387",
    ]
    marked = run(kept, revisions, "SAMPLE/GDP --triangle --start 1991-07-01 --end 1991-07-01").stdout.splitlines()
    assert (marked[2].split()[0], marked[3]) == ("1991-07-01*", "* The true first release may be unknown.")


@pytest.mark.parametrize("transform", ["", "--transform diff", "--transform rdiff", "--transform annualized", "--transform yoy"])
def test_no_line_is_longer_than_80(run: Run, kept: UseCases, transform: str) -> None:
    """Of growth rates and of levels."""
    for view in ("--triangle", "--statistics"):
        lines = run(kept, revisions, f"SAMPLE/GDP {view} {transform}").stdout.splitlines()
        assert max(map(len, lines)) <= 80


def test_statistics_are_a_page(run: Run, kept: UseCases) -> None:
    """What is compared, every measure, both regressions, what each release leaves to be revised, and level shifts."""
    lines = run(kept, revisions, "SAMPLE/GDP --statistics").stdout.splitlines()

    assert lines[:3] == [
        "sample:SAMPLE/GDP Value, rdiff",
        "revisions from release 0 to latest: 131 periods, 1991-10-01 to 2024-04-01",
        "periods left out: censored 182, same_vintage 1; gaps: 0; HAC lags: 4",
    ]
    assert "its t                          2.3748  (130 degrees of freedom)" in lines
    assert "revision    intercept  error      slope     error    F(2, 129)  p" in lines
    assert "on initial  0.001737   0.0006125  -0.07524  0.03091  4.0605     0.0195" in lines
    assert lines[-2:] == [
        "first efficient release: none of releases 0 to 11, 128 periods",
        "level shifts: 1996-01-19 x 1.0268; 2013-07-31 x 1.0316",
    ]


def test_the_first_efficient_release_is_named(run: Run, kept: UseCases) -> None:
    """With its probability; of too few periods none is tested."""
    line = "SAMPLE/GDP --statistics --transform rdiff --final P3Y"

    assert "first efficient release: 0 (p 0.3124), of releases 0 to 11, 128 periods" in run(kept, revisions, line).stdout.splitlines()
    few = run(kept, revisions, f"{line} --start 2020-01-01 --first 1 --exclude-shifts").stdout.splitlines()
    assert "first efficient release: not tested; 20 periods are needed" in few


def test_json_has_the_words_of_the_api(run: Run, kept: UseCases) -> None:
    """In one line, with all digits."""
    found = json.loads(run(kept, revisions, "SAMPLE/GDP --statistics --format json --transform none").stdout)
    triangle = json.loads(run(kept, revisions, "SAMPLE/GDP --triangle --format json --limit 1 --column Value").stdout)

    assert (found["series"]["code"], found["transform"], found["n"]) == ("SAMPLE/GDP", None, 131)
    assert (triangle["dates"][0]["date"], triangle["dates"][0]["latest"]["value"]) == ("2024-07-01", 29349.924)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("SAMPLE/GDP --triangle --statistics", "statistics"),
        ("SAMPLE/GDP --triangle --from 3", "from"),
        ("SAMPLE/GDP --statistics --limit 3", "limit"),
        ("SAMPLE/GDP --first 0", "first"),
        ("SAMPLE/GDP --to 3 --exclude-shifts", "exclude-shifts"),
        ("SAMPLE/GDP --statistics --final soon", "final"),
        ("SAMPLE/GDP --statistics --start soon", "start"),
        ("SAMPLE/GDP --triangle --column b", "column"),
        ("canned:WIKI/FB --statistics", "first"),
    ],
)
def test_what_is_refused(run: Run, kept: UseCases, line: str, field: str) -> None:
    """Options of another view, and what cannot be computed, name themselves."""
    refused = run(kept, revisions, line).exception

    assert isinstance(refused, InvalidInput)
    assert refused.field == field
