"""Statistical answers of any format, recognised by the first characters of the body; the content type is not used."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from adapters.provider_kit.parsing.collector import SeriesCollector
from adapters.provider_kit.parsing.documents import read_object, read_text
from adapters.provider_kit.statistics.boj import read_result_set
from adapters.provider_kit.statistics.compact_json import read_compact_json
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.statistics.eurostat_tsv import is_tsv, read_tsv
from adapters.provider_kit.statistics.jsonstat import cubes, read_jsonstat
from adapters.provider_kit.statistics.sdmx_csv import read_csv
from adapters.provider_kit.statistics.sdmx_errors import json_error
from adapters.provider_kit.statistics.sdmx_json import read_sdmx_json
from adapters.provider_kit.statistics.sdmx_xml import read_xml
from domain.errors import AnswerNotUnderstood
from domain.ports import RawResponse

_DATA_PATH = re.compile(r"/data/(?:dataflow/[^/]+/)?([A-Za-z0-9_@$,.+-]+)")
_TABLE_PATH = re.compile(r"/(?:json/[a-z]{2}|ReadDataset|responseinstance|samples|table|tables)/([A-Za-z0-9_-]+)")
_FLOW_PARAMETERS = ("hierid", "db")
_MESSAGES = ("CompactData", "GenericData", "StructureSpecificData", "MessageGroup")
_NO_FLOWS = ("dataflow", "all")


def read_answer(answer: RawResponse, conventions: Conventions = STANDARD) -> SeriesCollector:
    """
    Collect the series of an answer.

    Args:
        conventions: what the agency's answers leave unsaid.

    Raises:
        FetchError: it is an error message, incomplete, in no known format or without data.

    """
    body, flow = answer.body, _flow_in(answer.url)
    start = body[:200].lstrip()[:1]
    if not start:
        raise AnswerNotUnderstood("The answer is empty.")
    if start == b"<" and b"<html" in body[:2000].lower():
        raise AnswerNotUnderstood("The answer is an HTML page.")
    if start == b"<":
        return read_xml(body.lstrip(), flow, conventions)
    if start in b"{[":
        return _document(read_object(body, _loaded), flow, conventions)
    text = read_text(body)
    return read_tsv(text, flow) if is_tsv(text) else read_csv(text, flow, conventions)


def _loaded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        if b"NaN" in body:  # not valid JSON, but some services send it
            with suppress(ValueError, RecursionError):
                return json.loads(body)
        raise


def _document(document: dict[str, Any], flow: str, conventions: Conventions) -> SeriesCollector:
    data = document["data"] if isinstance(document.get("data"), dict) else document
    if isinstance(data.get("dataSets"), list) and data["dataSets"]:
        return read_sdmx_json(document, flow, conventions)
    message = next((document[name] for name in _MESSAGES if isinstance(document.get(name), dict)), None)
    if message is not None:
        return read_compact_json(message, flow, conventions)
    found = cubes(document)
    if found:
        return read_jsonstat(found, flow, conventions)
    error = json_error(document)
    if error:
        raise error
    if isinstance(document.get("RESULTSET"), list):
        return read_result_set(document, flow)
    shown = ", ".join(map(repr, list(document)[:5])) or "none"
    raise AnswerNotUnderstood(f"The answer is JSON, but neither SDMX nor JSON-stat; its fields are {shown}.")


def _flow_in(url: str) -> str:
    """Return the data set's name in the URL of a request; empty if there is none."""
    parts = urlsplit(url)
    named = parse_qs(parts.query)
    for parameter in _FLOW_PARAMETERS:
        if parameter in named:
            return named[parameter][0]
    match = _DATA_PATH.search(unquote(parts.path)) or _TABLE_PATH.search(unquote(parts.path))
    return match[1] if match and match[1].casefold() not in _NO_FLOWS else ""
