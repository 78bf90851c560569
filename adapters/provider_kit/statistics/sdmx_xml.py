"""
Statistical answers in XML, parsed as a stream: SDMX-ML of every kind, and the formats of ``flat_xml``.

Prefixes and namespaces are ignored, as they differ between agencies. A document type is refused, and with it every entity.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from adapters.provider_kit.parsing.collector import SeriesCollector
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.statistics.flat_xml import FlatXml
from adapters.provider_kit.statistics.sdmx_errors import named_error
from adapters.provider_kit.statistics.sdmx_ml import SdmxMl
from domain.errors import AnswerNotUnderstood, AnswerTruncated, SourceUnavailable

_CUT = frozenset({3, 5, 6, 20})  # no element, unclosed token, partial character, unclosed CDATA
_SDMX = re.compile(r"(Generic|StructureSpecific|Compact|Utility)(TimeSeries)?Data|MessageGroup")
_OTHERS = frozenset({"Error", "Structure"})
_NO_MEMORY = 1


def read_xml(body: bytes, flow: str, conventions: Conventions = STANDARD) -> SeriesCollector:
    """
    Collect the series of a message.

    Args:
        flow: the data flow of the request; empty if unknown.
        conventions: what the agency's answers leave unsaid.

    Raises:
        FetchError: it is an error message, incomplete, or holds no data.

    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    collector = SeriesCollector()

    def begin(name: str, attributes: dict[str, str]) -> None:
        root = name.rpartition(":")[2]
        kind = SdmxMl if _SDMX.fullmatch(root) or root in _OTHERS else FlatXml
        reader = kind(collector, flow, conventions)
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
