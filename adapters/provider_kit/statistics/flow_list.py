"""
Lists of data flows: SDMX-ML structure messages, of version 2.0 to 3.0.

::

    <mes:Structures><str:Dataflows><str:Dataflow id="EXR" agencyID="ECB" version="1.0"><com:Name xml:lang="en">…</com:Name>…
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.provider_kit.parsing.xml import local_name, xml_root
from adapters.provider_kit.statistics.sdmx_errors import named_error
from domain.errors import AnswerNotUnderstood

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFlow:
    """A data flow: an agency's data set of many series."""

    agency: str
    id: str
    name: str
    description: str = ""


def read_flows(body: bytes) -> Sequence[DataFlow]:
    """
    Return the data flows of a structure message, with their English names, else those in the first language.

    Raises:
        AnswerNotUnderstood, AnswerTruncated: it is another document, or ends too early.
        FetchError: the message is an error.

    """
    root = xml_root(body)
    found = [_flow(element) for element in root.iter() if local_name(element.tag) == "Dataflow" and element.get("id")]
    if found:
        return found
    if local_name(root.tag) == "Error":
        raise _error(root)
    if local_name(root.tag) not in ("Structure", "RegistryInterface"):
        raise AnswerNotUnderstood(f"The answer is XML of another kind ({local_name(root.tag)[:40]}) than a list of data flows.")
    return []


def _flow(element: Element) -> DataFlow:
    return DataFlow(
        agency=element.get("agencyID", ""),
        id=element.get("id", ""),
        name=_text(element, "Name"),
        description=_text(element, "Description"),
    )


def _text(element: Element, name: str) -> str:
    texts = {child.get(_LANGUAGE, ""): "".join(child.itertext()) for child in _children(element, name)}
    return texts.get("en") or next(iter(texts.values()), "")


def _children(element: Element, name: str) -> Iterator[Element]:
    # In reverse, so that of several without a language the first one stays.
    return (child for child in reversed(element) if local_name(child.tag) == name)


def _error(root: Element) -> Exception:
    messages = [each for each in root.iter() if local_name(each.tag) == "ErrorMessage"]
    words = " ".join(" ".join(root.itertext()).split())
    return named_error(messages[0].get("code", "") if messages else "", words)
