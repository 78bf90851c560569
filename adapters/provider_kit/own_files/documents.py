"""JSON in the shapes in which people save tables, and lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from adapters.provider_kit.own_files.grid import Grid, Row, quoted, refused
from adapters.provider_kit.own_files.json_shapes import find_table
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.bodies import marked
from domain.errors import AnswerNotUnderstood


def read_document(body: bytes, name: str, options: FileOptions) -> Grid:
    """
    Return JSON as rows of cells under names.

    Raises:
        AnswerNotUnderstood: it is no JSON, holds no table or several; names row and column, or the keys.
        AnswerTooLarge: it has too many names or cells.

    """
    found = find_table(_loaded(body, name), name, options)
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
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as exc:
        if exc.msg == "Extra data":
            return list(_lines(text, name))
        raise _not_json(name, exc) from exc
    except (ValueError, RecursionError) as exc:
        raise refused(name, f"not JSON that can be read ({exc})") from exc


def _lines(text: str, name: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line, object_pairs_hook=_unique)
            except json.JSONDecodeError as exc:
                raise AnswerNotUnderstood(f"{name} is not JSON at line {number}, column {exc.colno}: {exc.msg}.") from exc
            except (ValueError, RecursionError) as exc:
                raise refused(name, f"line {number} is not JSON that can be read ({exc})") from exc


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
