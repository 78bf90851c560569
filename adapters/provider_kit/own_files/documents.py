"""JSON in the shapes in which people save tables: records, columns, objects by date, lists, lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.provider_kit.own_files.date_cells import form_of, read_typed
from adapters.provider_kit.own_files.grid import Cell, Grid, Row, listed, quoted, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.limits import check_table, names_of
from domain.errors import AnswerNotUnderstood

_MOST = 0.8
_DEEPEST = 5
_TITLES = ("name", "title", "series_name")
_VALUE = "value"
_FREQUENCIES = frozenset(("hourly", "daily", "weekly", "monthly", "quarterly", "annual"))

_Found = tuple[Sequence[str], Sequence[Sequence[Cell]], Mapping[str, str]]
_NOTHING: Mapping[str, str] = {}


def read_document(body: bytes, name: str, options: FileOptions) -> Grid:
    """
    Return JSON as rows of cells under names.

    Raises:
        AnswerNotUnderstood: it is no JSON, holds no table or several; names row and column, or the keys.
        AnswerTooLarge: it has too many names or cells.

    """
    document = _loaded(body, name)
    found = _table(document, name, options)
    if found is None:
        raise AnswerNotUnderstood(
            f"{name} is JSON of another shape.",
            hint='Write [{"date": "2024-01-31", "value": 1.5}] or {"columns": ["date", "value"], "data": [["2024-01-31", 1.5]]}.',
        )
    names, cells, said = found
    rows = [Row(0, names), *(Row(number, row) for number, row in enumerate(cells, 1))]
    return Grid(name=name, rows=rows, headed=True, dot_is_decimal=True, title=said.get("title", ""), frequency=said.get("frequency", ""))


def _loaded(body: bytes, name: str) -> Any:
    text = body.decode("utf-8-sig", errors="strict") if _is_utf8(body) else _refuse_encoding(name)
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as exc:
        if exc.msg == "Extra data":
            return list(_lines(text, name))
        raise _not_json(name, exc) from exc
    except (ValueError, RecursionError) as exc:
        raise refused(name, f"not JSON that can be read ({exc})") from exc


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _refuse_encoding(name: str) -> str:
    raise refused(name, "it is not UTF-8, as JSON must be")


def _lines(text: str, name: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line, object_pairs_hook=_unique)
            except json.JSONDecodeError as exc:
                raise AnswerNotUnderstood(f"{name} is not JSON at line {number}, column {exc.colno}: {exc.msg}.") from exc


def _not_json(name: str, exc: json.JSONDecodeError) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(f"{name} is not JSON at line {exc.lineno}, column {exc.colno}: {exc.msg}.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen and seen[key] != value:
                raise ValueError(f"the key {quoted(key)} stands twice with different values, {quoted(seen[key])} and {quoted(value)}")
            seen[key] = value
    return found


def _table(document: Any, name: str, options: FileOptions, depth: int = 0) -> _Found | None:
    if isinstance(document, list):
        return _of_list(document, name, is_all=depth == 0)
    if not isinstance(document, dict) or depth > _DEEPEST:
        return None
    facts = _facts(document)
    found = _of_series(document, name, options) or _split(document, name) or _by_keys(document, name) or _columnar(document, name)
    if found:
        return found[0], found[1], {**facts, **found[2]}
    inner = {
        key: table
        for key, value in document.items()
        if isinstance(value, dict | list) and (table := _table(value, name, options, depth + 1))
    }
    if len(inner) > 1:
        inner = {key: found for key, found in inner.items() if _has_dates(found)} or inner
    if len(inner) > 1:
        raise refused(name, f"tables stand under the keys {listed(list(map(quoted, inner)))}; save one of them")
    return next(((names, rows, {**facts, **said}) for names, rows, said in inner.values()), None)


def _facts(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what an object says of its series: title and frequency."""
    title = next((document[key] for key in _TITLES if isinstance(document.get(key), str)), "")
    said = next((str(document[key]).casefold() for key in ("frequency", "@frequency") if key in document), "")
    return {name: text for name, text in (("title", title), ("frequency", said if said in _FREQUENCIES else "")) if text}


def _has_dates(found: _Found) -> bool:
    return any(_is_date(cell) or form_of(cell) for row in found[1][:3] for cell in row)


def _of_list(items: Sequence[Any], name: str, *, is_all: bool) -> _Found | None:
    if len(items) == 2 and isinstance(items[0], dict) and isinstance(items[1], list):  # noqa: PLR2004 - facts about it, and the records
        return _of_list(items[1], name, is_all=is_all)
    if items and isinstance(items[0], dict):
        for row, record in enumerate(items, 1):
            if not isinstance(record, dict):
                raise refused(name, f"row {row} is not an object")
        header = names_of(items, name)
        return header, [[record.get(key) for key in header] for record in items], _NOTHING
    if items and isinstance(items[0], list):
        width = max(len(row) if isinstance(row, list) else 0 for row in items)
        first = items[0]
        named = all(isinstance(cell, str) and not _is_date(cell) for cell in first) and len(items) > 1
        header = first if named else ["Date", _VALUE] if width == 2 else [""] * width  # noqa: PLR2004 - a date and a value
        return header, _rows(items[1:] if named else items, len(header), name), _NOTHING
    if items and is_all:
        raise refused(name, "row 1 is not an object")
    return None


def _rows(rows: Sequence[Any], width: int, name: str) -> Sequence[Sequence[Cell]]:
    check_table(width, len(rows), name)
    for row, cells in enumerate(rows, 1):
        if not isinstance(cells, list):
            raise refused(name, f"row {row} is not a list")
        if len(cells) != width:
            raise refused(name, f"row {row} has {len(cells)} cells where there are {width} names")
    return rows


def _of_series(document: Mapping[str, Any], name: str, options: FileOptions) -> _Found | None:
    """Read DBnomics' series, each with lists of periods and values."""
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
    return ["period", str(doc["series_code"])], rows, _facts(doc)


def _split(document: Mapping[str, Any], name: str) -> _Found | None:
    """Read lists of cells under a list of names, as pandas and Quandl write them."""
    header, rows, index = document.get("column_names") or document.get("columns"), document.get("data"), document.get("index")
    if not (isinstance(header, list) and isinstance(rows, list) and all(isinstance(title, str) for title in header)):
        return None
    cells = _rows(rows, len(header), name)
    if isinstance(index, list) and len(index) == len(rows):
        return ["Date", *header], [[at, *row] for at, row in zip(index, cells, strict=True)], _NOTHING
    return header, cells, _NOTHING


def _by_keys(document: Mapping[str, Any], name: str) -> _Found | None:
    """Read objects whose keys, or whose members' keys, are dates."""
    values = list(document.values())
    if not values:
        return None
    if _are_dates(document):
        if all(isinstance(value, dict) for value in values):
            header = names_of(values, name)
            return ["Date", *header], [[key, *(value.get(name) for name in header)] for key, value in document.items()], _NOTHING
        if not any(isinstance(value, dict | list) for value in values):
            return ["Date", _VALUE], [[key, value] for key, value in document.items()], _NOTHING
    inner = {key: value for key, value in document.items() if isinstance(value, dict) and _are_dates(value)}
    if (
        inner
        and len(inner) == len(values)
        and not any(isinstance(cell, dict | list) for value in inner.values() for cell in value.values())
    ):
        dates = names_of(list(inner.values()), name)
        check_table(len(inner), len(dates), name)
        return ["Date", *inner], [[date, *(value.get(date) for value in inner.values())] for date in dates], _NOTHING
    return None


def _columnar(document: Mapping[str, Any], name: str) -> _Found | None:
    """Read lists of one length under their names."""
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and not any(isinstance(cell, dict | list) for cell in value)
    }
    if len(lists) < 2 or not any(_is_date(cell) or form_of(cell) for value in lists.values() for cell in value[:1]):  # noqa: PLR2004
        return None
    lengths = {len(value) for value in lists.values()}
    if len(lengths) > 1:
        said = listed([f"{quoted(key)} ({len(value)})" for key, value in lists.items()])
        raise refused(name, f"the lists are of different lengths: {said}")
    check_table(len(lists), max(lengths), name)
    return list(lists), [list(row) for row in zip(*lists.values(), strict=True)], _NOTHING


def _is_date(cell: Any) -> bool:
    return read_typed(cell) is not None


def _are_dates(document: Mapping[str, Any]) -> bool:
    keys = list(document)
    dates = sum(_is_date(key) or bool(form_of(key)) for key in keys)
    return dates > 0 and dates >= _MOST * len(keys)
