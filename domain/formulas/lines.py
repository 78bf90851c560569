"""Lines: the values of a formula's parts by date, and several of them on the same dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormulaFailed
from domain.frequency import Frequency
from domain.observations import Dates, Observations
from domain.period_transforms import periods_of

#: The name of the one column of a formula's result.
FORMULA_COLUMN = "Value"
_SHOWN = 80
Values = NDArray[np.float64]
Periods = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """
    One column of a series, or what was computed of it.

    Attributes:
        dates: sorted and unique, as in ``Observations``.
        values: finite, or NaN where missing.
        frequency: None if it is not known.
        unit: empty if it is not known.
        source: the expression that it is of, for messages.

    """

    dates: Dates
    values: Values
    frequency: Frequency | None
    unit: str = ""
    source: object = ""

    @property
    def name(self) -> str:
        """How it is written, shortened."""
        text = str(self.source)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

    def __len__(self) -> int:
        return len(self.dates)

    def observations(self) -> Observations:
        """Return it as observations of one column."""
        return Observations.from_trusted(self.dates, (FORMULA_COLUMN,), self.values[:, None])

    def periods(self) -> Periods:
        """
        Return the number of each date's period; consecutive periods have consecutive numbers.

        Raises:
            FormulaFailed: its frequency is not known, or two dates are in one period.

        """
        if self.frequency is None:
            raise FormulaFailed(f"The frequency of {self.name} is not known.", hint="Give it one: collapse(…, 'monthly').")
        periods = periods_of(self.dates, self.frequency)
        twice = np.flatnonzero(periods[1:] == periods[:-1])
        if len(twice):
            first, second = self.dates[twice[0] : twice[0] + 2]
            message = f"{self.name} is {self.frequency}, but has two dates in one period, {first} and {second}."
            raise FormulaFailed(message, hint=f"Make one of them: collapse(…, '{self.frequency}', 'last').")
        return periods


def finite(values: Values) -> Values:
    """Return values in which everything that is not finite is missing, in the one bit pattern."""
    return np.where(np.isfinite(values), values, np.nan)


def united(lines: Sequence[Line]) -> tuple[Dates, Sequence[Values]]:
    """
    Return all dates that any of the lines has, and the values of each there, NaN where it has none.

    Dates of one period are the same date, written as the first line that has it writes it.

    Raises:
        FormulaFailed: the lines have different frequencies, or one has two dates in one period.

    """
    first, *others = lines
    check_frequencies(first, others)
    if all(line.dates.dtype == first.dates.dtype and np.array_equal(line.dates, first.dates) for line in others):
        return first.dates, [line.values for line in lines]
    kind = max((line.dates.dtype for line in lines), key=str)
    keys = [line.periods() if line.frequency else line.dates.astype(kind).astype(np.int64) for line in lines]
    # Lines are sorted, which a stable sort makes use of.
    merged: Periods = np.sort(np.concatenate(keys), kind="stable")
    every = merged[np.append(True, merged[1:] != merged[:-1])] if len(merged) else merged
    dates = np.empty(len(every), kind)
    found = []
    for line, own in reversed(list(zip(lines, keys, strict=True))):
        at = np.searchsorted(every, own)
        dates[at] = line.dates.astype(kind)
        values = np.full(len(every), np.nan)
        values[at] = line.values
        found.append(values)
    return dates, found[::-1]


def check_frequencies(first: Line, others: Sequence[Line]) -> None:
    """Raise FormulaFailed if a line has another frequency than the first one."""
    for other in others:
        if other.frequency is not first.frequency:
            known = [f"{line.name} is {line.frequency or 'of unknown frequency'}" for line in (first, other)]
            raise FormulaFailed(f"{' and '.join(known)}.", hint="Collapse one to the other's frequency: collapse(…, 'monthly', 'mean').")


def common_unit(lines: Sequence[Line]) -> str:
    """
    Return the unit of lines that are added or compared; empty if none is known.

    Raises:
        FormulaFailed: two of them have different units.

    """
    known = [line for line in lines if line.unit.strip()]
    for other in known[1:]:
        if other.unit.strip().casefold() != known[0].unit.strip().casefold():
            message = f"{known[0].name} is in {known[0].unit!r} and {other.name} in {other.unit!r}."
            raise FormulaFailed(message, hint="Convert one of them; a product has no unit, so 1 * x leaves out that of x.")
    return known[0].unit if known else ""
