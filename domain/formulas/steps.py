"""Functions that go from period to period: lags, differences and windows."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from domain.errors import FormulaFailed
from domain.formulas.lines import Line, Values, finite
from domain.frequency import DAYS_OF, MONTHS_OF, Frequency
from domain.period_transforms import PeriodTransform, by_period

_Rows = NDArray[np.intp]
#: Among days, the value before may stand so many days before: over week-ends and holidays.
_FARTHEST = 7


def lag(line: Line, steps: int) -> Values:
    """
    Return the value so many periods before each date, or after it if ``steps`` is negative; NaN where that is missing.

    Among days it is the known value so many known values before, each at most seven days from the next.
    """
    rows = _day_rows(line, steps) if line.frequency is Frequency.DAILY else _period_rows(line, steps)
    return np.where(rows >= 0, line.values[rows], np.nan) if len(line) else line.values


def diff(line: Line, steps: int) -> Values:
    """Return the difference from the value so many periods before."""
    return finite(line.values - lag(line, steps))


def pct_change(line: Line, steps: int) -> Values:
    """Return the change from the value so many periods before as a share of it."""
    return finite(line.values / lag(line, steps) - 1)


def yoy(line: Line) -> Values:
    """Return the change from the same period a year before, as a share; raises FormulaFailed for moments within a day."""
    if line.frequency not in (Frequency.DAILY, *MONTHS_OF, *DAYS_OF):
        raise FormulaFailed(f"{line.name} is {line.frequency or 'of unknown frequency'}: a year before has no meaning.")
    line.periods()
    values: Values = by_period(line.observations(), PeriodTransform.YOY, line.frequency).values[:, 0]
    return values


def ma(line: Line, length: int) -> Values:
    """Return the mean of the value and of those up to ``length - 1`` periods before, NaN unless all are known."""
    periods, averages = line.periods(), np.full(len(line), np.nan)
    of_days = line.frequency is Frequency.DAILY
    rows = np.flatnonzero(~np.isnan(line.values)) if of_days else np.arange(len(line))
    if len(rows) < length:
        return averages
    gaps = np.diff(periods[rows]) > (_FARTHEST if of_days else 1)
    broken = np.append(0, np.cumsum(gaps))
    means = sliding_window_view(line.values[rows], length).mean(axis=1)
    whole = broken[length - 1 :] == broken[: len(broken) - length + 1]
    averages[rows[length - 1 :]] = np.where(whole, means, np.nan)
    return finite(averages)


def ewma(line: Line, span: int) -> Values:
    """Return y = y' + a (x - y') over the known values x, with y' of the one before and a = 2 / (span + 1); the first is itself."""
    known = ~np.isnan(line.values)
    share = 2 / (span + 1)
    smooth = accumulate(line.values[known].tolist(), lambda before, value: before + share * (value - before))
    return _at_known(known, np.fromiter(smooth, np.float64, int(known.sum())))


def cumsum(line: Line) -> Values:
    """Return the sum of the known values up to each known one."""
    known = ~np.isnan(line.values)
    return _at_known(known, np.cumsum(line.values[known], dtype=np.float64))


def cumprod(line: Line) -> Values:
    """Return the product of the known values up to each known one."""
    known = ~np.isnan(line.values)
    return _at_known(known, np.cumprod(line.values[known], dtype=np.float64))


def _at_known(known: NDArray[np.bool_], values: Values) -> Values:
    whole = np.full(len(known), np.nan)
    whole[known] = finite(values)
    return whole


def _period_rows(line: Line, steps: int) -> _Rows:
    """Return the row of the period so many before each; -1 if there is none."""
    periods = line.periods()
    wanted = periods - steps
    found = np.minimum(np.searchsorted(periods, wanted), max(0, len(periods) - 1))
    return np.where(periods[found] == wanted, found, -1) if len(periods) else found


def _day_rows(line: Line, steps: int) -> _Rows:
    days, size = line.periods(), len(line)
    rows = np.arange(size)
    known = np.flatnonzero(~np.isnan(line.values))
    at = np.searchsorted(known, rows) - 1 if steps > 0 else np.searchsorted(known, rows, "right")
    there = (at >= 0) & (at < len(known))
    one = np.where(there, known[np.clip(at, 0, max(0, len(known) - 1))], -1) if len(known) else np.full(size, -1)
    one = np.where((one >= 0) & (np.abs(days - days[one]) <= _FARTHEST), one, -1)
    return _repeated(one, abs(steps), rows)


def _repeated(one: _Rows, times: int, rows: _Rows) -> _Rows:
    """Return where so many steps lead, each from a row to ``one`` of it, by doubling them."""
    while times:
        if times & 1:
            rows = np.where(rows >= 0, one[rows], -1)
        one = np.where(one >= 0, one[one], -1)
        times >>= 1
    return rows
