"""FRED's units: its formulas, over what each frequency calls the period before and the year before."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.growth_rates import GrowthUnits, in_units
from domain.observations import Observations
from tests.fakes import NAN

QUARTERS = np.arange("2020-01", "2021-04", 3, "datetime64[M]")
VALUES = [100.0, 110.0, 121.0, 100.0, 150.0]


def changed(units: str, frequency: Frequency | None = Frequency.QUARTERLY, dates: Any = QUARTERS, values: Any = VALUES) -> list[float]:
    found = in_units(Observations.of(dates, ["Value"], np.array(values)[:, None]), GrowthUnits(units), frequency)
    assert len(found) == len(values)
    return [float(value) for value in found.values[:, 0]]


@pytest.mark.parametrize(
    ("units", "second", "last"),
    [
        ("lin", 110.0, 150.0),
        ("chg", 10.0, 50.0),
        ("ch1", NAN, 50.0),
        ("pch", 10.0, 50.0),
        ("pc1", NAN, 50.0),
        ("pca", (1.1**4 - 1) * 100, (1.5**4 - 1) * 100),
        ("cch", (log(110) - log(100)) * 100, (log(150) - log(100)) * 100),
        ("cca", (log(110) - log(100)) * 400, (log(150) - log(100)) * 400),
        ("log", log(110), log(150)),
    ],
)
def test_each_formula(units: str, second: float, last: float) -> None:
    """They are those of FRED's help; there is no change of the first period."""
    found = changed(units)

    assert found[1:5:3] == pytest.approx([second, last], nan_ok=True)
    assert np.isnan(found[0]) == (units not in ("lin", "log"))


def test_a_missing_quarter_has_no_change_nor_has_the_next_one() -> None:
    """Periods are compared, not rows: what is not there is not skipped."""
    assert changed("chg", dates=np.delete(QUARTERS, 2), values=[1.0, 2.0, 4.0, 8.0]) == pytest.approx([NAN, 1, NAN, 4], nan_ok=True)
    assert changed("chg", values=[1.0, NAN, 4.0, 8.0, 9.0]) == pytest.approx([NAN, NAN, NAN, 4, 1], nan_ok=True)


def test_days_are_compared_row_by_row() -> None:
    """A year of them has 260, as FRED counts."""
    days = np.busday_offset("2020-01-01", np.arange(300), "forward")
    values = np.arange(1.0, 301.0)

    assert changed("chg", Frequency.DAILY, days, values)[1:] == [1.0] * 299
    assert changed("ch1", Frequency.DAILY, days, values)[260:] == [260.0] * 40
    assert np.isnan(changed("ch1", Frequency.DAILY, days, values)[259])
    assert np.isnan(changed("ch1", Frequency.DAILY, days[:3], values[:3])).all()


def test_what_no_number_can_say_is_missing() -> None:
    """A change from nothing, and a logarithm of what is not above it."""
    assert np.isnan(changed("pch", values=[0.0, 1, 2, 3, 4])[1])
    assert np.isnan(changed("log", values=[-1.0, 0, 2, 3, 4])[:2]).all()


@pytest.mark.parametrize("units", ["ch1", "pc1", "pca", "cca"])
@pytest.mark.parametrize("frequency", [None, Frequency.HOURLY])
def test_a_year_must_have_a_number_of_periods(units: str, frequency: Frequency | None) -> None:
    """Where nothing tells it, the units are refused by name."""
    with pytest.raises(InvalidInput, match=f"units={units}"):
        changed(units, frequency)


def test_without_a_year_no_frequency_is_needed() -> None:
    """Rows are compared."""
    assert changed("chg", None)[1:] == pytest.approx([10, 11, -21, 50])
