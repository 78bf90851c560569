"""Periods as providers write them, and their cells."""

from __future__ import annotations

import math
import re

import pytest

from adapters.provider_kit.parsing.columns import numbers
from adapters.provider_kit.parsing.periods import read_periods
from domain.errors import AnswerNotUnderstood
from domain.frequency import Frequency


@pytest.mark.parametrize(
    ("text", "start", "frequency"),
    [
        ("2024", "2024-01-01", Frequency.ANNUAL),
        ("2024-A1", "2024-01-01", Frequency.ANNUAL),
        ("2024Q3", "2024-07-01", Frequency.QUARTERLY),
        ("2024-Q3", "2024-07-01", Frequency.QUARTERLY),
        ("2024Q03", "2024-07-01", Frequency.QUARTERLY),
        ("2024-S2", "2024-07-01", Frequency.SEMIANNUAL),
        ("2024M02", "2024-02-01", Frequency.MONTHLY),
        ("2024-02", "2024-02-01", Frequency.MONTHLY),
        ("2024-2", "2024-02-01", Frequency.MONTHLY),
        ("202402", "2024-02-01", Frequency.MONTHLY),
        ("2020-W53", "2020-12-28", Frequency.WEEKLY),
        ("20240229", "2024-02-29", None),
        ("2024-02-29", "2024-02-29", None),
        ("2024-02-29T00:00:00.000Z", "2024-02-29", None),
        ("2022-10-31T11", "2022-10-31T11:00:00", None),
        ("20221031T11Z", "2022-10-31T11:00:00", None),
        ("2022-10-31T11-05", "2022-10-31T16:00:00", None),
        (1999, "1999-01-01", Frequency.ANNUAL),
    ],
)
def test_a_period_begins_on_a_day_or_at_a_moment(text, start, frequency):
    """Each form gives the first day of the period, or the moment in UTC, and the frequency that it says."""
    axis = read_periods([text])

    assert [str(date) for date in axis.dates] == [start]
    assert axis.frequency == frequency


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "20241",
        "2024Q5",
        "2024H2",
        "2024-B6",
        "2024K1",
        "2024-13",
        "2024-02-30",
        "2024-S3",
        "2021-W53",
        "24",
        "2024-01-01T99",
        None,
    ],
)
def test_anything_else_is_no_period(text):
    """A text of another form is named."""
    with pytest.raises(AnswerNotUnderstood, match=re.escape(repr(str(text)))):
        read_periods(["2024", text])


def test_forms_that_differ_have_no_frequency():
    """Where periods are of several lengths there is no one frequency."""
    assert read_periods(["2024", "2024Q2"]).frequency is None


def test_cells_are_exact():
    """Text gives the same number as JSON; the words for missing values give none."""
    given = numbers(["0.1", 0.1, "1e-3", ".5", 12345678901234567, None, "NA", "-", ".", " ", "n/a", "-0"], "x")

    assert given[:5].tolist() == [0.1, 0.1, 0.001, 0.5, 12345678901234567.0]
    assert [math.isnan(value) for value in given] == [False] * 5 + [True] * 6 + [False]
    assert math.copysign(1, given[-1]) == -1


@pytest.mark.parametrize("cell", ["x", "1,5x", "1_0", "inf", "0x1", True, [1], {"a": 1}, "1 2", "٣"])
def test_other_cells_are_named(cell):
    """What is no number is a fault that names the column."""
    with pytest.raises(AnswerNotUnderstood, match=r"Row 2: column 'Price' holds .* where a number must be"):
        numbers([1, cell], "Price")
