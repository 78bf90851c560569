"""
SDMX-JSON: draft, 1.0 and 2.0.

::

    {"dataSets": [{"series": {"0:0": {"observations": {"0": [1.5]}}}}], "structure": {"dimensions": {"series": …}}}
    {"data": {"dataSets": [{"observations": {"0:0:0": [1.5]}}], "structures": […]}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.provider_kit.parsing.collector import CollectedSeries, Flow, Notes, Parts, SeriesCollector, is_time
from adapters.provider_kit.parsing.flag_codes import code_of, is_flag, joined
from adapters.provider_kit.parsing.limits import NAMES
from adapters.provider_kit.parsing.period_texts import PeriodForms
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.statistics.flows import named_flow, stated_flow
from adapters.provider_kit.statistics.units import DECIMALS, MULTIPLIER, SCALE, concept_of, notes_in
from domain.errors import AnswerNotUnderstood

_TIME_ROLE = "TIME_PERIOD"
_LEVELS = ("dataSet", "series", "observation")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dimension:
    """A dimension of the structure: codes and labels of its values, by position."""

    name: str
    codes: Sequence[str]
    words: Sequence[str]
    position: int | None
    is_time: bool


_Place = tuple[_Dimension, int]


def read_sdmx_json(document: Mapping[str, Any], flow: str, conventions: Conventions = STANDARD) -> SeriesCollector:
    """
    Collect the series of an SDMX-JSON message.

    Raises:
        AnswerNotUnderstood: its data do not fit its structure.

    """
    data = document["data"] if isinstance(document.get("data"), dict) else document
    structures = data.get("structures") or [data.get("structure") or document.get("structure")]
    collector = SeriesCollector()
    collector.was_data = True
    readers: dict[int, _DataSet] = {}
    try:
        for data_set in data["dataSets"]:
            at = data_set.get("structure", 0) if len(structures) > 1 else 0
            if at not in readers:
                readers[at] = _DataSet(collector, named_flow(flow, _flow(structures[at])), structures[at], conventions.forms)
            readers[at].read(data_set)
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise AnswerNotUnderstood(f"The answer is SDMX-JSON whose data do not fit its structure ({type(exc).__name__}).") from exc
    return collector


class _DataSet:
    """Reads the series of data sets of one structure."""

    def __init__(self, collector: SeriesCollector, flow: Flow, structure: Mapping[str, Any], forms: PeriodForms) -> None:
        self._collector, self._flow = collector, flow
        levels = structure["dimensions"]
        told = {level: levels.get(level) or [] for level in _LEVELS}
        time = _time(told)
        self._levels = {level: [_dimension(found, forms, is_time=found is time) for found in told[level]] for level in _LEVELS}
        self._attributes = _Attributes(structure.get("attributes") or {}, collector.meanings)
        measures = (structure.get("measures") or {}).get("observation") or []
        NAMES.check(self._attributes.count + sum(map(len, self._levels.values())) + len(measures))
        self._measures = [str(measure["id"]) for measure in measures] if len(measures) > 1 else [""]
        self._deletes = False
        self._groups: Sequence[tuple[Mapping[str, str], Notes]] = ()

    def read(self, data_set: Mapping[str, Any]) -> None:
        self._deletes = str(data_set.get("action", "")).casefold() == "delete"
        whole = [(dimension, 0) for dimension in self._levels["dataSet"]]
        general = self._attributes.facts("dataSet", data_set.get("attributes") or [], only_units=True)
        self._groups = [
            (self._group(key), notes_in(self._attributes.facts("dimensionGroup", places or [], only_units=True)))
            for key, places in (data_set.get("dimensionGroupAttributes") or {}).items()
        ]
        for key, series in (data_set.get("series") or {}).items():
            located = whole + self._located("series", key)
            facts = general | self._attributes.facts("series", series.get("attributes") or [])
            observations = series.get("observations") or {}
            if not observations and not self._deletes and not any(dimension.is_time for dimension, _ in located):
                self._series(located, facts)
            self._observe(located, facts, observations)
        self._observe(whole, general, data_set.get("observations") or {})

    def _observe(self, located: list[_Place], facts: Mapping[str, str], observations: Mapping[str, Any]) -> None:
        series: dict[tuple[int, ...], list[CollectedSeries]] = {}
        of_series = notes_in(facts)
        for key, cells in observations.items():
            places = located + self._located("observation", key)
            period = next((dimension.codes[at] for dimension, at in places if dimension.is_time), "")
            if not period:
                raise AnswerNotUnderstood("The answer has no dimension that is the time.")
            apart = tuple(at for dimension, at in places if not dimension.is_time)
            if self._deletes:
                self._delete(places, period)
                continue
            if apart not in series:
                series[apart] = [self._series(places, facts, measure) for measure in self._measures]
            listed = cells if isinstance(cells, list) else []
            notes = of_series
            if self._attributes.has_units:
                notes += notes_in(self._attributes.facts("observation", listed[len(self._measures) :], only_units=True))
            flag = self._attributes.flag(listed, len(self._measures)) if self._attributes.has_flags else ""
            for at, found in enumerate(series[apart]):
                found.add(period, listed[at] if at < len(listed) else None, notes, flag)

    def _delete(self, places: Sequence[_Place], period: str) -> None:
        for measure in self._measures:
            self._collector.delete(self._flow, Parts(dimensions=_key(places, measure)), period)

    def _located(self, level: str, key: str) -> list[_Place]:
        dimensions = self._levels[level]
        places = [int(place) for place in key.split(":")] if dimensions else []
        return list(zip(dimensions, places, strict=True))

    def _group(self, key: str) -> Mapping[str, str]:
        """Return the values of a group's dimensions, each at its place among all or among those of series and observations."""
        places = key.split(":")
        every = [dimension for level in _LEVELS for dimension in self._levels[level]]
        own = every[len(every) - len(places) :] if len(places) in (len(every), len(every) - len(self._levels["dataSet"])) else []
        return {dimension.name: dimension.codes[int(at)] for dimension, at in zip(own, places, strict=bool(own)) if at}

    def _series(self, located: Sequence[_Place], facts: Mapping[str, str], measure: str = "") -> CollectedSeries:
        key = _key(located, measure)
        series = self._collector.series(
            self._flow, Parts(dimensions=key, facts=facts), [dimension.words[at] for dimension, at in _in_order(located)]
        )
        for group, notes in self._groups:
            if group and group.items() <= key.items():
                series.stated.update(notes)
        return series


def _in_order(located: Sequence[_Place]) -> list[_Place]:
    """Return the places of dimensions other than the time, in the order of a key if the answer says it."""
    told = [(dimension, at) for dimension, at in located if not dimension.is_time]
    if all(dimension.position is not None for dimension, _ in told):
        told.sort(key=lambda place: place[0].position or 0)
    return told


def _key(located: Sequence[_Place], measure: str) -> dict[str, str]:
    return {dimension.name: dimension.codes[at] for dimension, at in _in_order(located)} | ({"MEASURE": measure} if measure else {})


class _Attributes:
    """
    The attributes of a structure, by the level at which they stand.

    Attributes:
        count: how many there are.
        has_units, has_flags: whether one that must not differ, or one that holds flags, stands beside observations.

    """

    def __init__(self, levels: Mapping[str, Any], meanings: dict[str, str]) -> None:
        self._levels = {
            level: [(str(attribute["id"]), attribute.get("values") or []) for attribute in levels.get(level) or []]
            for level in (*_LEVELS, "dimensionGroup")
        }
        self.count = sum(map(len, self._levels.values()))
        self.has_units = any(concept_of(name) for name, _ in self._levels["observation"])
        self._flags = [
            (at, name, [code_of(name, _code(value)) for value in values])
            for at, (name, values) in enumerate(self._levels["observation"])
            if is_flag(name)
        ]
        self.has_flags = bool(self._flags)
        for at, _, codes in self._flags:
            words = map(_word, self._levels["observation"][at][1])
            meanings |= {code: word for code, word in zip(codes, words, strict=True) if code and word}

    def flag(self, cells: Sequence[Any], measures: int) -> str:
        """Return the flags whose positions, or in SDMX-JSON 2.0 whose values, stand behind so many measures of an observation."""
        found = []
        for at, name, codes in self._flags:
            place = cells[measures + at] if measures + at < len(cells) else None
            if place is None:
                continue
            if codes:
                found.append(codes[place] if type(place) is int and 0 <= place < len(codes) else "")
            elif isinstance(place, str):
                found.append(code_of(name, place))
        return joined(found) if any(found) else ""

    def facts(self, level: str, places: Sequence[Any], *, only_units: bool = False) -> dict[str, str]:
        """Return the attributes whose positions, or in SDMX-JSON 2.0 whose values, stand at one place."""
        found = {}
        for (name, values), place in zip(self._levels[level], places, strict=False):
            if only_units and not concept_of(name):
                continue
            value = values[place] if type(place) is int and 0 <= place < len(values) else None if values else place
            if value is not None:
                found[name] = _told(name, value)
        return {name: text for name, text in found.items() if text}


def _told(name: str, value: Any) -> str:
    """Return the label of an attribute's value, but the code of a number."""
    if not isinstance(value, dict):
        return "" if isinstance(value, list | bool) else str(value)
    names = ("id", "value", "name") if concept_of(name) in (MULTIPLIER, SCALE, DECIMALS) else ("name", "value", "id")
    return str(next((value[part] for part in names if value.get(part) not in (None, "")), ""))


def _time(levels: Mapping[str, Sequence[Mapping[str, Any]]]) -> Mapping[str, Any] | None:
    """Return the dimension that is the time: by its role or the standard's name, else by a name of its own beside observations."""
    every = [found for level in reversed(_LEVELS) for found in levels[level]]
    roles = [{*(found.get("roles") or []), str(found.get("role"))} for found in every]
    said = [found for found, role in zip(every, roles, strict=True) if _TIME_ROLE in role or found["id"] == _TIME_ROLE]
    return next(iter(said or [found for found in every if is_time(str(found["id"]))]), None)


def _dimension(found: Mapping[str, Any], forms: PeriodForms, *, is_time: bool) -> _Dimension:
    values = found.get("values") or []
    codes = [_code(value) for value in values]
    return _Dimension(
        name=str(found["id"]),
        codes=[_period(code, value, forms) for code, value in zip(codes, values, strict=True)] if is_time else codes,
        words=[_word(value) for value in values],
        position=found["keyPosition"] if isinstance(found.get("keyPosition"), int) else None,
        is_time=is_time,
    )


def _code(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return str(next((value[name] for name in ("id", "value", "name") if value.get(name) is not None), ""))


def _word(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def _period(code: str, value: Any, forms: PeriodForms) -> str:
    """Return the code of a period, or its start if the code is not a period."""
    return value["start"] if isinstance(value, dict) and isinstance(value.get("start"), str) and forms.read(code) is None else code


def _flow(structure: Mapping[str, Any]) -> Flow:
    """Return the data flow that the structure's links name by a URN or a URL."""
    for link in structure.get("links") or []:
        if link.get("rel") == "dataflow":
            urn = str(link.get("urn") or "")
            return stated_flow(urn or _in_url(str(link.get("href") or "")), is_dataflow=True)
    return Flow()


def _in_url(url: str) -> str:
    """Return the flow in ``…/dataflow/AGENCY/ID/VERSION`` or ``…/dataflow/ID/…`` as a URN ends."""
    parts = [part for part in url.partition("/dataflow/")[2].partition("?")[0].split("/") if part]
    if len(parts) < 3:  # noqa: PLR2004 - agency, flow, version
        return parts[0] if parts else ""
    return f"{parts[0]}:{parts[1]}({parts[2]})"
