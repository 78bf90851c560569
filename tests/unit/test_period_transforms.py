"""Transforms that compare periods, not rows."""

from __future__ import annotations

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Observations
from domain.period_transforms import PeriodTransform, by_period
from tests.fakes import NAN

DIFF, RDIFF, ANNUALIZED, YOY = PeriodTransform

CASES: dict[str, tuple[PeriodTransform, str, list[str], list[float], list[float]]] = {
    "quarters": (DIFF, "quarterly", ["2024-01-01", "2024-04-01"], [1, 3], [NAN, 2]),
    "a quarter is missing": (DIFF, "quarterly", ["2024-01-01", "2024-07-01", "2024-10-01"], [1, 3, 4], [NAN, NAN, 1]),
    "quarters dated by their ends": (DIFF, "quarterly", ["2023-12-31", "2024-03-31"], [1, 3], [NAN, 2]),
    "a missing value": (DIFF, "monthly", ["2024-01-01", "2024-02-01", "2024-03-01"], [1, NAN, 3], [NAN, NAN, NAN]),
    "growth": (RDIFF, "monthly", ["2024-01-01", "2024-02-01"], [2, 3], [NAN, 0.5]),
    "growth from nothing": (RDIFF, "monthly", ["2024-01-01", "2024-02-01"], [0, 3], [NAN, NAN]),
    "growth a year of quarters": (ANNUALIZED, "quarterly", ["2024-01-01", "2024-04-01"], [1, 2], [NAN, 15]),
    "growth a year of months": (ANNUALIZED, "monthly", ["2024-01-01", "2024-02-01"], [1, 2], [NAN, 4095]),
    "growth a year of years": (ANNUALIZED, "annual", ["2023-01-01", "2024-01-01"], [2, 3], [NAN, 0.5]),
    "a year before": (YOY, "quarterly", ["2023-01-01", "2023-04-01", "2024-01-01"], [2, 9, 3], [NAN, NAN, 0.5]),
    "a year before, missing": (YOY, "monthly", ["2022-12-01", "2023-02-01", "2024-01-01"], [2, 2, 3], [NAN, NAN, NAN]),
    "weeks over New Year": (DIFF, "weekly", ["2024-12-27", "2025-01-03", "2025-01-17"], [1, 3, 4], [NAN, 2, NAN]),
    "weeks by another weekday": (DIFF, "weekly", ["2024-12-25", "2025-01-02"], [1, 3], [NAN, 2]),
    "two weeks": (DIFF, "biweekly", ["2024-01-08", "2024-01-22", "2024-02-19"], [1, 3, 4], [NAN, 2, NAN]),
    "two months": (DIFF, "bimonthly", ["2024-01-01", "2024-03-01", "2024-07-01"], [1, 3, 4], [NAN, 2, NAN]),
    "growth a year of half-years": (ANNUALIZED, "semiannual", ["2024-01-01", "2024-07-01"], [1, 2], [NAN, 3]),
    "hours": (DIFF, "hourly", ["2024-01-01", "2024-01-02"], [1, 3], [NAN, NAN]),
    "over a week-end": (DIFF, "daily", ["2024-01-05", "2024-01-08"], [1, 3], [NAN, 2]),
    "over a missing day": (DIFF, "daily", ["2024-01-03", "2024-01-04", "2024-01-05"], [1, NAN, 3], [NAN, NAN, 2]),
    "eight days back": (DIFF, "daily", ["2024-01-01", "2024-01-09"], [1, 3], [NAN, NAN]),
    "the same day a year before": (YOY, "daily", ["2023-03-01", "2024-03-01"], [2, 3], [NAN, 0.5]),
    "the last day near it a year before": (YOY, "daily", ["2023-02-27", "2024-02-29"], [2, 3], [NAN, 0.5]),
    "29 February": (YOY, "daily", ["2023-02-28", "2023-03-01", "2024-02-29"], [2, 9, 3], [NAN, NAN, 0.5]),
    "a holiday a year before": (YOY, "daily", ["2023-03-01", "2023-03-02", "2024-03-02"], [2, NAN, 3], [NAN, NAN, 0.5]),
    "52 weeks before": (YOY, "weekly", ["2022-12-30", "2023-01-06", "2024-01-05"], [9, 2, 3], [NAN, NAN, 0.5]),
    "no week 52 weeks before": (YOY, "weekly", ["2022-12-30", "2024-01-05"], [2, 3], [NAN, NAN]),
    "seven days back": (DIFF, "daily", ["2024-01-01", "2024-01-08"], [1, 3], [NAN, 2]),
    "no day near it a year before": (YOY, "daily", ["2023-02-01", "2024-02-29"], [2, 3], [NAN, NAN]),
    "nothing": (DIFF, "monthly", [], [], []),
    "nothing of days": (DIFF, "daily", [], [], []),
}


@pytest.mark.parametrize("what", CASES)
def test_periods_are_compared(what: str) -> None:
    """A missing period gives a missing value; days look back over week-ends."""
    kind, frequency, dates, values, expected = CASES[what]
    state = Observations.of(dates, ["a"], np.array(values, dtype=float).reshape(len(values), 1))
    found = by_period(state, kind, Frequency(frequency))

    assert np.array_equal(found.dates, state.dates)
    np.testing.assert_array_equal(found.values[:, 0], np.array(expected, dtype=float))


@pytest.mark.parametrize(
    ("kind", "frequency"), [(DIFF, None), (ANNUALIZED, Frequency.DAILY), (ANNUALIZED, Frequency.HOURLY), (YOY, Frequency.HOURLY)]
)
def test_a_frequency_without_periods(kind: PeriodTransform, frequency: Frequency | None) -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidInput, match="compares periods") as caught:
        by_period(Observations.of(["2024-01-01"], ["a"], [[1.0]]), kind, frequency)
    assert caught.value.field == "transform"
