"""CompareVintages: which state comes just before another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import VintageNotFound
from domain.moments import AsOf
from domain.observations import Observations
from domain.revisions import ColumnsChanged
from domain.use_cases.compare_vintages import CompareVintages
from tests.builders import an_arrival, append

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def a_history(known: list[int]) -> tuple[CompareVintages, object]:
    """Keep a series of which one vintage after the other arrives, each known at so many hours after noon."""
    store = MemoryStore(lambda: NOON)
    with store.writing() as uow:
        series = uow.series.add("canned", DatasetCode("WIKI", "FB"))
        arrivals = [
            an_arrival(NOON, Observations.of([1], ["a"], [[float(n)]]), known_at=NOON + timedelta(hours=hours))
            for n, hours in enumerate(known)
        ]
        append(uow, series.id, arrivals)
        uow.commit()
    return CompareVintages(store), series.id


@pytest.mark.parametrize(
    ("known", "later", "before"),
    [([0, 1, 2], 3, 2), ([0, 0, 0], 3, 2), ([0, 0, 0], 2, 1), ([5, 0, 2], 1, 3), ([5, 0, 5], 1, 2), ([5, 0, 5], 3, 1)],
)
def test_the_state_before_is_the_one_known_before(known: list[int], later: int, before: int) -> None:
    """Knowledge order counts, and arrival among what became known at once."""
    compare, series_id = a_history(known)
    found = compare(series_id, None, AsOf(vintage=later))

    assert (found.before.number, found.after.number) == (before, later)
    assert [(change.old, change.new) for change in found.revision.changed] == [(before - 1.0, later - 1.0)]


@pytest.mark.parametrize(("known", "first"), [([0, 1], 1), ([1, 0], 2), ([0, 0], 1)])
def test_nothing_is_before_the_first_that_was_known(known: list[int], first: int) -> None:
    """It has no revision."""
    compare, series_id = a_history(known)

    with pytest.raises(VintageNotFound, match=f"Vintage {first} is the first"):
        compare(series_id, None, AsOf(vintage=first))


def test_columns_that_came_or_went() -> None:
    """Each vintage is compared with what was known just before it when it arrived; one that arrives late changes nothing after it."""
    store = MemoryStore(lambda: NOON)
    names = [("a", "b"), ("a",), ("a", "b", "c"), ("a",)]
    with store.writing() as uow:
        series = uow.series.add("canned", DatasetCode("WIKI", "FB"))
        arrivals = [
            an_arrival(NOON, Observations.of([1], columns, [[float(n)] * len(columns)]), known_at=NOON + timedelta(hours=hours))
            for n, (columns, hours) in enumerate(zip(names, (0, 2, 1, 3), strict=True))
        ]
        added = append(uow, series.id, arrivals)
        uow.commit()

    assert CompareVintages(store).columns(series.id) == {
        2: ColumnsChanged(added=(), removed=("b",)),
        3: ColumnsChanged(added=("c",), removed=()),
    }
    assert [vintage.may_have_other_columns for vintage in added] == [False, True, True, True]
