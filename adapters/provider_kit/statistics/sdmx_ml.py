"""SDMX-ML 2.0, 2.1 and 3.0 as a stream of elements: generic, and structure-specific alias compact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import ClassVar

from adapters.provider_kit.parsing.collector import CollectedSeries, Flow, Notes, Parts, SeriesCollector, time_name
from adapters.provider_kit.parsing.flag_codes import flag_of
from adapters.provider_kit.parsing.limits import NAMES
from adapters.provider_kit.statistics.attribute_names import separated
from adapters.provider_kit.statistics.conventions import Conventions
from adapters.provider_kit.statistics.flow_header import ALL_DIMENSIONS, FlowHeader
from adapters.provider_kit.statistics.group_facts import GroupFacts
from adapters.provider_kit.statistics.units import notes_in
from domain.errors import AnswerNotUnderstood

_TEXTS = frozenset({"URN", "Structure", "StructureUsage", "DataSetID", "KeyFamilyRef", "Text", "ErrorMessage", "Time"})
_LONGEST_TEXT = 10_000
_VALUES = ("OBS_VALUE", "obs_value", "value", "VALUE")
_GROUP, _ROOT = "Group", "MessageGroup"
_OF_XML = ("xsi:", "xmlns")


class SdmxMl:
    """
    Handlers for the elements of a message.

    Attributes:
        errors: (code, text) of the messages in the footer.
        said: the text of the current element.

    """

    def __init__(self, collector: SeriesCollector, flow: str, conventions: Conventions) -> None:
        self.errors: list[tuple[str, str]] = []
        self.said = ""
        self._collector, self._conventions, self._asked = collector, conventions, flow
        self._header, self._name = FlowHeader(), ""
        self._error = ""
        self._names: dict[str, str] = {}
        self._flow, self._across, self._deletes = Flow(name=flow), "", False
        self._general: dict[str, str] = {}
        self._groups, self._found = GroupFacts(), dict[int, CollectedSeries]()
        self._group: dict[str, str] | None = None
        self._group_facts: dict[str, str] = {}
        self._series: dict[str, str] | None = None
        self._facts: dict[str, str] = {}
        self._compact = False
        self._parts: Parts | None = None
        self._current: CollectedSeries | None = None
        self._notes: Notes = ()
        self._beside: tuple[dict[str, str], Notes, str] = {}, (), ""
        self._obs: dict[str, str] | None = None
        self._obs_facts: dict[str, str] = {}
        self._value: str | None = None
        self._target: dict[str, str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        local = self._names.get(name) or self._names.setdefault(name, _local(name))
        self.said = ""
        handler = self._STARTS.get(local)
        if handler:
            handler(self, attributes)
        elif local.endswith(_GROUP) and local != _ROOT:
            self._start_group(attributes)

    def end(self, name: str) -> None:
        """Handle the end of an element."""
        local = self._names[name]
        handler = self._ENDS.get(local)
        if handler:
            handler(self)
        elif local in _TEXTS:
            self._take_text(local, self.said.strip())
        elif local.endswith(_GROUP) and local != _ROOT:
            self._end_group()

    def text(self, text: str) -> None:
        """Handle text, up to the length of a name or message."""
        if len(self.said) < _LONGEST_TEXT:
            self.said += text

    def _start_header(self, _: Mapping[str, str]) -> None:
        self._header.is_open = True

    def _end_header(self) -> None:
        self._header.is_open = False

    def _start_structure(self, attributes: Mapping[str, str]) -> None:
        self._header.structure(attributes)

    def _start_usage(self, _: Mapping[str, str]) -> None:
        self._header.usage()

    def _take_reference(self, attributes: Mapping[str, str]) -> None:
        self._header.reference(attributes)

    def _take_text(self, local: str, text: str) -> None:
        if local in ("Text", "ErrorMessage") and text:
            self.errors.append((self._error, text))
        elif local == "Time" and self._obs is not None:
            self._obs["TIME_PERIOD"] = text
        elif local in ("URN", "Structure", "StructureUsage"):
            self._header.text(text)
        elif local in ("DataSetID", "KeyFamilyRef") and text:
            self._name = self._name or text

    def _start_message(self, attributes: Mapping[str, str]) -> None:
        self._error = attributes.get("code", "")

    def _start_data_set(self, attributes: Mapping[str, str]) -> None:
        named = {_local(name): value for name, value in attributes.items()}
        self._collector.was_data = True
        self._deletes = named.get("action", "").casefold() in ("delete", "d")
        reference = named.get("structureRef", "")
        self._flow, self._across = self._header.flow_of(reference, self._asked, self._name), self._header.across(reference)
        self._general, self._groups, self._found = named, GroupFacts(), {}

    def _end_data_set(self) -> None:
        self._groups.apply(self._found.values())

    def _start_group(self, attributes: Mapping[str, str]) -> None:
        self._group = {}
        self._group_facts = {_local(name): value for name, value in attributes.items() if not name.startswith(_OF_XML)}

    def _end_group(self) -> None:
        if self._group is not None:
            self._groups.add(self._group_facts, self._group)
        self._group = None

    def _start_series(self, attributes: Mapping[str, str]) -> None:
        NAMES.check(len(attributes))
        self._current, self._parts, self._facts, self._compact = None, None, {}, _has_own(attributes)
        self._series = dict(attributes) if self._compact else {}

    def _start_series_key(self, _: Mapping[str, str]) -> None:
        self._target = self._series

    def _start_obs_key(self, _: Mapping[str, str]) -> None:
        self._target = self._obs

    def _start_group_key(self, _: Mapping[str, str]) -> None:
        self._target = self._group

    def _start_attributes(self, _: Mapping[str, str]) -> None:
        if self._obs is not None:
            self._target = self._obs_facts
        elif self._series is not None:
            self._target = self._facts
        else:
            self._target = self._general if self._group is None else self._group_facts

    def _end_target(self) -> None:
        self._target = None

    def _take_value(self, attributes: Mapping[str, str]) -> None:
        if self._target is not None:
            NAMES.check(len(self._target))
            self._target[attributes.get("id") or attributes.get("concept", "")] = attributes.get("value", "")

    def _start_obs(self, attributes: dict[str, str]) -> None:
        NAMES.check(len(attributes))
        self._value = None
        self._compact = self._compact or _has_own(attributes)
        self._obs, self._obs_facts = attributes if self._compact else {}, {}

    def _take_dimension(self, attributes: Mapping[str, str]) -> None:
        if self._obs is not None:
            self._obs[attributes.get("id") or self._across or "TIME_PERIOD"] = attributes.get("value", "")

    def _take_obs_value(self, attributes: Mapping[str, str]) -> None:
        self._value = attributes.get("value")

    def _end_obs(self) -> None:
        obs, self._obs = self._obs or {}, None
        if self._compact:
            self._value = next((obs[name] for name in _VALUES if name in obs), None)
        own, flag = self._told_beside(obs if self._compact else self._obs_facts)
        time = "" if self._series is None or self._across else time_name(obs)
        if time:
            period, self._parts = obs[time], self._parts or self._parts_of_series(self._series or {})
        else:
            everything = {**(self._series or {}), **obs}
            time = time_name(everything)
            if not everything.get(time):
                raise AnswerNotUnderstood("The answer has an observation without a time.")
            period, self._parts, self._current = everything[time], self._parts_across(obs, time), None
        if self._deletes:
            self._collector.delete(self._flow, self._parts, period)
        else:
            self._current = self._current or self._open(self._parts)
            self._current.add(period, self._value, (*self._notes, *own) if own else self._notes, flag)

    def _told_beside(self, attributes: dict[str, str]) -> tuple[Notes, str]:
        """Return the units and the flags beside an observation; most have the same attributes as the one before."""
        known, notes, flag = self._beside
        if known != attributes:
            notes, flag = notes_in(attributes), flag_of(attributes)
            self._beside = attributes, notes, flag
        return notes, flag

    def _open(self, parts: Parts) -> CollectedSeries:
        self._notes = notes_in(parts.facts)
        series = self._collector.series(self._flow, parts)
        series.stated.update(notes_in(self._general))
        self._found[id(series)] = series
        return series

    def _parts_of_series(self, key: Mapping[str, str], without: Collection[str] = ()) -> Parts:
        """Return what tells a series whose observations differ by time from others."""
        if self._compact:
            return separated(key, self._conventions, of_series=True, without=without)
        return Parts(dimensions={name: value for name, value in key.items() if name not in without}, facts=self._facts)

    def _parts_across(self, obs: Mapping[str, str], time: str) -> Parts:
        """Return the same of an observation in a group that differs by another dimension, or by none."""
        if not self._compact:
            return self._parts_of_series({**(self._series or {}), **obs}, (time,))
        if self._series is not None and self._across not in ("", ALL_DIMENSIONS):
            measured = next((value for name, value in obs.items() if _local(name) == "type"), "")
            own = Parts(dimensions={self._across: obs.get(self._across, _local(measured))}, order=(self._across,))
        else:
            used = next((name for name in _VALUES if name in obs), "")
            own = separated(obs, self._conventions, of_series=False, without=(time, used))
        return self._parts_of_series(self._series, (time,)) | own if self._series else own

    def _end_series(self) -> None:
        if self._series is not None and self._current is None and not self._across and not self._deletes:
            self._open(self._parts_of_series(self._series))
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
        "StructureUsage": _start_usage,
        "Ref": _take_reference,
        "Message": _start_message,
        "ErrorMessage": _start_message,
    }
    _ENDS: ClassVar[Mapping[str, Callable[[SdmxMl], None]]] = {
        "Obs": _end_obs,
        "Series": _end_series,
        "DataSet": _end_data_set,
        "Attributes": _end_target,
        "SeriesKey": _end_target,
        "ObsKey": _end_target,
        "GroupKey": _end_target,
        "Header": _end_header,
    }


def _has_own(attributes: Mapping[str, str]) -> bool:
    """Return whether an element has attributes besides those of XML itself."""
    return any(not name.startswith(_OF_XML) for name in attributes)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
