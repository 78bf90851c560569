"""Growth rates: the units in which FRED gives a series, by its own formulas, and how it aggregates to a coarser frequency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Matrix, Observations
from domain.period_transforms import PERIODS_A_YEAR, values_before

#: FRED's help: daily series count without their week-ends.
_DAYS_A_YEAR = 260
_PERCENT = 100.0


class GrowthUnits(StrEnum):
    """
    What is calculated of a value x and an earlier one, in FRED's names.

    ``lin`` nothing; ``chg`` change, ``pch`` percent change, ``pca`` compounded annual rate, ``cch`` and ``cca`` continuously compounded
    rate, of the period and of a year, against the period before; ``ch1`` and ``pc1`` change and percent change from a year before;
    ``log`` natural logarithm.
    """

    LEVELS = "lin"
    CHANGE = "chg"
    CHANGE_FROM_YEAR_AGO = "ch1"
    PERCENT_CHANGE = "pch"
    PERCENT_CHANGE_FROM_YEAR_AGO = "pc1"
    COMPOUNDED_ANNUAL_RATE = "pca"
    CONTINUOUS_RATE = "cch"
    CONTINUOUS_ANNUAL_RATE = "cca"
    LOGARITHM = "log"

    @property
    def needs_year(self) -> bool:
        """Whether it depends on how many periods a year has."""
        return self in _OF_YEAR

    @property
    def is_from_year_ago(self) -> bool:
        """Whether values are compared with those of a year before."""
        return self in (GrowthUnits.CHANGE_FROM_YEAR_AGO, GrowthUnits.PERCENT_CHANGE_FROM_YEAR_AGO)


_OF_YEAR = frozenset(
    {
        GrowthUnits.CHANGE_FROM_YEAR_AGO,
        GrowthUnits.PERCENT_CHANGE_FROM_YEAR_AGO,
        GrowthUnits.COMPOUNDED_ANNUAL_RATE,
        GrowthUnits.CONTINUOUS_ANNUAL_RATE,
    }
)
#: Of value, earlier value and number of periods a year.
_FORMULAS: Mapping[GrowthUnits, Callable[[Matrix, Matrix, int], Matrix]] = {
    GrowthUnits.CHANGE: lambda x, before, _: x - before,
    GrowthUnits.CHANGE_FROM_YEAR_AGO: lambda x, before, _: x - before,
    GrowthUnits.PERCENT_CHANGE: lambda x, before, _: (x / before - 1) * _PERCENT,
    GrowthUnits.PERCENT_CHANGE_FROM_YEAR_AGO: lambda x, before, _: (x / before - 1) * _PERCENT,
    GrowthUnits.COMPOUNDED_ANNUAL_RATE: lambda x, before, periods: ((x / before) ** periods - 1) * _PERCENT,
    GrowthUnits.CONTINUOUS_RATE: lambda x, before, _: (np.log(x) - np.log(before)) * _PERCENT,
    GrowthUnits.CONTINUOUS_ANNUAL_RATE: lambda x, before, periods: (np.log(x) - np.log(before)) * _PERCENT * periods,
    GrowthUnits.LOGARITHM: lambda x, _, __: np.log(x),
}


def in_units(observations: Observations, units: GrowthUnits, frequency: Frequency | None) -> Observations:
    """
    Return the observations in these units, with the same dates; missing where the earlier value is missing.

    Weeks, months and longer periods are compared by the calendar, days and what has no known frequency row by row.

    Raises:
        InvalidInput: the units need the number of periods a year, which nothing tells.

    """
    if units is GrowthUnits.LEVELS:
        return observations
    periods = PERIODS_A_YEAR.get(frequency, _DAYS_A_YEAR if frequency is Frequency.DAILY else 0) if frequency else 0
    if units.needs_year and not periods:
        what = f"units={units} needs to know how many observations a year has, which the series does not tell"
        raise InvalidInput(f"{what}: it is {frequency or 'of no known frequency'}.", field="units", hint="Omit units, or give frequency.")
    values, back = observations.values, periods if units.is_from_year_ago else 1
    before = values_before(observations, frequency, back) if frequency in PERIODS_A_YEAR else _rows_before(values, back)
    with np.errstate(all="ignore"):
        changed = _FORMULAS[units](values, before, periods)
    changed[~np.isfinite(changed)] = np.nan
    return Observations.from_trusted(observations.dates, observations.columns, changed)


def _rows_before(values: Matrix, count: int) -> Matrix:
    before = np.full_like(values, np.nan)
    before[count:] = values[: len(values) - min(count, len(values))]
    return before
