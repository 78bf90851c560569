"""The line of block characters."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.cli.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], 80, "▁▂▃▄▅▆▇█"),
        ([7, 0], 80, "█▁"),
        ([1, nan, 2], 80, "▁ █"),
        ([5, 5, 5], 80, "▄▄▄"),
        ([nan, nan], 80, "  "),
        ([], 80, ""),
        ([0, 9, 1, nan, 2, 2], 3, "█▁▂"),
        ([-1.7e308, 0, 1.7e308], 80, "▁▅█"),
    ],
)
def test_known_lines(values: list[float], width: int, line: str) -> None:
    """The least value is the lowest block, the greatest the highest; missing ones are blank, equal ones in the middle."""
    assert sparkline(values, width) == line


@given(values=st.lists(st.floats(allow_infinity=False)), width=st.integers(1, 30))
def test_any_numbers_make_a_line_that_fits(values: list[float], width: int) -> None:
    """Whatever the numbers, the line is as long as they or the width, and blank only where nothing is known."""
    line = sparkline(values, width)

    assert len(line) == min(width, len(values))
    assert set(line) <= set(" ▁▂▃▄▅▆▇█")
    assert line.isspace() == (bool(values) and all(map(isnan, values)))
