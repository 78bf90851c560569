"""Periods: dates moved to the first or last day of what they are about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Observations
from domain.periods import Side, aligned

DAYS = st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1))


def moved(day: date, side: Side, frequency: Frequency | None, *, week_begins: bool = False) -> date:
    observations = Observations.of([day], ["a"], [[1.0]])
    first = aligned(observations, side, frequency, week_begins=week_begins).first
    assert first
    return first


@pytest.mark.parametrize(
    ("frequency", "start", "end"),
    [
        (Frequency.MONTHLY, "2024-02-01", "2024-02-29"),
        (Frequency.BIMONTHLY, "2024-01-01", "2024-02-29"),
        (Frequency.QUARTERLY, "2024-01-01", "2024-03-31"),
        (Frequency.SEMIANNUAL, "2024-01-01", "2024-06-30"),
        (Frequency.ANNUAL, "2024-01-01", "2024-12-31"),
        (Frequency.DAILY, "2024-02-15", "2024-02-15"),
        (None, "2024-02-15", "2024-02-15"),
    ],
)
def test_a_date_moves_to_its_period(frequency: Frequency | None, start: str, end: str) -> None:
    """Month, quarter and year have a first and a last day; a day, and what has no known frequency, stays."""
    found = [moved(date(2024, 2, 15), side, frequency).isoformat() for side in Side]

    assert found == [start, end]


@given(day=DAYS, months=st.sampled_from([(Frequency.MONTHLY, 1), (Frequency.QUARTERLY, 3), (Frequency.ANNUAL, 12)]))
def test_periods_follow_each_other(day: date, months: tuple[Frequency, int]) -> None:
    """A date lies in its period, the next period begins on the day after its end, and aligning again changes nothing."""
    frequency, length = months
    start, end = (moved(day, side, frequency) for side in Side)

    assert start <= day <= end
    assert (start.day, (start.month - 1) % length) == (1, 0)
    assert moved(end + timedelta(1), Side.START, frequency) == end + timedelta(1)
    assert [moved(start, Side.END, frequency), moved(end, Side.START, frequency)] == [end, start]


@pytest.mark.parametrize(("begins", "expected"), [(True, ["2024-02-14", "2024-02-20"]), (False, ["2024-02-08", "2024-02-14"])])
def test_a_week_is_seven_days(begins: bool, expected: list[str]) -> None:  # noqa: FBT001 - a case
    """A week's date is its first or its last day, as the provider has it."""
    assert [moved(date(2024, 2, 14), side, Frequency.WEEKLY, week_begins=begins).isoformat() for side in Side] == expected


def test_two_dates_of_one_period_are_refused() -> None:
    """What would fall together is not put together, whether the values are alike or not."""
    for second in (1.0, 2.0):
        with pytest.raises(InvalidInput) as caught:
            aligned(Observations.of(["2024-02-01", "2024-02-02"], ["a"], [[1.0], [second]]), Side.END, Frequency.MONTHLY)
        assert caught.value.field == "periods"


def test_moments_stay() -> None:
    """An axis of seconds is no axis of periods."""
    moments = Observations.of(["2024-02-01T10:00:00"], ["a"], [[1.0]], unit="s")

    assert aligned(moments, Side.END, Frequency.MONTHLY) == moments
