"""
JSON in the shapes in which people save tables.

Records, lines of records, columns, objects by date, lists of cells, series of pairs, and what pandas writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.provider_kit.own_files.grid import Cell, Grid, Row, all_quoted, listed, quoted, refused
from adapters.provider_kit.own_files.json_tables import (
    DATE,
    NOTHING,
    VALUE,
    Found,
    Pairs,
    checked_rows,
    facts_of,
    has_dates,
    is_date,
    joined,
    may_be_date,
    of_service,
    pairs_in,
)
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.bodies import marked
from adapters.provider_kit.parsing.limits import check_table, names_of
from domain.errors import AnswerNotUnderstood

_MOST = 0.8
_DEEPEST = 5
_POINTS, _NAMES = ("data", "values", "points", "observations"), ("name", "label", "series_id", "id", "key")


def read_document(body: bytes, name: str, options: FileOptions) -> Grid:
    """
    Return JSON as rows of cells under names.

    Raises:
        AnswerNotUnderstood: it is no JSON, holds no table or several; names row and column, or the keys.
        AnswerTooLarge: it has too many names or cells.

    """
    found = _find_table(_loaded(body, name), name, options)
    if found is None:
        raise AnswerNotUnderstood(
            f"{name} is JSON of another shape.",
            hint='Write [{"date": "2024-01-31", "value": 1.5}] or {"columns": ["date", "value"], "data": [["2024-01-31", 1.5]]}.',
        )
    names, cells, said = found
    rows = [Row(0, names), *(Row(number, row) for number, row in enumerate(cells, 1))]
    return Grid(name=name, rows=rows, headed=True, dot_is_decimal=True, title=said.get("title", ""), frequency=said.get("frequency", ""))


def _loaded(body: bytes, name: str) -> Any:
    try:
        text = body.decode(marked(body) or "utf-8")
    except UnicodeDecodeError as exc:
        raise refused(name, "it is not UTF-8, as JSON must be") from exc
    return _load(text, name)


def _load(text: str, name: str, line: int = 0) -> Any:
    """Read a document, or one of several lines of JSON, whose number is given."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as exc:
        if exc.msg == "Extra data" and not line:
            return [_load(part, name, number) for number, part in enumerate(text.splitlines(), 1) if part.strip()]
        raise AnswerNotUnderstood(f"{name} is not JSON at line {line or exc.lineno}, column {exc.colno}: {exc.msg}.") from exc
    except (ValueError, RecursionError) as exc:
        what = f"line {line} is not JSON" if line else "not JSON"
        raise refused(name, f"{what} that can be read ({exc})") from exc


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen and seen[key] != value:
                raise ValueError(f"the key {quoted(key)} stands twice with different values, {quoted(seen[key])} and {quoted(value)}")
            seen[key] = value
    return found


def _find_table(document: Any, name: str, options: FileOptions, depth: int = 0) -> Found | None:
    """
    Return the only table in a document, at any depth; None if there is none.

    Raises:
        AnswerNotUnderstood: there are several, or one whose rows do not fit; names row and column, or the keys.

    """
    if depth > _DEEPEST:
        return None
    if isinstance(document, list):
        return _of_list(document, name, options, depth)
    if not isinstance(document, dict):
        return None
    found = (
        of_service(document, name, options)
        or _split(document, name)
        or _named_pairs(document, name)
        or _by_keys(document, name)
        or _by_position(document, name)
        or _columnar(document, name)
        or _inner(document, name, options, depth)
    )
    return found and (found[0], found[1], {**facts_of(document), **found[2]})


def _inner(document: Mapping[str, Any], name: str, options: FileOptions, depth: int) -> Found | None:
    """Read the one member that is a table; several lists of pairs with the same dates are one table."""
    inner = {
        key: table
        for key, value in document.items()
        if isinstance(value, dict | list) and (table := _find_table(value, name, options, depth + 1))
    }
    if len(inner) > 1:
        inner = {key: found for key, found in inner.items() if has_dates(found)} or inner
    if len(inner) > 1:
        series: Sequence[tuple[str, Pairs]] = [(key, rows) for key, (names, rows, _) in inner.items() if list(names) == [DATE, VALUE]]
        if len(series) == len(inner) and len({tuple(point[0] for point in points) for _, points in series}) == 1:
            return joined(series, name)
        raise refused(name, f"tables stand under the keys {all_quoted(inner)}; save one of them")
    return next(iter(inner.values()), None)


def _of_list(items: Sequence[Any], name: str, options: FileOptions, depth: int) -> Found | None:
    if len(items) == 2 and isinstance(items[0], dict) and isinstance(items[1], list):  # noqa: PLR2004 - facts about it, and the records
        return _of_list(items[1], name, options, depth)
    if items and isinstance(items[0], dict):
        for row, record in enumerate(items, 1):
            if not isinstance(record, dict):
                raise refused(name, f"row {row} is not an object")
        return _of_series(items, name, options, depth) or _records(items, name)
    if items and isinstance(items[0], list):
        return _of_lists(items, name)
    if items and depth == 0:
        raise refused(name, "row 1 is not an object")
    return None


def _of_lists(items: Sequence[Any], name: str) -> Found:
    width = max(len(row) if isinstance(row, list) else 0 for row in items)
    first = items[0]
    named = all(isinstance(cell, str) and not is_date(cell) for cell in first) and len(items) > 1
    header = first if named else [DATE, VALUE] if width == 2 else [""] * width  # noqa: PLR2004 - a date and a value
    return header, checked_rows(items[1:] if named else items, len(header), name), NOTHING


def _records(records: Sequence[Mapping[str, Any]], name: str) -> Found:
    header = names_of(records, name)
    columns = {key: _unwrapped([record.get(key) for record in records]) for key in header}
    return header, [list(row) for row in zip(*columns.values(), strict=True)], NOTHING


def _unwrapped(cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return what stands alone in an object of one member, as ``{"v": 1.5}``; other cells as they are."""
    objects = [cell for cell in cells if isinstance(cell, dict)]
    members = {member for cell in objects for member in cell}
    if len(members) != 1 or any(len(cell) != 1 for cell in objects) or len(objects) < sum(cell is not None for cell in cells):
        return cells
    return [cell and next(iter(cell.values())) for cell in cells]


def _of_series(items: Sequence[Mapping[str, Any]], name: str, options: FileOptions, depth: int) -> Found | None:
    """Read objects that each hold a series, and no date of their own."""
    if any(may_be_date(value) for item in items for key, value in item.items() if key not in _NAMES):
        return None
    named = [(_name_in(item), points) for item in items if (points := _points(item))]
    names = {title for title, _ in named}
    if len(named) == len(items) and len(names) == len(items) and (len(items) == 1 or "" not in names):
        return joined([(title or VALUE, points) for title, points in named], name)
    inside = [table for item in items if (table := _find_table(item, name, options, depth + 1)) and has_dates(table)]
    if len(inside) > 1:
        raise refused(name, f"it holds {len(inside)} tables in a list; save one of them")
    return next(iter(inside), None) if len(items) == 1 else None


def _points(document: Mapping[str, Any]) -> Pairs | None:
    return next(filter(None, (pairs_in(document.get(key)) for key in _POINTS)), None)


def _name_in(document: Mapping[str, Any]) -> str:
    return next((document[key] for key in _NAMES if isinstance(document.get(key), str)), "")


def _named_pairs(document: Mapping[str, Any], name: str) -> Found | None:
    """Read one series of pairs beside its name."""
    points, title = _points(document), _name_in(document)
    return joined([(title, points)], name) if points and title else None


def _split(document: Mapping[str, Any], name: str) -> Found | None:
    """Read lists of cells under a list of names, as pandas and Quandl write them; an index of counts is none of the columns."""
    header, rows, index = document.get("column_names") or document.get("columns"), document.get("data"), document.get("index")
    if not (isinstance(header, list) and isinstance(rows, list) and all(isinstance(title, str) for title in header)):
        return None
    cells = checked_rows(rows, len(header), name)
    if isinstance(index, list) and len(index) == len(rows) and not all(type(at) is int and not may_be_date(at) for at in index):
        return [DATE, *header], [[at, *row] for at, row in zip(index, cells, strict=True)], NOTHING
    return header, cells, NOTHING


def _by_keys(document: Mapping[str, Any], name: str) -> Found | None:
    """Read objects whose keys, or whose members' keys, are dates."""
    values = list(document.values())
    if not values:
        return None
    if _are_dates(document):
        if all(isinstance(value, dict) for value in values):
            header = names_of(values, name)
            return [DATE, *header], [[key, *(value.get(name) for name in header)] for key, value in document.items()], NOTHING
        if not any(isinstance(value, dict | list) for value in values):
            return [DATE, VALUE], [[key, value] for key, value in document.items()], NOTHING
    inner = {key: value for key, value in document.items() if isinstance(value, dict) and _are_dates(value)}
    if (
        inner
        and len(inner) == len(values)
        and not any(isinstance(cell, dict | list) for value in inner.values() for cell in value.values())
    ):
        dates = names_of(list(inner.values()), name)
        check_table(len(inner), len(dates), name)
        return [DATE, *inner], [[date, *(value.get(date) for value in inner.values())] for date in dates], NOTHING
    return None


def _by_position(document: Mapping[str, Any], name: str) -> Found | None:
    """Read objects whose keys, or whose members' keys, count the rows, as pandas writes a frame without dates in its index."""
    members = list(document.values())
    if not (members and all(isinstance(member, dict) and member for member in members)):
        return None
    if _count_from_zero(document):
        return _records(members, name)
    if not all(_count_from_zero(member) and list(member) == list(members[0]) for member in members):
        return None
    check_table(len(members), len(members[0]), name)
    return list(document), [[member[at] for member in members] for at in members[0]], NOTHING


def _count_from_zero(document: Mapping[str, Any]) -> bool:
    return list(document) == [str(at) for at in range(len(document))]


def _columnar(document: Mapping[str, Any], name: str) -> Found | None:
    """Read lists of one length under their names."""
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and not any(isinstance(cell, dict | list) for cell in value)
    }
    if len(lists) < 2 or not any(may_be_date(cell) for value in lists.values() for cell in value[:1]):  # noqa: PLR2004
        return None
    lengths = {len(value) for value in lists.values()}
    if len(lengths) > 1:
        said = listed([f"{quoted(key)} ({len(value)})" for key, value in lists.items()])
        raise refused(name, f"the lists are of different lengths: {said}")
    check_table(len(lists), max(lengths), name)
    return list(lists), [list(row) for row in zip(*lists.values(), strict=True)], NOTHING


def _are_dates(document: Mapping[str, Any]) -> bool:
    keys = list(document)
    dates = sum(may_be_date(key) for key in keys)
    return dates > 0 and dates >= _MOST * len(keys)
