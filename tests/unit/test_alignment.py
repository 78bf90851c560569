"""Series on one axis of dates, and their correlation."""

from __future__ import annotations

import statistics
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alignment import align, correlation, with_both
from domain.observations import Observations

NAN = float("nan")


def series(values: dict[date, float]) -> Observations:
    return Observations.of(list(values), ["v"], [[value] for value in values.values()])


@given(st.lists(st.dictionaries(st.dates(date(2000, 1, 1), date(2000, 3, 1)), st.floats(-1e6, 1e6)), max_size=5))
def test_each_value_keeps_its_date(parts: list[dict[date, float]]) -> None:
    """The dates are those of all parts, each once and in order; a column has its part's values and is missing elsewhere."""
    aligned = align([series(part) for part in parts], [str(place) for place in range(len(parts))])

    assert aligned.labels() == sorted({day for part in parts for day in part})
    assert aligned.columns == tuple(str(place) for place in range(len(parts)))
    for place, part in enumerate(parts):
        assert {day: row[place] for day, row in aligned.rows() if row[place] is not None} == part


def test_days_and_seconds_meet_on_an_axis_of_seconds() -> None:
    """A day is its first second."""
    moments = [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 12, tzinfo=UTC)]
    hourly = Observations.of([moment.replace(tzinfo=None) for moment in moments], ["v"], [[1], [2]], unit="s")
    aligned = align([hourly, series({date(2024, 1, 1): 5.0})], ["a", "b"])

    assert list(aligned.rows()) == [(moments[0], [1.0, 5.0]), (moments[1], [2.0, None])]


def test_two_columns_on_the_dates_that_have_both() -> None:
    """In the order that is asked for, without the dates on which one is missing."""
    first, second = {date(2024, 1, day): float(day) for day in (1, 2, 3)}, {date(2024, 1, day): 10.0 * day for day in (2, 3, 4)}
    aligned = align([series(first), series({date(2024, 1, 2): NAN}), series(second)], ["a", "x", "b"])

    assert list(with_both(aligned, 2, 0).rows()) == [(date(2024, 1, 2), [20.0, 2.0]), (date(2024, 1, 3), [30.0, 3.0])]


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=3, max_size=30), st.floats(0.1, 10), st.floats(-5, 5))
def test_correlation(pairs: list[tuple[float, float]], scale: float, shift: float) -> None:
    """It is Pearson's, from -1 to 1, and does not depend on units."""
    x, y = (np.array(column) for column in zip(*pairs, strict=True))
    found = correlation(np.append(x, [NAN, 1.0]), np.append(y, [1.0, NAN]))

    assert found.count == len(pairs)
    if np.ptp(x) > 1e-6 and np.ptp(y) > 1e-6:
        assert found.coefficient is not None
        assert -1 <= found.coefficient <= 1
        assert found.coefficient == pytest.approx(statistics.correlation(x.tolist(), y.tolist()), abs=1e-6)
        assert correlation(x * scale + shift, y).coefficient == pytest.approx(found.coefficient, abs=1e-6)


@pytest.mark.parametrize("values", [[1.0, 2.0], [7.0, 7.0, 7.0], [1.0, NAN, NAN, 2.0]])
def test_too_little_for_a_correlation(values: list[float]) -> None:
    """Fewer than three pairs, or a constant, have none."""
    x = np.array(values)

    assert correlation(x, np.arange(len(x), dtype=float)).coefficient is None
