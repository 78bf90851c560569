"""Vintages: differences, replay, knowledge order and what counts as news."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.deltas import difference, replay
from domain.errors import InvalidInput
from domain.fetching.arrivals import known_at
from domain.moments import AsOf
from domain.observations import Observations
from domain.vintages import Vintage
from tests.builders import an_arrival, append
from tests.fakes import NAN, some_observations

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
ROWS = st.dictionaries(st.integers(0, 9), st.sampled_from([NAN, 0.0, -0.0, 1.0]), max_size=8)


def a_state(rows: dict[int, float]) -> Observations:
    return Observations.of(list(rows), ["a"], np.array(list(rows.values())).reshape(len(rows), 1))


def a_vintage(fetched_at: datetime = NOON) -> Vintage:
    with MemoryStore().writing() as uow:
        series = uow.series.add("quandl", DatasetCode("A", "B"))
        return append(uow, series.id, [an_arrival(fetched_at)])[0]


@settings(max_examples=50, deadline=None)
@given(ROWS, ROWS)
def test_a_difference_turns_one_state_into_the_other(before: dict[int, float], after: dict[int, float]) -> None:
    """Folding a difference over a state gives the other, and counts what it does."""
    old, new = a_state(before), a_state(after)
    delta = difference(old, new)

    assert delta
    assert replay(old, [delta.step]) == new
    assert (delta.added, len(delta.drop)) == (len(after.keys() - before.keys()), len(before.keys() - after.keys()))
    assert delta.changed == sum(
        old.window().bits[[*sorted(before)].index(d)] != new.bits[[*sorted(after)].index(d)] for d in before.keys() & after
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_replaying_a_chain_gives_its_last_state(history: list[dict[int, float]]) -> None:
    """The last word on each date wins, whether it puts or drops."""
    states = [a_state(rows) for rows in history]
    deltas = [difference(before, after) for before, after in pairwise(states)]

    assert replay(states[0], [delta.step for delta in deltas if delta]) == states[-1]


def test_states_of_other_columns_or_axes_have_no_difference() -> None:
    """A renamed, reordered or added column, or another axis unit, needs a whole state."""
    base = Observations.of(["2024-01-01"], ["a", "b"], [[1, 2]])

    assert difference(base, Observations.of(["2024-01-01"], ["b", "a"], [[1, 2]])) is None
    assert difference(base, Observations.of(["2024-01-01"], ["a", "b"], [[1, 2]], unit="s")) is None


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (None, NOON),
        (date(2024, 5, 31), datetime(2024, 5, 31, 23, 59, 59, tzinfo=UTC)),
        (date(2024, 6, 1), NOON),
        (date(2030, 1, 1), NOON),
        (datetime(2024, 6, 1, 8, tzinfo=UTC), datetime(2024, 6, 1, 8, tzinfo=UTC)),
    ],
)
def test_when_a_state_became_known(published: date | None, expected: datetime) -> None:
    """A day counts as its last second; nothing is known before it was fetched or later than that."""
    assert known_at(published, NOON, None) == expected


def test_without_a_label_knowledge_never_runs_backwards() -> None:
    """A clock that was set back does not put a state before the newest."""
    assert known_at(None, NOON.replace(hour=11), a_vintage()) == NOON


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2009-01-30", datetime(2009, 1, 30, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2009-01-30T12:00:00Z", datetime(2009, 1, 30, 12, tzinfo=UTC)),
        ("2009-01-30T12:00:00+02:00", datetime(2009, 1, 30, 10, tzinfo=UTC)),
        ("2009-01-30T12:00:00 02:00", datetime(2009, 1, 30, 10, tzinfo=UTC)),
    ],
)
def test_reading_a_moment(text: str, moment: datetime) -> None:
    """A day means its end; a plus that a URL turned into a blank is understood."""
    assert AsOf.parse(text).as_of == moment


@pytest.mark.parametrize("text", ["yesterday", "2009-13-01", "2009-01-30T12:00:00", "20090130", "2009-01-30T25:00:00Z"])
def test_a_moment_that_cannot_be_read_names_the_field(text: str) -> None:
    """What is neither a day nor a moment with its offset is refused."""
    with pytest.raises(InvalidInput) as caught:
        AsOf.parse(text)

    assert caught.value.field == "as_of"


def test_some_observations_are_what_the_other_tests_think() -> None:
    """The builder's state has one missing value."""
    assert some_observations().known_cells == 5
