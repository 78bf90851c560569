"""
The answers of the World Bank's API, in JSON and in XML, as rows.

::

    [{"page": 1, "pages": 1, …}, [{"indicator": {"id", "value"}, "country": {…}, "countryiso3code", "date", "value", …}]]
    [{"page": 1, "pages": 1, …}, [{"id": "NY.GDP.MKTP.CD", "name", "unit", "source": {…}, …}]]    the list of indicators
    [{"message": [{"id": "120", "key": "Invalid value", "value": "…"}]}]
    <wb:data page="1" …><wb:data><wb:indicator id="…">…</wb:indicator>…    and <wb:error><wb:message id="120" key="…">
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.provider_kit.http.status_errors import ErrorContext, is_success, retry_after
from adapters.provider_kit.parsing.documents import objects
from domain.errors import AnswerNotUnderstood, AnswerTruncated, DatasetNotFound, FetchError, SourceUnavailable
from domain.ports import RawResponse

_NOTHING_SUCH = frozenset({"120", "140", "175"})
_NOT_NOW = frozenset({"105", "199"})


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of an answer, and how many pages the server says there are."""

    rows: Sequence[dict[str, Any]]
    number: int
    pages: int


def page_of(document: Any) -> Page:
    """
    Find the rows.

    Raises:
        AnswerNotUnderstood: there are none.

    """
    if not isinstance(document, list) or len(document) < len(("head", "rows")) or not isinstance(document[0], dict):
        raise AnswerNotUnderstood("The answer is JSON of another shape than a page of the World Bank.")
    head, rows = document[0], objects(document[1] or [], "rows")
    if not all("date" in row and "value" in row for row in rows):
        raise AnswerNotUnderstood("The answer's rows are not observations: they have no date.")
    return Page(rows, _count(head.get("page")), _count(head.get("pages")))


def indicators_of(document: Any) -> Sequence[dict[str, Any]]:
    """
    Return the rows of the list of indicators.

    Raises:
        AnswerNotUnderstood: it is another document.

    """
    if not isinstance(document, list) or len(document) < len(("head", "rows")):
        raise AnswerNotUnderstood("The answer is JSON of another shape than a page of the World Bank.")
    rows = objects(document[1] or [], "rows")
    if not all(isinstance(row.get("id"), str) and "name" in row for row in rows):
        raise AnswerNotUnderstood("The answer's rows are not indicators: they have no id and name.")
    return rows


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a document reports, whatever the status."""
    first = document[0] if isinstance(document, list) and document else document
    messages = first.get("message") if isinstance(first, dict) else None
    if not isinstance(messages, list) or not messages or not isinstance(messages[0], dict):
        return None
    number = str(messages[0].get("id"))
    said = context.quoted(f"{messages[0].get('key', '')}: {messages[0].get('value', '')}")
    text = f"The World Bank refuses ({number}): {said}"
    if number in _NOTHING_SUCH and (is_success(answer) or answer.status < 500):  # noqa: PLR2004 - a server's own failure
        return DatasetNotFound(text)
    return SourceUnavailable(text, retry_after=retry_after(answer)) if number in _NOT_NOW else AnswerNotUnderstood(text)


def read_xml(text: str) -> list[Any]:
    """
    Read XML as the JSON of the same answer.

    Raises:
        AnswerNotUnderstood: it is no XML of the World Bank.
        AnswerTruncated: it ends too early.

    """
    from xml.etree import ElementTree as ET

    if "http://www.worldbank.org" not in text[:500] or "<!DOCTYPE" in text:
        raise AnswerNotUnderstood("The answer is XML of another kind.")
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError as exc:
        if not text.rstrip().endswith(">") or "</wb:" not in text[-20:]:
            raise AnswerTruncated("The answer is XML that ends too early.") from exc
        raise AnswerNotUnderstood(f"The answer is not XML: {exc}.") from exc
    if _name(root) == "error":
        return [{"message": [{**message.attrib, "value": (message.text or "").strip()} for message in root]}]
    return [dict(root.attrib), [{_name(field): _field(field) for field in row} for row in root]]


def _field(element: Any) -> Any:
    text = (element.text or "").strip()
    return {"id": element.get("id"), "value": text} if "id" in element.attrib else text


def _name(element: Any) -> str:
    name: str = element.tag.rpartition("}")[2]
    return name


def _count(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 0
