"""Attributes that an SDMX-ML message states once for a group of series: those whose dimensions have the group's values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from adapters.provider_kit.parsing.collector import CollectedSeries, Notes
from adapters.provider_kit.parsing.limits import GROUPS
from adapters.provider_kit.statistics.units import UNIT, concept_of, notes_in

_Names = frozenset[str]


class GroupFacts:
    """Collects the groups of a data set and applies them to its series."""

    def __init__(self) -> None:
        self._groups: dict[tuple[_Names, _Names], list[tuple[dict[str, str], Notes]]] = defaultdict(list)
        self._shared: dict[tuple[_Names, _Names, _Names], dict[tuple[str, ...], list[Notes]]] = {}

    def add(self, facts: Mapping[str, str], key: Mapping[str, str]) -> None:
        """Add a group; where its message does not tell key and attributes apart, the key is empty."""
        notes = notes_in(facts)
        if notes:
            self._groups[frozenset(facts), frozenset(key)].append(({**facts, **key}, notes))
            GROUPS.check(len(self._groups))

    def apply(self, found: Iterable[CollectedSeries]) -> None:
        """State the units of each group of its series; a key that is not told is what group and series both have."""
        for series in found if self._groups else ():
            own = {**series.facts, **series.dimensions}
            for facts, key in self._groups:
                shared = key or frozenset(name for name in facts & own.keys() if concept_of(name) in ("", UNIT))
                if shared and shared <= own.keys():
                    values = tuple(own[name] for name in sorted(shared))
                    for notes in self._by_values(facts, key, shared).get(values, ()):
                        series.stated.update(note for note in notes if note[0] not in shared)

    def _by_values(self, facts: _Names, key: _Names, shared: _Names) -> dict[tuple[str, ...], list[Notes]]:
        if (facts, key, shared) not in self._shared:
            by_values: dict[tuple[str, ...], list[Notes]] = defaultdict(list)
            for group, notes in self._groups[facts, key]:
                by_values[tuple(group[name] for name in sorted(shared))].append(notes)
            self._shared[facts, key, shared] = by_values
        return self._shared[facts, key, shared]
