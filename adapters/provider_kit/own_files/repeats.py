"""Rows for one date: equal ones count once, and different ones are refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.grid import Column, Table, listed, quoted, refused, text_in
from domain.observations import Dates


def check_repeats(table: Table, moments: Dates, columns: Sequence[tuple[Column, NDArray[np.float64]]], words: Sequence[Column]) -> None:
    """
    Make sure that no two rows give a date different values.

    Args:
        words: columns of text, which may tell several series apart.

    Raises:
        AnswerNotUnderstood: two do; names the date, the rows, a column and, where a column of text differs, the options of long tables.

    """
    order = np.argsort(moments, kind="stable")
    same = np.flatnonzero(moments[order][1:] == moments[order][:-1])
    for column, numbers in columns:
        before, after = numbers[order[same]], numbers[order[same + 1]]
        differ = np.flatnonzero((before != after) & ~(np.isnan(before) & np.isnan(after)))
        if len(differ):
            at = same[differ[0]]
            raise _different(table, moments, (column, int(order[at]), int(order[at + 1])), words)


def _different(table: Table, moments: Dates, clash: tuple[Column, int, int], words: Sequence[Column]) -> Exception:
    column, first, second = clash
    rows = [table.rows[i] for i in np.flatnonzero(moments == moments[first]).tolist()]
    values = listed([text_in(column.cells[i]) or "none" for i in (first, second)])
    date = text_in(table.dates.cells[first])
    if table.across:
        return refused(table.name, f"date {date} stands in columns {listed(rows)} with different values ({values}), row {column.position}")
    what = f"date {date} repeats on rows {listed(rows)} with different values ({values}), column {quoted(column.shown)}"
    keys = [word for word in words if _tells_apart(moments, word)]
    if not keys:
        return refused(table.name, what)
    named = listed([quoted(key.shown) for key in keys])
    return refused(
        table.name,
        f"{what}; column{'s' if len(keys) > 1 else ''} {named} may tell the series apart",
        "layout",
        "key_columns",
        "value_column",
    )


def _tells_apart(moments: Dates, column: Column) -> bool:
    seen = set(zip(moments.tolist(), map(text_in, iter(column.cells)), strict=True))
    return len(seen) == len(moments) or len({word for _, word in seen}) > 1
