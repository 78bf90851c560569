"""Level shifts: vintages that put nearly all values of a series onto another level, such as by a new base year or unit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.releases import ColumnState
from domain.vintages import Vintage

_LEAST, _SPREAD = 0.01, 0.01
#: Of fewer ratios, revisions may agree by chance; of a smaller share of the dates, a part was revised and not the level.
_FEWEST, _SHARE = 3, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShift:
    """
    A vintage whose values stand on another level than those of the state before.

    Attributes:
        ratio: the median of new to old values; None where they have no dates in common.
        unit_changed: whether the unit or its multiplier changed with it.

    """

    vintage: Vintage
    ratio: float | None
    unit_changed: bool


def level_shifts(states: Sequence[ColumnState], unit_changes: Collection[int]) -> dict[int, LevelShift]:
    """
    Return the shifts by the row of their state.

    A state is one if the median of the ratios of its values to those before is more than 1 % from 1 while the 5th to the 95th percentile
    lie within 1 % of that median, and at least half of the values before have a ratio; or if its unit changed.

    Args:
        states: untransformed, in knowledge order, on the same dates.
        unit_changes: numbers of the vintages with which the unit or its multiplier changed.

    """
    found = {}
    for row in range(1, len(states)):
        before = states[row - 1].values
        ratios = _ratios(before, states[row].values)
        unit_changed = states[row].vintage.number in unit_changes
        if unit_changed or _is_shift(ratios, int((~np.isnan(before)).sum())):
            median = float(np.median(ratios)) if len(ratios) else None
            found[row] = LevelShift(vintage=states[row].vintage, ratio=median, unit_changed=unit_changed)
    return found


def _ratios(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    both = ~np.isnan(before) & ~np.isnan(after) & (before != 0)
    return np.asarray(after[both] / before[both])


def _is_shift(ratios: NDArray[np.float64], values_before: int) -> bool:
    if len(ratios) < max(_FEWEST, _SHARE * values_before):
        return False
    low, median, high = np.quantile(ratios, (0.05, 0.5, 0.95))
    near = _SPREAD * abs(median)
    return bool(abs(median - 1) > _LEAST and median - low <= near and high - median <= near)
