"""The frequency that dates show where nobody says it."""

from __future__ import annotations

import numpy as np
import pytest

from domain.frequency import Frequency
from domain.inferred_frequency import inferred_frequency, with_frequency
from domain.observations import Observations
from domain.series import Metadata


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def every(first: str, last: str, step: int, unit: str = "D") -> np.ndarray:
    return np.arange(np.datetime64(first), np.datetime64(last), np.timedelta64(step, unit))


MONTHS = np.arange("2020-01", "2021-07", dtype="datetime64[M]")
LAST_WORKDAYS = np.busday_offset((MONTHS + 1).astype("datetime64[D]"), -1, roll="forward")
WORKDAYS = every("2024-01-01", "2024-03-01", 1)[np.is_busday(every("2024-01-01", "2024-03-01", 1))]


@pytest.mark.parametrize(
    ("dates", "frequency"),
    [
        (every("2024-01-01", "2024-02-01", 1), "daily"),
        (WORKDAYS, "daily"),
        (days("2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"), "daily"),
        (days("2024-01-05", "2024-01-08", "2024-01-09"), "daily"),
        (np.delete(WORKDAYS, [3, 4, 17]), "daily"),
        (every("2024-01-05", "2024-06-01", 7), "weekly"),
        (days("2024-01-05", "2024-01-12", "2024-01-18", "2024-01-26"), "weekly"),
        (days("2024-01-05", "2024-01-12", "2024-01-26", "2024-02-02"), "weekly"),
        (MONTHS.astype("datetime64[D]"), "monthly"),
        ((MONTHS + 1).astype("datetime64[D]") - 1, "monthly"),
        (LAST_WORKDAYS, "monthly"),
        (MONTHS.astype("datetime64[D]") + 14, "monthly"),
        (np.delete(MONTHS, [2, 7]).astype("datetime64[D]"), "monthly"),
        (MONTHS[::3].astype("datetime64[D]"), "quarterly"),
        (LAST_WORKDAYS[2::3], "quarterly"),
        (np.arange("2010-01", "2020-01", 12, dtype="datetime64[M]").astype("datetime64[D]"), "annual"),
        (days("2022-09-24", "2023-09-30", "2024-09-28"), "annual"),
        (every("2024-01-01T00", "2024-01-03T00", 3600, "s").astype("datetime64[s]"), "hourly"),
        (np.delete(every("2024-01-01T00", "2024-01-02T00", 1, "h"), [4, 5]).astype("datetime64[s]"), "hourly"),
        (every("2024-01-01T16", "2024-02-01T00", 1, "D").astype("datetime64[s]"), "daily"),
        (np.array(["2024-03-29T22", "2024-03-30T22", "2024-03-31T21", "2024-04-01T21"], dtype="datetime64[s]"), "daily"),
    ],
)
def test_a_frequency_is_seen(dates: np.ndarray, frequency: str) -> None:
    """Weekdays are daily; begins, ends and last working days of months are monthly; gaps do not matter where the rest fits."""
    assert inferred_frequency(dates) == Frequency(frequency)


@pytest.mark.parametrize(
    "dates",
    [
        days(),
        days("2024-01-01"),
        days("2024-01-01", "2024-01-02"),
        days("2024-01-31", "2024-02-29"),
        days("2024-01-01", "2024-01-13", "2024-01-14"),
        every("2024-01-01", "2024-06-01", 14),
        MONTHS[::2].astype("datetime64[D]"),
        MONTHS[::6].astype("datetime64[D]"),
        days("2024-01-03", "2024-02-17", "2024-03-01", "2024-04-29"),
        days("2021-01-01", "2021-01-29", "2021-02-26", "2021-03-26"),
        every("2024-01-01T00", "2024-01-01T03", 15, "m").astype("datetime64[s]"),
        np.array(["2024-01-01T00:00", "2024-01-01T01:00", "2024-01-01T01:30"], dtype="datetime64[s]"),
    ],
)
def test_no_frequency_is_guessed(dates: np.ndarray) -> None:
    """Fewer than three dates tell nothing, and what fits none has none."""
    assert inferred_frequency(dates) is None


def test_what_is_said_is_kept() -> None:
    """A provider's own word goes before what its dates show."""
    state = Observations.of(WORKDAYS, ["v"], np.ones((len(WORKDAYS), 1)))

    assert with_frequency(Metadata(), state).frequency is Frequency.DAILY
    assert with_frequency(Metadata(frequency=Frequency.WEEKLY), state).frequency is Frequency.WEEKLY
