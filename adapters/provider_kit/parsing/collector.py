"""Collector of the series in a statistical answer of any format."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.provider_kit.parsing.limits import NAMED, NAMES, OBSERVATIONS, SERIES
from adapters.provider_kit.parsing.number_cells import ANSWERS

_STANDARD_TIME = "TIME_PERIOD"
TIMES = frozenset({"time_period", "time", "periode", "period", "year", "date"})
#: Attributes with their values, in a fixed order.
Notes = tuple[tuple[str, str], ...]
_Items = frozenset[tuple[str, str]]
_FEWER = "Ask for fewer series at once."


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    The data flow of a series.

    Attributes:
        name: as in a request and in codes; empty if unknown.
        agency, id, version: as the answer states them; empty if it does not.
        is_dataflow: whether it states a data flow rather than the structure that a flow follows.

    """

    name: str = ""
    agency: str = ""
    id: str = ""
    version: str = ""
    is_dataflow: bool = False

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from other flows; of a semantic version (three numbers) the first, as others are compatible."""
        numbers = self.version.split(".")
        return self.agency, self.id or self.name, numbers[0] if len(numbers) == 3 else self.version  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """
    What an answer says of a series, separated.

    Attributes:
        dimensions: the values of its dimensions, by name; they are its key.
        facts: its attributes, by name.
        doubtful: facts that may be dimensions, where the answer does not say; they tell series apart.
        order: the names in ``dimensions`` and ``doubtful`` that can stand in a key, as in the answer; if empty that of the dimensions.

    """

    dimensions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def __or__(self, other: Parts) -> Parts:
        """Return what two elements say together, such as a series and its observation."""
        return Parts(
            dimensions={**self.dimensions, **other.dimensions},
            facts={**self.facts, **other.facts},
            doubtful={**self.doubtful, **other.doubtful},
            order=(*self.order, *other.order),
        )


@dataclass(slots=True)
class NotedAt:
    """Where the same attributes stand: the first observation's period, and whether one of them has a value."""

    first: str
    is_known: bool = False


@dataclass(slots=True, kw_only=True)
class CollectedSeries:
    """
    One series with its observations in the order of the answer.

    Attributes:
        dimensions, facts, doubtful, order: as in ``Parts``.
        words: the labels of the dimensions' values, if the answer has them.
        noted: attributes that observations have, which must not differ within a series.
        stated: such attributes of the data set or of a group that the series belongs to.
        values: cells as the answer writes them, which ``described`` reads as one column.
        flags: of the values, empty where there is none.
        decimals: the decimal marks that the whole answer shows, where the series alone leaves a doubt.
        meanings: what the answer says of flags, by flag.

    """

    flow: Flow
    dimensions: Mapping[str, str]
    facts: dict[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()
    words: Sequence[str] = ()
    periods: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    decimals: Collection[str] = ()
    noted: dict[Notes, NotedAt] = field(default_factory=dict)
    stated: set[tuple[str, str]] = field(default_factory=set)
    meanings: Mapping[str, str] = field(default_factory=dict)

    def add(self, period: str, value: Any, notes: Notes = (), flag: str = "") -> None:
        """Add an observation."""
        at = self.noted.get(notes)
        if at is None:
            at = self.noted[notes] = NotedAt(period)
        if not at.is_known:
            at.is_known = not ANSWERS.is_missing(value)
        self.periods.append(period)
        self.values.append(value)
        self.flags.append(flag)


class SeriesCollector:
    """
    The series of one answer, by flow, dimensions and doubtful facts.

    Args:
        decimals: as in ``CollectedSeries``.

    Attributes:
        was_data: whether the answer holds a data set, even one without series.
        meanings: what it says of flags, by flag.

    """

    def __init__(self, decimals: Collection[str] = ()) -> None:
        self.was_data = False
        self.meanings: dict[str, str] = {}
        self._decimals = decimals
        self._series: dict[Any, dict[_Items, CollectedSeries]] = {}
        self._deleted: dict[Any, dict[_Items, set[str]]] = {}
        self._expected = self._named = self._count = 0

    def expect(self, observations: int) -> None:
        """Count the cells of a cube; raises AnswerTooLarge where an answer has too many."""
        self._expected += observations
        OBSERVATIONS.check(self._expected, hint=_FEWER)

    def series(self, flow: Flow, parts: Parts, words: Sequence[str] = ()) -> CollectedSeries:
        """Return the series of these dimensions and doubtful facts, adding it if new; raises AnswerTooLarge where there are too many."""
        named = len(parts.dimensions) + len(parts.facts) + len(words)
        self._named += named
        NAMES.check(named)
        NAMED.check(self._named, hint=_FEWER)
        alike, own = self._series.setdefault(_key(flow, parts), {}), frozenset(parts.doubtful.items())
        found = alike.get(own)
        if found is None:
            self._count += 1
            SERIES.check(self._count, hint=_FEWER)
            found = alike[own] = CollectedSeries(
                flow=flow,
                dimensions=dict(parts.dimensions),
                doubtful=dict(parts.doubtful),
                order=parts.order,
                words=words,
                decimals=self._decimals,
                meanings=self.meanings,
            )
        found.facts.update(parts.facts)
        return found

    def delete(self, flow: Flow, parts: Parts, period: str) -> None:
        """Mark an observation as deleted by the answer, in each series that has these dimensions and doubtful facts."""
        deleted = self._deleted.setdefault(_key(flow, parts), {})
        deleted.setdefault(frozenset(parts.doubtful.items()), set()).add(period)

    def all(self) -> list[CollectedSeries]:
        """Return the series without deleted observations."""
        kept = []
        for key, alike in self._series.items():
            deleted = self._deleted.get(key, {})
            for own, series in alike.items():
                gone = {period for stated, periods in deleted.items() if stated <= own for period in periods}
                if gone:
                    kept_at = [at for at, period in enumerate(series.periods) if period not in gone]
                    lists = series.periods, series.values, series.flags
                    series.periods, series.values, series.flags = ([each[at] for at in kept_at] for each in lists)
                if series.periods or not gone:
                    kept.append(series)
        return kept


def is_time(name: str) -> bool:
    """Return whether a dimension of this name is the time."""
    return name.casefold() in TIMES


def time_name(named: Collection[str]) -> str:
    """Return which of some names is the time's, the standard's first; an empty text if none is."""
    return _STANDARD_TIME if _STANDARD_TIME in named else next(filter(is_time, named), "")


def _key(flow: Flow, parts: Parts) -> Any:
    return flow.name, flow.identity, frozenset(parts.dimensions.items())
