"""Collector of the series in a statistical answer of any format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.provider_kit.parsing.limits import NAMED, NAMES, OBSERVATIONS, SERIES
from adapters.provider_kit.parsing.number_cells import ANSWERS
from domain.errors import AnswerNotUnderstood

TIMES = frozenset({"time_period", "time", "periode", "period", "year", "date"})
_number = ANSWERS.read
_NOTHING: Mapping[str, str] = {}
_FEWER = "Ask for fewer series at once."


@dataclass(slots=True, kw_only=True)
class CollectedSeries:
    """
    One series with its observations in the order of the answer.

    Attributes:
        flow: the data flow, as in a request; empty if unknown.
        dimensions: the values of the dimensions, by name; they identify the series.
        facts: its attributes, by name.
        words: the labels of the dimensions' values, if the answer has them.

    """

    flow: str
    dimensions: Mapping[str, str]
    facts: dict[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()
    periods: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, period: str, value: Any) -> None:
        """Add an observation; raises AnswerNotUnderstood where its value is no number."""
        number = _number(value)
        if number is None:
            raise AnswerNotUnderstood(f"The answer holds {str(value)[:40]!r} where a number must be.")
        self.periods.append(period)
        self.values.append(number)


class SeriesCollector:
    """
    The series of one answer, by flow and dimensions.

    Attributes:
        was_data: whether the answer holds a data set, even one without series.

    """

    def __init__(self) -> None:
        self.was_data = False
        self._series: dict[tuple[Any, ...], CollectedSeries] = {}
        self._deleted: dict[int, set[str]] = {}
        self._expected = self._named = 0

    def expect(self, observations: int) -> None:
        """Count the cells of a cube; raises AnswerTooLarge where an answer has too many."""
        self._expected += observations
        OBSERVATIONS.check(self._expected, hint=_FEWER)

    def series(
        self, flow: str, dimensions: Mapping[str, str], facts: Mapping[str, str] = _NOTHING, words: Sequence[str] = ()
    ) -> CollectedSeries:
        """Return the series of these dimensions, adding it if new; raises AnswerTooLarge where there are too many."""
        named = len(dimensions) + len(facts) + len(words)
        self._named += named
        NAMES.check(named)
        NAMED.check(self._named, hint=_FEWER)
        key = (flow, *dimensions.items())
        found = self._series.get(key)
        if found is None:
            SERIES.check(len(self._series) + 1, hint=_FEWER)
            found = self._series[key] = CollectedSeries(flow=flow, dimensions=dict(dimensions), words=words)
        found.facts.update(facts)
        return found

    def delete(self, series: CollectedSeries, period: str) -> None:
        """Mark an observation as deleted by the answer."""
        self._deleted.setdefault(id(series), set()).add(period)

    def all(self) -> list[CollectedSeries]:
        """Return the series without deleted observations."""
        kept = []
        for series in self._series.values():
            gone = self._deleted.get(id(series), set())
            if gone:
                cells = [cell for cell in zip(series.periods, series.values, strict=True) if cell[0] not in gone]
                series.periods, series.values = [period for period, _ in cells], [value for _, value in cells]
            if series.periods or not gone:
                kept.append(series)
        return kept


def is_time(name: str) -> bool:
    """Return whether a dimension of this name is the time."""
    return name.casefold() in TIMES
