"""Transforms and collapses: Quandl's calculations, to its last digit."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from domain.frequency import Frequency, collapse
from domain.observations import Observations
from domain.transforms import Transform, transform
from tests.fakes import NAN

DAYS = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-04-05"]


def column(*values: float) -> Observations:
    return Observations.of(DAYS[: len(values)], ("a",), [[value] for value in values])


def calculated(kind: Transform, *values: float) -> list[float | None]:
    return [row[0] for _, row in transform(column(*values), kind).rows()]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (Transform.DIFF, (1.0, 3.5, NAN, 2.0), [2.5, None, None]),
        (Transform.RDIFF, (4.0, 5.0, 0.0, 2.0), [0.25, -1.0, None]),
        (Transform.RDIFF, (1.0, NAN, 2.0), [None, None]),
        (Transform.RDIFF_FROM, (2.0, 0.0, 8.0, NAN), [3.0, None, 0.0, None]),
        (Transform.RDIFF_FROM, (2.0, 0.0), [-1.0, 0.0]),
        (Transform.CUMUL, (NAN, 1.0, NAN, 2.5), [None, 1.0, 1.0, 3.5]),
        (Transform.CUMUL, (-0.0,), [0.0]),
        (Transform.NORMALIZE, (NAN, 0.0, 8.0, 2.0), [None, 0.0, 100.0, 25.0]),
        (Transform.NORMALIZE, (0.0, NAN), [0.0, None]),
        (Transform.DIFF, (1.0,), []),
    ],
)
def test_what_is_calculated(kind: Transform, values: tuple[float, ...], expected: list[float | None]) -> None:
    """Missing values and zeros are treated as Quandl's server did."""
    assert calculated(kind, *values) == expected


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (Transform.DIFF, (0.3, 0.1), [-0.2]),
        (Transform.DIFF, (12.12, 12.15), [0.030000000000001]),
        (Transform.NORMALIZE, (3.0, 2.0), [100.0, 66.666666666667]),
        (Transform.RDIFF, (7.0, 8.0), [0.14285714285714]),
        (Transform.NORMALIZE, (5e-324, 1e308), [100.0, None]),
        # Of Quandl's own answers: WORLDAL/PALCAP, MWORTH/0_0 and JOHNSTON/AB_SPAIN.
        (Transform.NORMALIZE, (1934.0, 1854.0, 1993.0, 2025.0), [100.0, 95.863495346432, 103.05067218201, 104.70527404343]),
        (Transform.NORMALIZE, (144776.0, 147186.0, 144187.0, 149644.0), [100.0, 101.66464054816, 99.593164612919, 103.36243576283]),
        (Transform.RDIFF, (89049.0, 98176.0, 108707.0), [0.10249413244394, 0.10726654172099]),
    ],
)
def test_fourteen_significant_digits(kind: Transform, values: tuple[float, ...], expected: list[float]) -> None:
    """Results are rounded as ``%.14g`` writes them; one too large for a number is missing."""
    assert calculated(kind, *values) == expected


def test_each_column_is_calculated_apart() -> None:
    """A gap in one column does not reach another, and the dates and names stay."""
    observations = Observations.of(DAYS[:3], ("a", "b"), [[1, NAN], [2, 10], [4, 15]])

    assert transform(observations, Transform.NORMALIZE) == Observations.of(DAYS[:3], ("a", "b"), [[100, NAN], [200, 100], [400, 150]])
    assert transform(observations, Transform.DIFF) == Observations.of(DAYS[1:3], ("a", "b"), [[1, NAN], [2, 5]])


@pytest.mark.parametrize("kind", Transform)
def test_nothing_of_nothing(kind: Transform) -> None:
    """A state without dates stays one, and dates without columns stay dates."""
    bare = Observations.of(DAYS, (), np.empty((4, 0)))

    assert transform(Observations.empty(("a",)), kind) == Observations.empty(("a",))
    assert len(transform(bare, kind)) == (3 if kind.looks_back else 4)


@pytest.mark.parametrize(
    ("frequency", "day", "end"),
    [
        (Frequency.DAILY, "2011-11-09", "2011-11-09"),
        (Frequency.WEEKLY, "2011-11-09", "2011-11-13"),
        (Frequency.WEEKLY, "2011-11-13", "2011-11-13"),
        (Frequency.WEEKLY, "2009-12-31", "2010-01-03"),
        (Frequency.WEEKLY, "9999-12-31", "9999-12-31"),
        (Frequency.MONTHLY, "2024-02-01", "2024-02-29"),
        (Frequency.QUARTERLY, "2011-11-09", "2011-12-31"),
        (Frequency.QUARTERLY, "1969-02-28", "1969-03-31"),
        (Frequency.ANNUAL, "0001-01-01", "0001-12-31"),
    ],
)
def test_labels_are_the_ends_of_calendar_periods(frequency: Frequency, day: str, end: str) -> None:
    """Weeks end on Sunday, also beyond the newest date; no label leaves the calendar."""
    assert collapse(Observations.of([day], ("a",), [[1]]), frequency).texts() == [end]


def test_gaps_are_filled_within_the_period() -> None:
    """Of each column the last known value of the period counts (the example of Quandl's own tests)."""
    days = ["2013-05-31", "2013-06-12", "2013-06-30", "2013-07-12", "2013-07-31", "2013-08-13", "2013-09-01"]
    values = [[NAN, 135860], [50.9, NAN], [NAN, 135964], [55.4, NAN], [NAN, 136133], [55.7, NAN], [56.2, NAN]]
    collapsed = collapse(Observations.of(days, ("a", "b"), values), Frequency.QUARTERLY)

    assert list(collapsed.rows()) == [(date(2013, 6, 30), [50.9, 135964.0]), (date(2013, 9, 30), [56.2, 136133.0])]


def test_periods_without_values() -> None:
    """An only column without a value in a period is left out; one of several is kept; dates alone collapse to nothing."""
    empty_month = [[1.0], [NAN], [NAN]]
    days = ["2024-01-01", "2024-02-01", "2024-02-02"]

    assert collapse(Observations.of(days, ("a",), empty_month), Frequency.MONTHLY).texts() == ["2024-01-31"]
    assert len(collapse(Observations.of(days, ("a", "b"), [row * 2 for row in empty_month]), Frequency.MONTHLY)) == 2
    assert len(collapse(Observations.of(days, (), np.empty((3, 0))), Frequency.MONTHLY)) == 0


def test_seconds_collapse_to_days() -> None:
    """A series finer than a day becomes one of days, even when it is collapsed to daily."""
    hours = Observations.of(["2024-01-01T10:00:00", "2024-01-01T20:00:00", "2024-01-02T00:00:00"], ("a",), [[1], [2], [3]], unit="s")

    assert collapse(hours, Frequency.DAILY) == Observations.of(["2024-01-01", "2024-01-02"], ("a",), [[2], [3]])


@given(
    days=st.lists(st.integers(-719_000, 2_900_000), unique=True, min_size=1, max_size=30),
    frequency=st.sampled_from(Frequency),
    data=st.data(),
)
def test_collapse_equals_a_naive_reading(days: list[int], frequency: Frequency, data: st.DataObject) -> None:
    """Whatever the dates and gaps, each period ends with the last values known in it."""
    elements = st.one_of(st.just(NAN), st.floats(allow_nan=False, allow_infinity=False))
    matrix = data.draw(arrays(np.float64, (len(days), 2), elements=elements))
    observations = Observations.of(np.array(days), ("a", "b"), matrix)
    naive: dict[object, list[float | None]] = {}
    for label, (_, row) in zip(frequency.ends(observations.dates).astype(object), observations.rows(), strict=True):
        kept = naive.setdefault(label, [None, None])
        naive[label] = [new if new is not None else old for new, old in zip(row, kept, strict=True)]

    assert list(collapse(observations, frequency).rows()) == list(naive.items())
