"""The header of an SDMX-ML message: which structure or data flow each of its data sets follows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.provider_kit.parsing.collector import Flow, is_time
from adapters.provider_kit.statistics.flows import named_flow, stated_flow

_URN = re.compile(r"=[^=:()]+:[^:()]+\(")
ALL_DIMENSIONS = "AllDimensions"


class FlowHeader:
    """
    Collects what a header says of the structures of a message.

    Attributes:
        is_open: whether the header is being read.

    """

    def __init__(self) -> None:
        self.is_open = False
        self._flows: dict[str, Flow] = {}
        self._across: dict[str, str] = {}
        self._structure, self._is_usage = "", False

    def structure(self, attributes: Mapping[str, str]) -> None:
        """Take a structure, or in one the reference to its definition."""
        self._is_usage = False
        if "structureID" in attributes:
            self._structure = attributes["structureID"]
            self._flows[self._structure] = Flow()
            self._across[self._structure] = attributes.get("dimensionAtObservation", "")

    def usage(self) -> None:
        """Take the beginning of a reference to a data flow."""
        self._is_usage = True

    def reference(self, attributes: Mapping[str, str]) -> None:
        """Take a reference by agency, id and version."""
        if self.is_open and attributes.get("id"):
            is_dataflow = self._is_usage or attributes.get("class", "") == "Dataflow"
            own, version = attributes["id"], attributes.get("version", "")
            self._name(Flow(name=own, agency=attributes.get("agencyID", ""), id=own, version=version, is_dataflow=is_dataflow))

    def text(self, text: str) -> None:
        """Take a reference that is a URN."""
        if self.is_open and _URN.search(text):
            self._name(stated_flow(text))

    def flow_of(self, reference: str, asked: str, otherwise: str) -> Flow:
        """
        Return the flow of a data set.

        Args:
            reference: the structure that it names, if it does.
            asked: the flow of the request.
            otherwise: the name that the header gives to the data set.

        """
        flow = self._flows.get(reference) or next(iter(self._flows.values()), Flow())
        return named_flow(asked, flow) if flow.name else Flow(name=asked or otherwise)

    def across(self, reference: str) -> str:
        """Return the dimension at which the observations of a data set lie if it is not the time, else an empty text."""
        across = self._across.get(reference) if reference in self._across else next(iter(self._across.values()), "")
        return across if across and not is_time(across) else ""

    def _name(self, flow: Flow) -> None:
        if not self._flows.get(self._structure, Flow()).name:
            self._flows[self._structure] = flow
