"""A comparison: its series on one axis of dates, and what is computed of two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.alignment import Correlation, align, correlation, with_both
from domain.frequency import Frequency
from domain.observations import Observations
from entrypoints.formats import unique_names
from entrypoints.web import words
from entrypoints.web.charts.scales import Floats
from entrypoints.web.compare.lines import Line, StoredSeries, read_lines
from entrypoints.web.compare.state import Show, State
from entrypoints.web.site import Site


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The series of a comparison, in the order of the address."""

    state: State
    lines: Sequence[Line]

    @cached_property
    def aligned(self) -> Observations:
        """All values as shown, shares where percent are shown, on all dates of all series."""
        return align([line.shown for line in self.lines], unique_names(_headings(self.lines)))

    @cached_property
    def pair(self) -> tuple[Line, Line]:
        """The two series of a spread, a ratio or a scatter plot."""
        first, second = self.state.pair
        return self.lines[first], self.lines[second]

    @cached_property
    def table(self) -> Observations:
        """What is shown as rows: all series, or two on the dates that have both, with their spread or ratio."""
        show = self.state.show
        if show is Show.LINES:
            return self.aligned
        both = with_both(self.aligned, *self.state.pair)
        if show is Show.SCATTER:
            return both
        values = np.column_stack([both.values, self._computed(both)])
        return Observations.from_trusted(both.dates, (*both.columns, show.value), values)

    def _computed(self, both: Observations) -> Floats:
        first, second = both.values.T
        with np.errstate(all="ignore"):
            found: Floats = first - second if self.state.show is Show.SPREAD else first / second
        found[~np.isfinite(found)] = np.nan
        return found

    @property
    def in_percent(self) -> bool:
        """Whether the spread of the two series is one of percent."""
        return self.state.show is Show.SPREAD and all(line.units.is_percent for line in self.pair)

    @property
    def computed_unit(self) -> str:
        """The unit of the spread or ratio."""
        if self.state.show is Show.RATIO:
            return ""
        first, second = (line.unit for line in self.pair)
        return "percentage points" if self.in_percent else first if first == second else ""

    @cached_property
    def computed_decimals(self) -> int:
        """The decimals with which the spread or ratio is written."""
        known = np.abs(self.table.values[:, -1])
        known = known[~np.isnan(known)] * (100 if self.in_percent else 1)
        return 1 if self.in_percent else words.decimals_for(float(np.median(known))) if known.size else 1

    @cached_property
    def frequency(self) -> Frequency | None:
        """The frequency of all series, None if they differ."""
        found = {line.frequency for line in self.lines}
        return found.pop() if len(found) == 1 else None

    def correlation(self, first: int, second: int) -> Correlation:
        """Return how two series move together, over the dates that have both values as shown."""
        columns = self.aligned.values.T
        return correlation(columns[first], columns[second])

    def write(self, column: int, value: float | None) -> str:
        """Write a value of a column of the table."""
        if self.state.show is Show.LINES:
            return self.lines[column].write(value)
        if column < len(self.pair):
            return self.pair[column].write(value)
        return words.number(value * 100 if value is not None and self.in_percent else value, self.computed_decimals)


def read_comparison(site: Site, state: State, stored: StoredSeries | None = None) -> Comparison:
    """
    Read a comparison.

    Args:
        stored: its series, if they have been read for another range already.

    Raises:
        SeriesProblem, InvalidInput: a series cannot be read, or not be shown like this.
        TooManyCells: it is too large for one answer.

    """
    lines = read_lines(stored or StoredSeries(site.use_cases, state.moment), state)
    site.sender.check_size(*(line.shown for line in lines))
    comparison = Comparison(state=state, lines=lines)
    site.sender.check_size(comparison.table)
    return comparison


def _headings(lines: Sequence[Line]) -> list[str]:
    """Name each series by its code, with the provider where two providers have the same."""
    providers = {str(line.series.code): set[str]() for line in lines}
    for line in lines:
        providers[str(line.series.code)].add(line.series.provider)
    return [f"{line.series.provider}:{line.heading}" if len(providers[str(line.series.code)]) > 1 else line.heading for line in lines]
