"""
Data flows: as an answer states them, and as a code or a request names them.

::

    urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ECB:EXR(1.0)    ECB:EXR(1.0)    EXR    ECB,EXR,1.0
"""

from __future__ import annotations

import re
from dataclasses import replace

from adapters.provider_kit.parsing.collector import Flow

_STATED = re.compile(r"(?:(?:.*\.)?(\w+)=)?(?:([^:()=]+):)?([^:()=]+)(?:\(([^()]*)\).*)?", re.DOTALL)
_DATAFLOW = "dataflow"
_PARTS = 3
_ANY = frozenset({"", "*", "all", "latest", "+", "~"})


def stated_flow(text: str, *, is_dataflow: bool | None = None) -> Flow:
    """
    Read the flow that an answer states: a URN, or ``AGENCY:ID(VERSION)``.

    Args:
        is_dataflow: whether it names a data flow rather than a structure; None if the URN says it.

    """
    found = _STATED.fullmatch(text.strip())
    if found is None:
        return Flow()
    kind, agency, own, version = (part or "" for part in found.groups())
    sure = kind.casefold() == _DATAFLOW if is_dataflow is None else is_dataflow
    return Flow(name=own, agency=agency, id=own, version=version, is_dataflow=sure)


def named_flow(asked: str, stated: Flow) -> Flow:
    """Return a stated flow under the name by which it was asked for, unless another one was."""
    return replace(stated, name=asked) if asked and is_of(stated, asked) else stated


def is_of(flow: Flow, asked: str) -> bool:
    """Return whether an answer's flow can be the one that was asked for, in any case, with or without agency and version."""
    if not flow.is_dataflow:
        return True
    parts = asked.split(",")
    agency, own, version = ("", *parts, "")[:_PARTS] if len(parts) == 1 else (*parts, "")[:_PARTS]
    wanted = ((agency, flow.agency), (own, flow.id), (version, flow.version))
    return all({said.casefold(), known.casefold()} & _ANY or said.casefold() == known.casefold() for said, known in wanted)


def spelt_out(flow: Flow) -> str:
    """Return a flow with its agency and version, as a request can name it; its name if the answer states neither."""
    return f"{flow.agency},{flow.id},{flow.version}" if flow.agency and flow.version else flow.name
