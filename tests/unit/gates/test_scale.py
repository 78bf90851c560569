"""Values that are a power of ten times what they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.gates.cells import MOST_CELLS, Gate
from domain.gates.scale import rescaled
from domain.observations import Observations
from tests.fakes import NAN

BEFORE = [101.0, 99.0, 104.0, 250.0, 0.0, -7.0]


def found(stored: Sequence[float], answer: Sequence[float]) -> list[tuple[int, int]]:
    """The power of ten and the number of values of each column whose scale has changed."""
    before = Observations.of(range(len(stored)), ["Value"], [[each] for each in stored])
    after = Observations.of(range(len(answer)), ["Value"], [[each] for each in answer])
    return [(each.exponent, each.count) for each in rescaled(before, after)]


CHANGED: Mapping[str, tuple[Sequence[float], Sequence[float], tuple[int, int]]] = {
    "thousands": (BEFORE, [each / 1000 for each in BEFORE], (-3, 5)),
    "cents": (BEFORE, [each * 100 for each in BEFORE], (2, 5)),
    "thousands, rounded": (BEFORE[:4], [0.101, 0.1, 0.104, 0.25], (-3, 4)),
    "with new rows": (BEFORE, [*(each * 10 for each in BEFORE), 5.0], (1, 5)),
    "the older rows alone": (BEFORE, [1010.0, 990.0, 1040.0, *BEFORE[3:]], (1, 3)),
    "with gaps": (BEFORE, [NAN, 990.0, 1040.0, 2500.0, NAN, NAN], (1, 3)),
    "the only row": ([3.0], [300.0], (2, 1)),
    "two rows": ([3.0, 4.0], [300.0, 400.0], (2, 2)),
    "most of what was revised": (BEFORE, [1010.0, 990.0, 1040.0, 260.0, 0.0, -7.0], (1, 3)),
    "far": ([1e-200, 2e-200, 3e-200], [1e100, 2e100, 3e100], (300, 3)),
}
SAME: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "nothing": (BEFORE, BEFORE),
    "another base year": (BEFORE, [each * 2 for each in BEFORE]),
    "another base year by chance": (BEFORE, [each * 8.5 for each in BEFORE]),
    "one value, as growth rates are revised": ([0.1, 0.4, 0.3, 0.2], [0.1, 0.4, 0.3, 2.0]),
    "two values": ([0.1, 0.4, 0.3, 0.2], [0.1, 0.4, 3.0, 2.0]),
    "the sign": (BEFORE, [-each * 10 for each in BEFORE]),
    "less than most of what was revised": (BEFORE, [1010.0, 990.0, 110.0, 260.0, 1.0, -8.0]),
    "zeros": ([0.0] * 5, [1000.0] * 5),
    "other dates": ([], BEFORE),
    "only new ones": ([1.0], [1.0, 1000.0, 1000.0]),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_change_of_scale_is_found(what: str) -> None:
    stored, answer, expected = CHANGED[what]

    assert found(stored, answer) == [expected]


@pytest.mark.parametrize("what", SAME)
def test_other_changes_are_none(what: str) -> None:
    stored, answer = SAME[what]

    assert found(stored, answer) == []


def test_cells_are_named_with_what_they_were() -> None:
    """The first of them; the count is of all."""
    stored = np.arange(1.0, 101.0)
    before = Observations.of(range(100), ["a", "b"], np.column_stack([stored, stored]))
    after = Observations.of(range(100), ["a", "b"], np.column_stack([stored, stored * 1000]))
    (change,) = rescaled(before, after)
    first = change.cells[0]

    assert (change.column, change.exponent, change.count, len(change.cells)) == ("b", 3, 100, MOST_CELLS)
    assert (first.gate, first.date, first.column, first.value, first.before) == (Gate.SCALE, "1970-01-01", "b", 1000.0, 1.0)


@settings(deadline=None)
@given(
    st.lists(st.just(NAN) | st.just(0.0) | st.floats(1e-200, 1e200) | st.floats(-1e200, -1e-200), max_size=30),
    st.integers(-9, 9).filter(bool),
)
def test_any_power_of_ten_is_found(stored: list[float], exponent: int) -> None:
    """Whatever the values are, if one of them is neither missing nor zero."""
    known = [each for each in stored if each and not np.isnan(each)]

    assert found(stored, [each * 10.0**exponent for each in stored]) == ([(exponent, len(known))] if known else [])


@settings(deadline=None)
@given(st.lists(st.floats(allow_infinity=False), max_size=20), st.lists(st.floats(allow_infinity=False), max_size=20))
def test_any_numbers_are_compared(stored: list[float], answer: list[float]) -> None:
    """The largest and the smallest doubles too; a scale that changed one way changes back the other way."""
    there, back = found(stored, answer), found(answer, stored)

    assert [(-exponent, count) for exponent, count in back] == there or len(stored) != len(answer)
