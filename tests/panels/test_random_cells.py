"""Panel cells equal those of a reader with full copies and plain loops."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose
from pathlib import Path
from random import Random

import pytest

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from domain.ports import Store
from tests.fakes import StoppedClock
from tests.panels.brute import Cell, cells
from tests.panels.made_up import BEGIN, Made, a_rule, made, moments_of
from tests.servers import SETTINGS

#: 10,000 with the usual 250 examples.
CELLS = 40 * int(SETTINGS.get("LANNER_TEST_EXAMPLES", "250"))
SEED = int(SETTINGS.get("LANNER_TEST_SEED", "0"))


def same(one: list[Cell], other: list[Cell]) -> bool:
    return len(one) == len(other) and all(
        a[1:] == b[1:]
        and ((a[0] is None and b[0] is None) or (a[0] is not None and b[0] is not None and isclose(a[0], b[0], rel_tol=1e-12)))
        for a, b in zip(one, other, strict=True)
    )


def compared(random: Random, series: Made) -> int:
    """Compare the cells of one rule at some moments, and return how many there were."""
    rule, wanted, zone = a_rule(random, series)
    moments = moments_of(random, series, wanted, 24)
    found = series.cells(rule, moments, zone)
    for moment, got in zip(moments, found, strict=True):
        expected = cells(series.history, wanted, moment)
        assert same(got, expected), (moment, wanted, got, expected)
    return sum(map(len, found))


def rounds(seed: int, cells_wanted: int, store: Store | None = None, clock: StoppedClock | None = None) -> int:
    count, number = 0, 0
    while count < cells_wanted:
        random = Random(f"{SEED} {seed} {number}")
        series = made(random, store, clock)
        for _ in range(4):
            try:
                count += compared(random, series)
            except AssertionError as error:
                raise AssertionError(f"round {number}: {error}") from error
        number += 1
    return count


@pytest.mark.slow
@pytest.mark.timeout(36_000)
def test_random_cells_in_memory() -> None:
    """Every rule, zone, cause and label, at moments of which many are those at which something begins to count."""
    assert rounds(1, CELLS * 9 // 10) >= CELLS * 9 // 10


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[tuple[SqlStore, StoppedClock]]:
    engine, clock = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused"), StoppedClock(BEGIN)
    migrate(engine)
    yield SqlStore(engine, clock), clock
    engine.dispose()


@pytest.mark.timeout(36_000)
def test_random_cells_on_sqlite(on_sqlite: tuple[SqlStore, StoppedClock]) -> None:
    """The states folded from blocks are those of the full copies."""
    assert rounds(2, CELLS // 10, *on_sqlite) >= CELLS // 10
