"""The functions of formulas, but for ``as_of``, which is about moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from domain.aggregates import Aggregate, aggregate
from domain.errors import FormulaFailed
from domain.formulas.lines import Line, Values, check_frequencies, common_unit, finite, united
from domain.formulas.steps import cumprod, cumsum, diff, ewma, lag, ma, pct_change, yoy
from domain.frequency import DAYS_OF, MONTHS_OF, Frequency

Value = Line | float
Argument = Value | str
Function = Callable[..., Value]

_FINEST_FIRST = [Frequency.HOURLY, Frequency.DAILY, *DAYS_OF, *MONTHS_OF]
_QUARTER, _YEAR = "2010-Q1", "2010"


def with_values(line: Line, values: Values, unit: str = "") -> Line:
    """Return a line with other values and their unit."""
    return Line(line.dates, finite(values), line.frequency, unit)


def elementwise(calculate: Callable[..., Values], arguments: Sequence[Value], *, checks_units: bool) -> Value:
    """
    Return what is calculated of the arguments' values on each date; numbers are the same on every date.

    The result has every date that one of the series has, and is missing where ``calculate`` makes NaN of a missing value.
    """
    lines = [each for each in arguments if isinstance(each, Line)]
    if not lines:
        result = float(calculate(*(np.float64(each) for each in arguments if not isinstance(each, Line))))
        if not np.isfinite(result):
            raise FormulaFailed("A calculation with numbers alone has no finite result.")
        return result
    unit = common_unit(lines) if checks_units else ""
    dates, columns = united(lines)
    of_line = iter(columns)
    values = calculate(*(next(of_line) if isinstance(each, Line) else np.float64(each) for each in arguments))
    return Line(dates, finite(np.broadcast_to(values, dates.shape)), lines[0].frequency, unit)


def compared(calculate: Callable[[Values, Values], Values], left: Value, right: Value) -> Value:
    """Return 1 where a comparison holds, 0 where not, NaN where a side is missing."""

    def of_known(a: Values, b: Values) -> Values:
        return np.where(np.isnan(a) | np.isnan(b), np.nan, calculate(a, b))

    result = elementwise(of_known, (left, right), checks_units=True)
    return Line(result.dates, result.values, result.frequency) if isinstance(result, Line) else result


def _of_line(calculate: Callable[..., Values], *, keeps_unit: bool, steps: int | None = None) -> Function:
    def function(value: Value, number: float | None = steps) -> Value:
        line = _line(value)
        values = calculate(line) if number is None else calculate(line, int(number))
        return with_values(line, values, line.unit if keeps_unit else "")

    return function


def _line(value: Value) -> Line:
    if not isinstance(value, Line):
        raise FormulaFailed("A function that goes from date to date takes a series, not a number alone.")
    return value


def _lead(value: Value, steps: float = 1) -> Value:
    line = _line(value)
    return with_values(line, lag(line, -int(steps)), line.unit)


def _where(condition: Value, then: Value, otherwise: Value) -> Value:
    def choose(holds: Values, first: Values, second: Values) -> Values:
        return np.where(np.isnan(holds), np.nan, np.where(holds != 0, first, second))

    unit = common_unit([each for each in (then, otherwise) if isinstance(each, Line)])
    result = elementwise(choose, (condition, then, otherwise), checks_units=False)
    return Line(result.dates, result.values, result.frequency, unit) if isinstance(result, Line) else result


def _index(value: Value, base: str) -> Value:
    line = _line(value)
    first, last = _span(base)
    values = line.observations().window(first, last).values[:, 0]
    known = values[~np.isnan(values)]
    scale = known.mean() if len(known) else np.nan
    return with_values(line, line.values / scale * 100, f"Index {base}=100")


def _span(base: str) -> tuple[date, date]:
    """Return the first and the last day of a year, a quarter, a month or a day."""
    if len(base) == len(_YEAR):
        return date(int(base), 1, 1), date(int(base), 12, 31)
    if len(base) > len(_QUARTER):
        return date.fromisoformat(base), date.fromisoformat(base)
    year, months = int(base[:4]), 3 if "Q" in base else 1
    month = int(base[-1]) * 3 - 2 if "Q" in base else int(base[5:])
    after = year * 12 + month - 1 + months
    last = date.max if after >= (date.max.year + 1) * 12 else date(after // 12, after % 12 + 1, 1) - timedelta(days=1)
    return date(year, month, 1), last


def _collapse(value: Value, frequency: str, how: str = Aggregate.LAST) -> Value:
    line, wanted = _line(value), Frequency(frequency)
    if line.frequency and _FINEST_FIRST.index(wanted) < _FINEST_FIRST.index(line.frequency):
        raise FormulaFailed(f"{line.name} is {line.frequency}, so that it cannot be collapsed to {wanted}.")
    found = aggregate(line.observations(), wanted, Aggregate(how))
    return Line(found.dates, found.values[:, 0], wanted, line.unit)


def _splice(before: Value, after: Value, day: str) -> Value:
    """Take the dates of one line before a day and those of another from it on; a period in which both have one is the other's."""
    first, second = _line(before), _line(after)
    unit = common_unit([first, second])
    check_frequencies(first, [second])
    start = np.datetime64(day)
    old, new = first.dates < start, second.dates >= start
    if first.frequency:
        old &= ~np.isin(first.periods(), second.periods()[new])
    kind = max(first.dates.dtype, second.dates.dtype, key=str)
    dates = np.concatenate([first.dates[old].astype(kind), second.dates[new].astype(kind)])
    return Line(dates, np.concatenate([first.values[old], second.values[new]]), first.frequency, unit)


def _fillna(value: Value, filling: Argument) -> Value:
    line = _line(value)
    if not isinstance(filling, str):
        return elementwise(_first_known, (line, filling), checks_units=True)
    known = np.flatnonzero(~np.isnan(line.values))
    if not len(known):
        return line
    at = np.searchsorted(known, np.arange(len(line)), "right") - 1
    if filling == "next":
        at = np.searchsorted(known, np.arange(len(line)))
    there = (at >= 0) & (at < len(known))
    return with_values(line, np.where(there, line.values[known[np.clip(at, 0, len(known) - 1)]], np.nan), line.unit)


def _first_known(values: Values, others: Values) -> Values:
    return np.where(np.isnan(values), others, values)


def _power(base: Values, exponent: Values) -> Values:
    # numpy's power of a missing value to 0 is 1.
    return np.where(np.isnan(base) | np.isnan(exponent), np.nan, np.power(base, exponent))


def _smallest(*values: Value) -> Value:
    return elementwise(lambda *columns: np.minimum.reduce(np.broadcast_arrays(*columns)), values, checks_units=True)


def _greatest(*values: Value) -> Value:
    return elementwise(lambda *columns: np.maximum.reduce(np.broadcast_arrays(*columns)), values, checks_units=True)


def _absolute(value: Value) -> Value:
    return elementwise(np.abs, (value,), checks_units=True)


FUNCTIONS: Mapping[str, Function] = {
    "lag": _of_line(lag, keeps_unit=True, steps=1),
    "shift": _of_line(lag, keeps_unit=True, steps=1),
    "lead": _lead,
    "diff": _of_line(diff, keeps_unit=True, steps=1),
    "pct_change": _of_line(pct_change, keeps_unit=False, steps=1),
    "yoy": _of_line(yoy, keeps_unit=False),
    "ma": _of_line(ma, keeps_unit=True),
    "ewma": _of_line(ewma, keeps_unit=True),
    "cumsum": _of_line(cumsum, keeps_unit=True),
    "cumprod": _of_line(cumprod, keeps_unit=False),
    "log": lambda value: elementwise(np.log, (value,), checks_units=False),
    "exp": lambda value: elementwise(np.exp, (value,), checks_units=False),
    "abs": _absolute,
    "min": _smallest,
    "max": _greatest,
    "where": _where,
    "index": _index,
    "collapse": _collapse,
    "splice": _splice,
    "fillna": _fillna,
}

_ARITHMETIC: Mapping[str, tuple[Callable[..., Values], bool]] = {
    "+": (np.add, True),
    "-": (np.subtract, True),
    "*": (np.multiply, False),
    "/": (np.divide, False),
    "**": (_power, False),
}
_COMPARED: Mapping[str, Callable[[Values, Values], Values]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def combined(operator: str, left: Value, right: Value) -> Value:
    """Return the result of an arithmetic operation or a comparison."""
    if operator in _COMPARED:
        return compared(_COMPARED[operator], left, right)
    calculate, checks_units = _ARITHMETIC[operator]
    return elementwise(calculate, (left, right), checks_units=checks_units)
