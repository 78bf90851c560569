"""XML, parsed safely by the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.provider_kit.parsing.documents import read_text
from domain.errors import AnswerNotUnderstood, AnswerTruncated

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HEAD = 2000
_NO_MEMORY = 1


def xml_root(body: bytes) -> Element:
    """
    Parse a document; one with a document type is refused, so that there are no entities to expand.

    Raises:
        AnswerNotUnderstood, AnswerTruncated: it is not XML, is an HTML page, or ends too early.

    """
    from xml.etree import ElementTree as ET

    text = read_text(body)
    if "<!doctype" in text[:_HEAD].lower() or "<html" in text[:_HEAD].lower():
        raise AnswerNotUnderstood("The answer is an HTML page where XML must be.")
    if "<!DOCTYPE" in text:
        raise AnswerNotUnderstood("The answer is XML with a document type, which is not read.")
    try:
        return ET.fromstring(text.lstrip())  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError as exc:
        if exc.code == _NO_MEMORY:
            raise MemoryError from exc
        if text.lstrip().startswith("<") and exc.code in _ENDS:
            raise AnswerTruncated("The answer is XML that ends too early.") from exc
        raise AnswerNotUnderstood(f"The answer is not XML: {exc}.") from exc


def local_name(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]


#: Error codes of expat: no element found, unclosed token, partial character, unclosed CDATA section.
_ENDS = (3, 5, 6, 20)
