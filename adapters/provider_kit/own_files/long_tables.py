"""Long tables, with a row for each series and date: the key's columns tell the series apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from adapters.provider_kit.own_files.grid import Cell, Column, Table, as_name, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.keys import folded, no_key
from adapters.provider_kit.own_files.numbers import is_missing, is_number
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.limits import check_table
from domain.observations import Dates

Key = tuple[str, ...]


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
    dates, inverse = np.unique(moments, return_inverse=True)
    check_table(len(by_key), len(dates), table.name)
    places = inverse.tolist()
    columns = [
        Column(name=" / ".join(key), position=value.position, cells=_cells(table, value, rows, places=places, count=len(dates)))
        for key, rows in by_key.items()
    ]
    first = {place: index for index, place in reversed(list(enumerate(places)))}
    order = [first[place] for place in range(len(dates))]
    labels = Column(name=table.dates.name, position=table.dates.position, cells=[table.dates.cells[i] for i in order])
    left_out = [*table.left_out, *(c.shown for c in table.columns if c is not value and c not in keys)]
    pivot = replace(table, dates=labels, rows=[table.rows[i] for i in order], columns=columns, left_out=left_out)
    return pivot, dates


def _cells(table: Table, value: Column, rows: Sequence[int], *, places: Sequence[int], count: int) -> list[Cell]:
    cells: list[Cell] = [None] * count
    given: dict[int, int] = {}
    for row in rows:
        place = places[row]
        earlier = given.setdefault(place, row)
        if text_in(value.cells[earlier]) != text_in(value.cells[row]):
            date = text_in(table.dates.cells[row])
            what = f"date {date} repeats on rows {table.rows[earlier]} and {table.rows[row]} for one key with different values"
            raise refused(table.name, f"{what} ({value.cells[earlier]} and {value.cells[row]})", "key_columns")
        cells[place] = value.cells[row]
    return cells


def _value_column(table: Table, options: FileOptions) -> Column:
    named = [c for c in table.columns if c.shown == options.value_column]
    numeric = [c for c in table.columns if c.shown not in options.key_columns and any(map(is_number, c.cells))]
    found = named or (numeric if len(numeric) == 1 else [])
    if not found:
        raise refused(table.name, f"the values may stand in the columns {listed([quoted(c.shown) for c in numeric])}", "value_column")
    return found[0]


def _key_columns(table: Table, value: Column, options: FileOptions) -> list[Column]:
    if options.key_columns:
        by_name = {c.shown: c for c in table.columns}
        return [by_name[name] for name in options.key_columns]
    words = [c for c in table.columns if c is not value and not any(is_number(cell) for cell in c.cells)]
    found = [c for c in words if len({text_in(cell) for cell in c.cells}) > 1]
    if not words:
        raise refused(table.name, "no column of words names the series of a row", "key_columns")
    if len(found) != 1:
        raise refused(table.name, f"the key may stand in the columns {listed([quoted(c.shown) for c in words])}", "key_columns")
    return found


def _rows_by_key(table: Table, keys: Sequence[Column], options: FileOptions) -> dict[Key, list[int]]:
    by_key: dict[Key, list[int]] = {}
    for row, key in enumerate(zip(*(map(as_name, column.cells) for column in keys), strict=True)):
        by_key.setdefault(key, []).append(row)
    if not options.key:
        blank = next((rows[0] for key, rows in by_key.items() if all(is_missing(part) and not part for part in key)), None)
        if blank is not None:
            raise refused(table.name, f"row {table.rows[blank]} has no key in {listed([quoted(c.shown) for c in keys])}", "key_columns")
        return by_key
    asked = options.key if len(keys) > 1 else ("/".join(options.key),)
    if len(asked) != len(keys):
        raise refused(table.name, f"the key has {len(asked)} parts for the columns {listed([quoted(c.shown) for c in keys])}", "key")
    wanted = [key for key in by_key if key == asked] or [key for key in by_key if [*map(folded, key)] == [*map(folded, asked)]]
    if len(wanted) != 1:
        raise no_key(table.name, options.key, ["/".join(key) for key in by_key])
    return {wanted[0]: by_key[wanted[0]]}
