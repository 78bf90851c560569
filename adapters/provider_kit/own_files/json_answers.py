"""JSON of services that people save: DBnomics' series, Socrata's rows; and what is refused because other programs write it better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.provider_kit.own_files.grid import listed, quoted, refused
from adapters.provider_kit.own_files.json_tables import NOTHING, Found, checked_rows
from adapters.provider_kit.own_files.options import FileOptions

_TITLES = ("name", "title", "series_name")
_FREQUENCIES = frozenset(("hourly", "daily", "weekly", "monthly", "quarterly", "annual"))


def of_service(document: Mapping[str, Any], name: str, options: FileOptions) -> Found | None:
    """
    Return the table of a service's document; None if it is none.

    Raises:
        AnswerNotUnderstood: it holds several series, or a cube.

    """
    if "dataSets" in document or ("dimension" in document and "value" in document):
        kind = "SDMX-JSON" if "dataSets" in document else "JSON-stat"
        raise refused(name, f"it is {kind}, whose numbers stand apart from their dates; save the same data as CSV")
    return _dbnomics(document, name, options) or _socrata(document, name)


def facts_of(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what an object says of its series: title and frequency."""
    title = next((document[key] for key in _TITLES if isinstance(document.get(key), str)), "")
    said = next((str(document[key]).casefold() for key in ("frequency", "@frequency") if key in document), "")
    return {name: text for name, text in (("title", title), ("frequency", said if said in _FREQUENCIES else "")) if text}


def _dbnomics(document: Mapping[str, Any], name: str, options: FileOptions) -> Found | None:
    """Read series with lists of periods and values."""
    docs = document.get("docs")
    if not (
        isinstance(docs, list) and docs and all(isinstance(doc, dict) and {"period", "value", "series_code"} <= set(doc) for doc in docs)
    ):
        return None
    codes = [str(doc["series_code"]) for doc in docs]
    chosen = [doc for doc, code in zip(docs, codes, strict=True) if not options.key or code == options.key[0]]
    if len(chosen) != 1:
        raise refused(name, f"it holds the series {listed(list(map(quoted, codes)))}", "key")
    [doc] = chosen
    if len(doc["period"]) != len(doc["value"]):
        raise refused(name, f"it has {len(doc['period'])} periods for {len(doc['value'])} values")
    rows = [list(pair) for pair in zip(doc["period"], doc["value"], strict=True)]
    return ["period", str(doc["series_code"])], rows, facts_of(doc)


def _socrata(document: Mapping[str, Any], name: str) -> Found | None:
    """Read rows under names that stand in a description of the view."""
    meta, rows = document.get("meta"), document.get("data")
    view = meta.get("view") if isinstance(meta, dict) else None
    columns: Any = view.get("columns") if isinstance(view, dict) else None
    if not (isinstance(columns, list) and isinstance(rows, list) and all(isinstance(column, dict) for column in columns)):
        return None
    names: Sequence[str] = [str(column.get("name", "")) for column in columns]
    return names, checked_rows(rows, len(names), name), facts_of(view) if isinstance(view, dict) else NOTHING
