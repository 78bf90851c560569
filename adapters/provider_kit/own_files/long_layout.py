"""The long layout, with a row for each series and date: the key's columns tell the series apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

import numpy as np

from adapters.provider_kit.own_files.grid import Cell, Column, Table, all_quoted, as_name, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.numbers import is_number
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.limits import check_table
from domain.errors import DatasetNotFound
from domain.observations import Dates

Key = tuple[str, ...]


def find_key(whose: str, asked: Key, there: Sequence[Key]) -> int:
    """
    Return which key is asked for: exactly, else as a code can spell it, in any case and with any sign for what codes cannot hold.

    Raises:
        DatasetNotFound: none is, or several are; names those that are near.

    """
    found = [at for at, key in enumerate(there) if key == asked] or [
        at for at, key in enumerate(there) if [*map(_folded, key)] == [*map(_folded, asked)]
    ]
    if len(found) == 1:
        return found[0]
    text = "/".join(asked)
    near = get_close_matches(text, ["/".join(key) for key in there], n=3, cutoff=0.3)
    raise DatasetNotFound(f"{whose} holds no series {quoted(text)}.", hint=f"There are {listed(near)}." if near else "")


def _folded(part: str) -> str:
    return re.sub(r"[\W_]", "_", part.casefold())


def pivoted(table: Table, moments: Dates, options: FileOptions) -> tuple[Table, Dates]:
    """
    Return a long table as one with a column for each series, and its dates.

    Raises:
        AnswerNotUnderstood: nothing tells which column holds the key or the values, or two rows of one series contradict each other.
        AnswerTooLarge: there are too many series and dates.
        DatasetNotFound: it holds no series of the key that is asked for.

    """
    value = _value_column(table, options)
    keys = _key_columns(table, value, options)
    by_key = _rows_by_key(table, keys, options)
    dates, first, inverse = np.unique(moments, return_index=True, return_inverse=True)
    check_table(len(by_key), len(dates), table.name)
    order, places = first.tolist(), inverse.tolist()
    pivot = replace(
        table,
        dates=replace(table.dates, cells=[table.dates.cells[row] for row in order]),
        rows=[table.rows[row] for row in order],
        columns=[
            Column(name=" / ".join(key), position=value.position, cells=_cells(table, value, rows, places, count=len(dates)))
            for key, rows in by_key.items()
        ],
        left_out=[*table.left_out, *(c.shown for c in table.columns if c is not value and c not in keys)],
    )
    return pivot, dates


def _cells(table: Table, value: Column, rows: Sequence[int], places: Sequence[int], *, count: int) -> list[Cell]:
    cells: list[Cell] = [None] * count
    given: dict[int, int] = {}
    for row in rows:
        earlier = given.setdefault(places[row], row)
        if text_in(value.cells[earlier]) != text_in(value.cells[row]):
            date = text_in(table.dates.cells[row])
            what = f"date {date} repeats on rows {table.rows[earlier]} and {table.rows[row]} for one key with different values"
            raise refused(table.name, f"{what} ({value.cells[earlier]} and {value.cells[row]})", "key_columns")
        cells[places[row]] = value.cells[row]
    return cells


def _value_column(table: Table, options: FileOptions) -> Column:
    named = [c for c in table.columns if c.shown == options.value_column]
    numeric = [c for c in table.columns if c.shown not in options.key_columns and any(map(is_number, c.cells))]
    if not named and len(numeric) != 1:
        raise refused(table.name, f"the values may stand in the columns {all_quoted(c.shown for c in numeric)}", "value_column")
    return (named or numeric)[0]


def _key_columns(table: Table, value: Column, options: FileOptions) -> list[Column]:
    if options.key_columns:
        by_name = {c.shown: c for c in table.columns}
        return [by_name[name] for name in options.key_columns]
    words = [c for c in table.columns if c is not value and not any(map(is_number, c.cells))]
    found = [c for c in words if len(set(map(text_in, iter(c.cells)))) > 1]
    if not words:
        raise refused(table.name, "no column of words names the series of a row", "key_columns")
    if len(found) != 1:
        raise refused(table.name, f"the key may stand in the columns {all_quoted(c.shown for c in words)}", "key_columns")
    return found


def _rows_by_key(table: Table, keys: Sequence[Column], options: FileOptions) -> Mapping[Key, Sequence[int]]:
    by_key: dict[Key, list[int]] = {}
    for row, key in enumerate(zip(*(map(as_name, column.cells) for column in keys), strict=True)):
        by_key.setdefault(key, []).append(row)
    shown = all_quoted(c.shown for c in keys)
    if not options.key:
        blank = next((rows[0] for key, rows in by_key.items() if not any(key)), None)
        if blank is not None:
            raise refused(table.name, f"row {table.rows[blank]} has no key in {shown}", "key_columns")
        return by_key
    asked = options.key if len(keys) > 1 else ("/".join(options.key),)
    if len(asked) != len(keys):
        raise refused(table.name, f"the key has {len(asked)} parts for the columns {shown}", "key")
    wanted = [*by_key][find_key(table.name, asked, [*by_key])]
    return {wanted: by_key[wanted]}
