"""How much the store takes: the promises of size, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.databases import Database, marginal, per_append, postgres, sqlite
from tests.benchmarks.datasets import NOW, dividend_events, gdp, growing, wiki
from tests.builders import an_arrival

DATASETS = pytest.mark.parametrize("dividends", [False, True], ids=["plain", "dividends"])
FIRST_VINTAGE = {False: 200_000, True: 350_000}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url"))
    with opened as found:
        yield found


@DATASETS
def test_a_first_vintage_is_small(database: Database, dividends: bool) -> None:  # noqa: FBT001
    """Ten thousand days of twelve columns take less than two bytes a value, or three where each value has 14 digits."""
    assert marginal(database, [an_arrival(NOW, wiki(dividends=dividends))]) <= FIRST_VINTAGE[dividends]


@DATASETS
def test_a_day_more_costs_little(database: Database, dividends: bool) -> None:  # noqa: FBT001
    """Over a thousand of them, a vintage that appends one day takes 1.5 kB with its fetch."""
    assert per_append(database, growing(dividends=dividends)) <= 1_500


def test_a_dividend_costs_a_snapshot(database: Database) -> None:
    """A vintage in which every adjusted price differs takes hardly more than the first one."""
    events = dividend_events(4)

    assert per_append(database, events) <= 1.1 * marginal(database, events[:1], 4)


def test_every_vintage_of_gdp_is_small(database: Database) -> None:
    """The 393 vintages of the gross domestic product take 300 kB."""
    history = gdp()

    assert len(history) == 393
    assert marginal(database, history, 2) <= 300_000
