"""
Statistical XML other than the usual SDMX-ML: cross-sectional 2.0, and central banks' own formats.

::

    <Cube SCODE="XUDLUSS"><Cube TIME="2024-01-02" OBS_VALUE="1.26"/></Cube>
    <Cube time="2024-01-02"><Cube currency="USD" rate="1.09"/></Cube>
    <dataSet pos="VDB" attr1="AT" attr1Dim="AREA" freq="A"><values><obs periode="1998" value="2"/></values></dataSet>
    <Group TIME="2024" FREQ="A"><Section AREA="BE"><BIRTHS SEX="F" value="60614"/></Section></Group>

An element with a value is an observation; its attributes and its ancestors' attributes hold its time and its key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.provider_kit.parsing.collector import Flow, SeriesCollector, is_time, time_name
from adapters.provider_kit.parsing.flag_codes import flag_of
from adapters.provider_kit.parsing.limits import DEPTH, NAMES
from adapters.provider_kit.statistics.attribute_names import separated
from adapters.provider_kit.statistics.conventions import Conventions
from adapters.provider_kit.statistics.units import notes_in
from domain.errors import AnswerNotUnderstood

_VALUES = ("OBS_VALUE", "value", "rate")
_PLAIN = frozenset({"cube", "obs", "obs_value", "observation"})
_OBSERVATIONS = frozenset({"obs", "observation"})
_NAMES_DIMENSION = re.compile(r"(.+)Dim")
_DATA = frozenset({"dataset", "cube", "values", "oenbdata"})
_ERRORS = frozenset({"error", "errors", "errormessage"})
_FREQUENCY = "FREQ_NAME"


@dataclass(slots=True)
class _Element:
    """An open element: its ancestors' attributes, its own, and whether it has children."""

    around: dict[str, str]
    own: dict[str, str]
    has_children: bool = False


class FlatXml:
    """
    Handlers for XML that carries everything in attributes.

    Attributes:
        errors: ("", text) of each error element.
        said: the first characters of the document's text.

    """

    def __init__(self, collector: SeriesCollector, flow: str, conventions: Conventions) -> None:
        self.errors: list[tuple[str, str]] = []
        self.said = ""
        self._collector, self._flow, self._conventions = collector, Flow(name=flow), conventions
        self._open: list[_Element] = []
        self._in_error = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        local = name.rpartition(":")[2]
        around: dict[str, str] = {}
        if self._open:
            parent = self._open[-1]
            parent.has_children = True
            around = {**parent.around, **parent.own} if parent.own else parent.around
        if len(self._open) >= DEPTH:
            raise AnswerNotUnderstood(f"The answer is XML that is nested deeper than {DEPTH} levels.")
        NAMES.check(len(around) + len(attributes))
        own = {key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith(("xmlns", "xsi:"))}
        self._collector.was_data |= local.casefold() in _DATA
        self._in_error = self._in_error or (local if local.casefold() in _ERRORS else "")
        self._open.append(_Element(around, own))

    def end(self, name: str) -> None:
        """Handle the end of an element."""
        element, local = self._open.pop(), name.rpartition(":")[2]
        value = next((element.own[key] for key in _VALUES if key in element.own), None)
        lacks_value = local.casefold() in _OBSERVATIONS and not element.has_children and any(map(is_time, element.own))
        if value is not None or lacks_value:
            self._observe(local, element, value)
        elif self._open and _FREQUENCY in element.own:
            self._open[-1].own[_FREQUENCY] = element.own[_FREQUENCY]
        if self._in_error == local:
            self.errors.append(("", self.said))
            self._in_error = ""

    def text(self, text: str) -> None:
        """Handle text; only an error message has any that matters."""
        if len(self.said) < 1000:  # noqa: PLR2004 - more is no message
            self.said += text

    def _observe(self, local: str, element: _Element, value: str | None) -> None:
        own, around = dict(element.own), element.around
        time = time_name(own)
        beside, above = (time, "") if time else ("", time_name(around))
        period = own.get(beside) or around.get(above, "")
        if not period:
            raise AnswerNotUnderstood("The answer has an observation without a time.")
        if local.casefold() not in _PLAIN:
            own["MEASURE"] = local
        used = next((name for name in _VALUES if name in own), "")
        parts = separated(_renamed(own), self._conventions, of_series=False, without=(beside, used))
        parts = separated(_renamed(around), self._conventions, of_series=True, without=(above,)) | parts
        self._collector.series(self._flow, parts).add(period, value, notes_in({**around, **own}), flag_of(own))


def _renamed(named: dict[str, str]) -> dict[str, str]:
    """Rename ``attr1`` to the value of ``attr1Dim``."""
    if not any(name.endswith("Dim") for name in named):
        return named
    names = {match[1]: value for name, value in named.items() if (match := _NAMES_DIMENSION.fullmatch(name))}
    return {names.get(name, name): value for name, value in named.items() if not _NAMES_DIMENSION.fullmatch(name)}
