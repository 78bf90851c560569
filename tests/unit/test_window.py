"""Coverage: a part put into the whole equals what a plain dictionary would make of it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidObservations
from domain.observations import Observations
from domain.window import Window
from tests.fakes import NAN

EPOCH = date(1970, 1, 1)
ROWS = st.dictionaries(st.integers(0, 12), st.sampled_from([NAN, 0.0, -0.0, 1.0]), max_size=10)


def a_state(rows: dict[int, float]) -> Observations:
    return Observations.of(list(rows), ["a"], np.array(list(rows.values())).reshape(len(rows), 1))


def differ(one: float, other: float) -> bool:
    return np.float64(one).tobytes() != np.float64(other).tobytes()


@settings(max_examples=60, deadline=None)
@given(kept=ROWS, sent=ROWS, start=st.integers(0, 12), length=st.integers(0, 12), revised=st.integers(0, 3))
def test_merging_equals_the_plain_model(kept: dict[int, float], sent: dict[int, float], start: int, length: int, revised: int) -> None:
    """Inside the window the answer counts, outside what is kept; a firm date that differs, or is new below one, is not explained."""
    end = start + length
    answer = {day: value for day, value in sent.items() if start <= day <= end}
    covers = Window(start=EPOCH + timedelta(start), end=EPOCH + timedelta(end), revises_last=revised)
    merged = covers.merged(a_state(kept), a_state(answer))
    firm = sorted(kept)[: max(0, len(kept) - revised)]

    if any(day in answer and differ(kept[day], answer[day]) for day in firm):
        assert merged is None
    else:
        outside = {day: value for day, value in kept.items() if not start <= day <= end}
        assert merged == a_state(outside | answer)


def test_other_columns_are_not_explained() -> None:
    """A window with other columns than are kept says nothing of the rest."""
    covers = Window(start=EPOCH, end=EPOCH)

    assert covers.merged(a_state({0: 1.0}), Observations.of([0], ["b"], [[1.0]])) is None


def test_an_answer_stays_in_its_window() -> None:
    """Dates outside what the answer covers are refused."""
    with pytest.raises(InvalidObservations, match="outside its window"):
        Window(start=EPOCH, end=EPOCH).merged(a_state({}), a_state({1: 1.0}))
