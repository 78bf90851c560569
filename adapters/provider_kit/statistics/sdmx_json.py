"""
SDMX in JSON: SDMX-JSON draft, 1.0 and 2.0, and SDMX-ML converted to JSON as the IMF did.

::

    {"dataSets": [{"series": {"0:0": {"observations": {"0": [1.5]}}}}], "structure": {"dimensions": {"series": …}}}
    {"data": {"dataSets": [{"observations": {"0:0:0": [1.5]}}], "structures": […]}}
    {"CompactData": {"DataSet": {"Series": {"@FREQ": "A", "Obs": [{"@TIME_PERIOD": "2020", "@OBS_VALUE": "1"}]}}}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.provider_kit.parsing.collector import CollectedSeries, SeriesCollector, is_time
from adapters.provider_kit.parsing.limits import NAMES
from adapters.provider_kit.parsing.periods import STATISTICS
from adapters.provider_kit.statistics.ambiguous_dimensions import ambiguous_dimensions, split_names
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


def read_sdmx_json(document: Mapping[str, Any], flow: str) -> SeriesCollector:
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
                readers[at] = _DataSet(collector, flow or _flow(structures[at]), structures[at])
            readers[at].read(data_set)
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise AnswerNotUnderstood(f"The answer is SDMX-JSON whose data do not fit its structure ({type(exc).__name__}).") from exc
    return collector


class _DataSet:
    """Reads the series of data sets of one structure."""

    def __init__(self, collector: SeriesCollector, flow: str, structure: Mapping[str, Any]) -> None:
        self._collector, self._flow = collector, flow
        levels = structure["dimensions"]
        self._levels = {level: list(map(_dimension, levels.get(level) or [])) for level in _LEVELS}
        attributes = (structure.get("attributes") or {}).get("series") or []
        self._attributes = [(str(attribute["id"]), attribute.get("values") or []) for attribute in attributes]
        measures = (structure.get("measures") or {}).get("observation") or []
        NAMES.check(len(attributes) + sum(map(len, self._levels.values())) + len(measures))
        self._measures = [str(measure["id"]) for measure in measures] if len(measures) > 1 else [""]
        self._deletes = False

    def read(self, data_set: Mapping[str, Any]) -> None:
        self._deletes = str(data_set.get("action", "")).casefold() == "delete"
        whole = [(dimension, 0) for dimension in self._levels["dataSet"]]
        for key, series in (data_set.get("series") or {}).items():
            located = whole + self._located("series", key)
            facts = self._facts(series.get("attributes") or [])
            observations = series.get("observations") or {}
            if not observations and not self._deletes and not any(dimension.is_time for dimension, _ in located):
                self._series(located, facts)
            self._observe(located, facts, observations)
        self._observe(whole, {}, data_set.get("observations") or {})

    def _observe(self, located: list[tuple[_Dimension, int]], facts: Mapping[str, str], observations: Mapping[str, Any]) -> None:
        series: dict[tuple[int, ...], list[CollectedSeries]] = {}
        for key, cells in observations.items():
            places = located + self._located("observation", key)
            period = next((dimension.codes[at] for dimension, at in places if dimension.is_time), "")
            if not period:
                raise AnswerNotUnderstood("The answer has no dimension that is the time.")
            apart = tuple(at for dimension, at in places if not dimension.is_time)
            if apart not in series:
                series[apart] = [self._series(places, facts, measure) for measure in self._measures]
            for at, found in enumerate(series[apart]):
                if self._deletes:
                    self._collector.delete(found, period)
                else:
                    found.add(period, cells[at] if isinstance(cells, list) and at < len(cells) else None)

    def _located(self, level: str, key: str) -> list[tuple[_Dimension, int]]:
        dimensions = self._levels[level]
        places = [int(place) for place in key.split(":")] if dimensions else []
        return list(zip(dimensions, places, strict=True))

    def _series(self, located: Sequence[tuple[_Dimension, int]], facts: Mapping[str, str], measure: str = "") -> CollectedSeries:
        told = [(dimension, at) for dimension, at in located if not dimension.is_time]
        if all(dimension.position is not None for dimension, _ in told):
            told.sort(key=lambda place: place[0].position or 0)
        key = {dimension.name: dimension.codes[at] for dimension, at in told} | ({"MEASURE": measure} if measure else {})
        return self._collector.series(self._flow, key, facts, [dimension.words[at] for dimension, at in told])

    def _facts(self, places: Sequence[Any]) -> dict[str, str]:
        found = {}
        for (name, values), place in zip(self._attributes, places, strict=False):
            if isinstance(place, int) and place < len(values) and isinstance(values[place], dict):
                found[name] = str(values[place].get("name") or values[place].get("value") or values[place].get("id") or "")
        return found


def read_compact_json(message: Mapping[str, Any], flow: str) -> SeriesCollector:
    """Collect the series of SDMX-ML converted to JSON, where a single element is not in a list."""
    collector = SeriesCollector()
    header = message.get("Header")
    named = header.get("DataSetID") if isinstance(header, dict) else ""
    for data_set in _listed(message.get("DataSet")):
        collector.was_data = True
        for series in _listed(data_set.get("Series")):
            dimensions, facts = split_names(_attributes(series))
            found = collector.series(flow or (named if isinstance(named, str) else ""), dimensions | ambiguous_dimensions(facts), facts)
            for observation in _listed(series.get("Obs")):
                cells = _attributes(observation)
                found.add(cells.get("TIME_PERIOD", ""), cells.get("OBS_VALUE"))
    return collector


def _listed(value: Any) -> Iterator[Mapping[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _attributes(element: Mapping[str, Any]) -> dict[str, str]:
    return {name[1:]: value for name, value in element.items() if name.startswith("@") and isinstance(value, str)}


def _dimension(found: Mapping[str, Any]) -> _Dimension:
    values = found.get("values") or []
    codes = [_code(value) for value in values]
    roles = [*(found.get("roles") or []), found.get("role")]
    time = _TIME_ROLE in roles or is_time(str(found["id"]))
    return _Dimension(
        name=str(found["id"]),
        codes=[_period(code, value) for code, value in zip(codes, values, strict=True)] if time else codes,
        words=[_word(value) for value in values],
        position=found["keyPosition"] if isinstance(found.get("keyPosition"), int) else None,
        is_time=time,
    )


def _code(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return str(next((value[name] for name in ("id", "value", "name") if value.get(name) is not None), ""))


def _word(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def _period(code: str, value: Any) -> str:
    """Return the code of a period, or its start if the code is not a period."""
    return value["start"] if isinstance(value, dict) and isinstance(value.get("start"), str) and STATISTICS.read(code) is None else code


def _flow(structure: Mapping[str, Any]) -> str:
    """Return the data flow's name from the structure's links, which hold a URN or a URL."""
    for link in structure.get("links") or []:
        if link.get("rel") == "dataflow":
            urn = str(link.get("urn") or "").rpartition("=")[2]
            return urn.partition(":")[2].partition("(")[0] if urn else _of_url(str(link.get("href") or ""))
    return ""


def _of_url(url: str) -> str:
    parts = url.partition("/dataflow/")[2].split("/")
    return parts[0] if len(parts) < 3 else parts[1]  # noqa: PLR2004 - agency, flow, version
