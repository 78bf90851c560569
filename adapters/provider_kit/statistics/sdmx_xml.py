"""
Statistical answers in XML, parsed as a stream: SDMX-ML of every kind, and the formats of ``flat_xml``.

Prefixes and namespaces are ignored, as they differ between agencies. A document type is refused, and with it every entity.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar
from xml.parsers import expat

from adapters.provider_kit.parsing.collector import CollectedSeries, SeriesCollector, is_time
from adapters.provider_kit.parsing.limits import NAMES
from adapters.provider_kit.statistics.ambiguous_dimensions import ambiguous_dimensions, split_names
from adapters.provider_kit.statistics.flat_xml import FlatXml
from adapters.provider_kit.statistics.sdmx_errors import named_error
from domain.errors import AnswerNotUnderstood, AnswerTruncated, SourceUnavailable

_URN = re.compile(r"=[^=:()]+:([^:()]+)\(")
_CUT = frozenset({3, 5, 6, 20})  # no element, unclosed token, partial character, unclosed CDATA
_SDMX = re.compile(r"(Generic|StructureSpecific|Compact|Utility)(TimeSeries)?Data|MessageGroup")
_TEXTS = frozenset({"URN", "Structure", "DataSetID", "KeyFamilyRef", "Text", "ErrorMessage", "Time", "DataSetAction"})
_NO_MEMORY, _LONGEST_TEXT = 1, 10_000
_VALUES = ("OBS_VALUE", "obs_value", "value", "VALUE")


def read_xml(body: bytes, flow: str) -> SeriesCollector:
    """
    Collect the series of a message.

    Args:
        flow: the data flow of the request; empty if unknown.

    Raises:
        FetchError: it is an error message, incomplete, or holds no data.

    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    collector = SeriesCollector()

    def begin(name: str, attributes: dict[str, str]) -> None:
        root = _local(name)
        reader = SdmxMl(collector, flow) if _SDMX.fullmatch(root) or root in _OTHERS else FlatXml(collector, flow)
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler = reader.text
        readers.append((root, reader))
        reader.start(name, attributes)

    readers: list[tuple[str, SdmxMl | FlatXml]] = []
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(body, True)  # noqa: FBT003 - isfinal
    except expat.ExpatError as exc:
        if exc.code == _NO_MEMORY:
            raise MemoryError from exc
        if exc.code in _CUT:
            raise AnswerTruncated("The answer is XML that ends too early.") from exc
        raise AnswerNotUnderstood(f"The answer is not XML: {exc}.") from exc
    except (LookupError, ValueError) as exc:
        raise AnswerNotUnderstood("The answer is XML in an encoding that nobody knows.") from exc
    root, reader = readers[0]
    _check(root, reader, collector)
    return collector


def _refuse(*_: object) -> None:
    raise AnswerNotUnderstood("The answer has a document type, which no statistical answer has.")


def _check(root: str, reader: SdmxMl | FlatXml, collector: SeriesCollector) -> None:
    """Raise the error of an answer without series; an empty data set is none."""
    if collector.all():
        return
    if reader.errors:
        raise named_error(*reader.errors[0])
    if root == "string":
        raise SourceUnavailable(f"The provider answers: {' '.join(reader.said.split())[:300]}")
    if not collector.was_data:
        raise AnswerNotUnderstood(f"The answer is XML without data; its element is {root[:40]!r}.")


class SdmxMl:
    """
    Handlers for SDMX-ML 2.0, 2.1 and 3.0: generic, or structure-specific alias compact.

    Attributes:
        errors: (code, text) of the messages in the footer.
        said: the text of the current element.

    """

    def __init__(self, collector: SeriesCollector, flow: str) -> None:
        self.errors: list[tuple[str, str]] = []
        self.said = ""
        self._collector, self._asked_flow, self._flow = collector, flow, flow
        self._structures: dict[str, tuple[str, str]] = {}
        self._structure, self._across = "", ""
        self._error = ""
        self._in_header = self._deletes = False
        self._series: dict[str, str] | None = None
        self._compact = False
        self._facts: dict[str, str] = {}
        self._current: CollectedSeries | None = None
        self._obs: dict[str, str] | None = None
        self._value: str | None = None
        self._target: dict[str, str] | None = None
        self._names: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        local = self._names.get(name) or self._names.setdefault(name, _local(name))
        self.said = ""
        handler = self._STARTS.get(local)
        if handler:
            handler(self, attributes)

    def end(self, name: str) -> None:
        """Handle the end of an element."""
        local = self._names[name]
        handler = self._ENDS.get(local)
        if handler:
            handler(self)
        elif local in _TEXTS:
            self._take_text(local, self.said.strip())

    def text(self, text: str) -> None:
        """Handle text, up to the length of a name or message."""
        if len(self.said) < _LONGEST_TEXT:
            self.said += text

    def _start_header(self, _: Mapping[str, str]) -> None:
        self._in_header = True

    def _end_header(self) -> None:
        self._in_header = False

    def _start_structure(self, attributes: Mapping[str, str]) -> None:
        if "structureID" in attributes:
            self._structure = attributes["structureID"]
            self._structures[self._structure] = ("", attributes.get("dimensionAtObservation", ""))

    def _take_reference(self, attributes: Mapping[str, str]) -> None:
        if self._in_header:
            self._name_flow(attributes.get("id", ""))

    def _name_flow(self, flow: str) -> None:
        named, across = self._structures.get(self._structure, ("", ""))
        self._structures[self._structure] = (named or flow, across)

    def _take_text(self, local: str, text: str) -> None:
        if local in ("Text", "ErrorMessage") and text:
            self.errors.append((self._error, text))
        elif local == "Time" and self._obs is not None:
            self._obs["TIME_PERIOD"] = text
        elif local in ("URN", "Structure") and self._in_header:
            urn = _URN.search(text)
            if urn:
                self._name_flow(urn[1])
        elif local in ("DataSetID", "KeyFamilyRef") and text:
            self._flow = self._flow or text

    def _start_message(self, attributes: Mapping[str, str]) -> None:
        self._error = attributes.get("code", "")

    def _start_data_set(self, attributes: Mapping[str, str]) -> None:
        named = {_local(name): value for name, value in attributes.items()}
        self._collector.was_data = True
        self._deletes = named.get("action", "").casefold() in ("delete", "d")
        reference = named.get("structureRef", "")
        flow, across = self._structures.get(reference) or next(iter(self._structures.values()), ("", ""))
        self._flow = self._asked_flow or flow or self._flow
        self._across = "" if is_time(across) else across

    def _start_series(self, attributes: Mapping[str, str]) -> None:
        self._current, self._facts, self._compact = None, {}, bool(attributes)
        NAMES.check(len(attributes))
        self._series = {_local(name): value for name, value in attributes.items()}

    def _start_series_key(self, _: Mapping[str, str]) -> None:
        self._target = self._series

    def _start_obs_key(self, _: Mapping[str, str]) -> None:
        self._target = self._obs

    def _start_group_key(self, _: Mapping[str, str]) -> None:
        self._target = {}

    def _start_attributes(self, _: Mapping[str, str]) -> None:
        self._target = {} if self._obs is not None or self._series is None else self._facts

    def _end_target(self) -> None:
        self._target = None

    def _take_value(self, attributes: Mapping[str, str]) -> None:
        if self._target is not None:
            NAMES.check(len(self._target))
            self._target[attributes.get("id") or attributes.get("concept", "")] = attributes.get("value", "")

    def _start_obs(self, attributes: dict[str, str]) -> None:
        NAMES.check(len(attributes))
        self._value = None
        self._obs = attributes
        if attributes:
            self._compact = True

    def _take_dimension(self, attributes: Mapping[str, str]) -> None:
        if self._obs is not None:
            self._obs[attributes.get("id") or self._across or "TIME_PERIOD"] = attributes.get("value", "")

    def _take_obs_value(self, attributes: Mapping[str, str]) -> None:
        self._value = attributes.get("value")

    def _end_obs(self) -> None:
        obs, self._obs = self._obs or {}, None
        if self._compact:
            self._value = next((obs[name] for name in _VALUES if name in obs), None)
        period = "" if self._series is None or self._across else obs.get("TIME_PERIOD") or _time_in(obs)
        if self._series is not None and period:
            series = self._current or self._open(self._series)
        else:
            series, period = self._across_series(obs)
        self._current = series
        if self._deletes:
            self._collector.delete(series, period)
        else:
            series.add(period, self._value)

    def _open(self, key: Mapping[str, str]) -> CollectedSeries:
        """Return the series of a key whose observations differ by time."""
        if not self._compact:
            return self._collector.series(self._flow, key, self._facts)
        dimensions, facts = split_names(key)
        return self._collector.series(self._flow, dimensions | ambiguous_dimensions(facts), facts)

    def _across_series(self, obs: dict[str, str]) -> tuple[CollectedSeries, str]:
        """Return the series and period of an observation in a group that differs by another dimension, or by none."""
        if self._compact:
            named = {_local(name): value for name, value in obs.items()}
            if self._series is not None and self._across:
                kind = _local(named.get("type", ""))
                named = {name: value for name, value in named.items() if name == self._across or is_time(name)}
                named.setdefault(self._across, kind)
            obs = named
        key = {**(self._series or {}), **obs}
        period = _time_in(key)
        if not period:
            raise AnswerNotUnderstood("The answer has an observation without a time.")
        dimensions, facts = split_names(key) if self._compact else (key, self._facts)
        return self._collector.series(self._flow, _without_time(dimensions), facts), period

    def _end_series(self) -> None:
        if self._series is not None and self._current is None and not self._across:
            self._open(self._series)
        self._series = None

    _STARTS: ClassVar[Mapping[str, Callable[[SdmxMl, dict[str, str]], None]]] = {
        "Value": _take_value,
        "Obs": _start_obs,
        "ObsDimension": _take_dimension,
        "ObsValue": _take_obs_value,
        "Attributes": _start_attributes,
        "SeriesKey": _start_series_key,
        "ObsKey": _start_obs_key,
        "GroupKey": _start_group_key,
        "Series": _start_series,
        "DataSet": _start_data_set,
        "Header": _start_header,
        "Structure": _start_structure,
        "Ref": _take_reference,
        "Message": _start_message,
        "ErrorMessage": _start_message,
    }
    _ENDS: ClassVar[Mapping[str, Callable[[SdmxMl], None]]] = {
        "Obs": _end_obs,
        "Series": _end_series,
        "Attributes": _end_target,
        "SeriesKey": _end_target,
        "ObsKey": _end_target,
        "GroupKey": _end_target,
        "Header": _end_header,
    }


_OTHERS = frozenset({"Error", "Structure"})


def _time_in(named: Mapping[str, str]) -> str:
    return next((value for name, value in named.items() if is_time(name)), "")


def _without_time(named: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in named.items() if not is_time(name)}


def _local(name: str) -> str:
    return name.rpartition(":")[2]
