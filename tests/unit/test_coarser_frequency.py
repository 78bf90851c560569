"""Aggregation to FRED's frequencies."""

from __future__ import annotations

import numpy as np
import pytest

from domain.aggregates import Aggregate
from domain.coarser_frequency import CoarserFrequency, aggregated
from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Observations
from tests.fakes import NAN

DAYS = np.arange("2024-01-01", "2024-07-03", dtype="datetime64[D]")


def of_days(to: str, how: Aggregate = Aggregate.SUM) -> Observations:
    return aggregated(Observations.of(DAYS, ["Value"], np.ones((len(DAYS), 1))), CoarserFrequency(to), how, Frequency.DAILY)


@pytest.mark.parametrize(
    ("to", "first", "days"),
    [
        ("w", "2024-01-05", 5),
        ("wef", "2024-01-05", 5),
        ("wesa", "2024-01-06", 6),
        ("wesu", "2024-01-07", 7),
        ("wem", "2024-01-01", 1),
        ("wetu", "2024-01-02", 2),
        ("wew", "2024-01-03", 3),
        ("weth", "2024-01-04", 4),
        ("bw", "2024-01-10", 10),
        ("bwew", "2024-01-10", 10),
        ("bwem", "2024-01-08", 8),
        ("m", "2024-01-01", 31),
        ("q", "2024-01-01", 91),
        ("sa", "2024-01-01", 182),
        ("a", "2024-01-01", 184),
    ],
)
def test_each_frequency_and_its_dates(to: str, first: str, days: int) -> None:
    """Weeks are dated by their last day, longer periods by their first; 1 January 2024 was a Monday."""
    found = of_days(to)

    assert (str(found.first), found.values[0, 0]) == (first, days)
    assert found.values.sum() == len(DAYS)


def test_a_period_of_two_weeks_is_one_of_the_federal_reserve() -> None:
    """They ended on 27 December 2023 and on 10 January 2024, all two weeks apart."""
    assert [str(day) for day in CoarserFrequency("bwew").labels(np.array(["2023-12-27", "2023-12-28"], "datetime64[D]"))] == [
        "2023-12-27",
        "2024-01-10",
    ]


@pytest.mark.parametrize(
    ("how", "january", "february"), [(Aggregate.MEAN, 2.0, 5.0), (Aggregate.SUM, 4.0, 5.0), (Aggregate.LAST, 3.0, 5.0)]
)
def test_known_values_alone_count(how: Aggregate, january: float, february: float) -> None:
    """A missing last day leaves the one before as the period's end; a period without any value is left out."""
    dates = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-02-01", "2024-03-01"]
    found = aggregated(Observations.of(dates, ["V"], [[1], [3], [NAN], [5], [NAN]]), CoarserFrequency.MONTHLY, how, Frequency.DAILY)

    assert [(str(day), value) for day, (value,) in found.rows()] == [("2024-01-01", january), ("2024-02-01", february)]


def test_instants_become_days() -> None:
    """Hourly data can be daily."""
    hours = Observations.of(["2024-01-01T10:00:00", "2024-01-01T11:00:00"], ["V"], [[1.0], [3.0]], unit="s")
    found = aggregated(hours, CoarserFrequency.DAILY, Aggregate.MEAN, Frequency.HOURLY)

    assert [(str(day), value) for day, (value,) in found.rows()] == [("2024-01-01", 2.0)]


def test_the_same_frequency_changes_nothing() -> None:
    """Not even a date."""
    month_ends = Observations.of(["2024-01-31", "2024-02-29"], ["V"], [[1.0], [2.0]])

    assert aggregated(month_ends, CoarserFrequency.MONTHLY, Aggregate.SUM, Frequency.MONTHLY) is month_ends


def test_nothing_becomes_finer() -> None:
    """A quarter has no months."""
    with pytest.raises(InvalidInput, match="frequency=m is higher than the series' own, which is quarterly"):
        aggregated(Observations.empty(["V"]), CoarserFrequency.MONTHLY, Aggregate.SUM, Frequency.QUARTERLY)
