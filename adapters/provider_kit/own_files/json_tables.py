"""
What JSON is read to: names above rows of cells.

Series given as pairs of date and value; series of DBnomics, rows of Socrata; what other programs write better is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.provider_kit.own_files.date_cells import form_of, read_typed
from adapters.provider_kit.own_files.grid import Cell, all_quoted, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.limits import check_table

DATE, VALUE = "Date", "value"
NOTHING: Mapping[str, str] = {}
_LOOKED_AT = 3
_TITLES = ("name", "title", "series_name")
_FREQUENCIES = frozenset(("hourly", "daily", "weekly", "monthly", "quarterly", "annual"))

#: Names, rows of cells, and what the document says of the series.
Found = tuple[Sequence[str], Sequence[Sequence[Cell]], Mapping[str, str]]
Pairs = Sequence[Sequence[Cell]]


def is_date(cell: Any) -> bool:
    """Return whether a cell is a date that no number looks like."""
    return read_typed(cell) is not None


def may_be_date(cell: Any) -> bool:
    """Return whether a cell is a date, or digits of the form of one."""
    return not isinstance(cell, dict | list) and (is_date(cell) or bool(form_of(cell)))


def has_dates(found: Found) -> bool:
    """Return whether any of the first rows may hold a date."""
    return any(may_be_date(cell) for row in found[1][:_LOOKED_AT] for cell in row)


def checked_rows(rows: Sequence[Any], width: int, name: str) -> Sequence[Sequence[Cell]]:
    """Return rows that are lists of as many cells as there are names; raises AnswerNotUnderstood for others."""
    check_table(width, len(rows), name)
    for row, cells in enumerate(rows, 1):
        if not isinstance(cells, list):
            raise refused(name, f"row {row} is not a list")
        if len(cells) != width:
            raise refused(name, f"row {row} has {len(cells)} cells where there are {width} names")
    return rows


def pairs_in(value: Any) -> Pairs | None:
    """Return a list of [date, value] or {"x": date, "y": value}; None if it is none."""
    if not (isinstance(value, list) and value):
        return None
    points = [[point["x"], point["y"]] if isinstance(point, dict) and set(point) == {"x", "y"} else point for point in value]
    if not all(isinstance(point, list) and len(point) == 2 for point in points):  # noqa: PLR2004 - a pair
        return None
    return points if all(may_be_date(point[0]) for point in points[:_LOOKED_AT]) else None


def joined(named: Sequence[tuple[str, Pairs]], name: str) -> Found:
    """Return series of pairs as one table; a date that one series has twice stays on two rows."""
    rows: dict[tuple[Any, int], list[Cell]] = {}
    check_table(len(named) + 1, max(len(points) for _, points in named), name)
    for column, (_, points) in enumerate(named, 1):
        times: dict[Any, int] = {}
        for date, value in points:
            times[date] = times.get(date, 0) + 1
            rows.setdefault((date, times[date]), [date, *([None] * len(named))])[column] = value
    check_table(len(named) + 1, len(rows), name)
    return [DATE, *(title for title, _ in named)], list(rows.values()), NOTHING


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
        raise refused(name, f"it holds the series {all_quoted(codes)}", "key")
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
