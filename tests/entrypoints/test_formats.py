"""Observations as JSON."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.observations import Observations, Unit
from entrypoints.formats import encode, rows

CELLS = st.floats(allow_infinity=False)


@st.composite
def states(draw: st.DrawFn) -> Observations:
    """Any few dates on either axis, any few columns, any doubles."""
    unit: Unit = draw(st.sampled_from(["D", "s"]))
    days = draw(st.lists(st.integers(-200_000, 200_000), unique=True, max_size=6))
    width = draw(st.integers(0, 4))
    values = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=len(days), max_size=len(days)))
    matrix = np.array(values, dtype=np.float64).reshape(len(days), width)
    return Observations.of(np.array(days, dtype="int64"), [f"c{i}" for i in range(width)], matrix, unit=unit)


@settings(max_examples=200, deadline=None)
@given(state=states(), newest_first=st.booleans())
def test_the_splice_writes_what_the_encoder_writes_of_the_rows(state: Observations, newest_first: bool) -> None:  # noqa: FBT001
    """Dates spliced into the encoded matrix give the very bytes of the rows encoded one by one."""
    plain = [[text, *values] for text, (_, values) in zip(state.texts(), state.rows(), strict=True)]

    assert orjson.dumps(plain[::-1] if newest_first else plain) == orjson.dumps(rows(state, newest_first=newest_first))


@pytest.mark.parametrize("columns", [[], ["a"]], ids=["no columns", "one column"])
def test_no_dates_are_an_empty_list(columns: list[str]) -> None:
    """A state without dates has no rows, whatever its columns."""
    assert encode({"data": rows(Observations.empty(columns))}) == b'{"data":[]}'
