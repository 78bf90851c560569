"""
Fold one column of many vintages at once.

Instead of a table of rows for each vintage, as ``walking`` makes it, there is one axis of all dates that any of the blocks names; a state
is an array over it with a mask, so that a block costs two assignments, and two copies where others build on the same state. Of each block
the dates and one column are decoded.
Measured on 300 vintages of 300 to 600 rows with one column: 5.5 ms of processor time where ``walk`` takes 13.9 ms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from adapters.sql.tables import series, vintages
from adapters.sql.transaction import Transaction
from adapters.sql.vintage_blocks.codec import ColumnBlock, decode_column
from adapters.sql.vintage_blocks.reader import BLOCK, path_of, verified
from domain.errors import DamagedVintage
from domain.observations import Observations
from domain.panels.plain import RowSpans, SpannedRows

_OF_SERIES = series.c.number == vintages.c.series
_PATHS = select(vintages.c.number, vintages.c.path).join(series, _OF_SERIES).order_by(vintages.c.number)
_BLOCKS = select(vintages.c.series, *BLOCK).join(series, _OF_SERIES).order_by(vintages.c.number)
_NUMBER, _PATH = 1, 3
#: For more vintages than so many, one statement reads all blocks of the series: most are needed, since states are built on others.
_MOST_NAMED = 40


@dataclass(slots=True)
class _State:
    """A column over an axis: which dates it has, and their values."""

    has: NDArray[np.bool_]
    values: NDArray[np.float64]

    def copy(self) -> _State:
        return _State(self.has.copy(), self.values.copy())

    def put(self, block: ColumnBlock, axis: NDArray[np.int64]) -> None:
        if len(block.drop):
            self.has[axis.searchsorted(block.drop)] = False
        places = axis.searchsorted(block.dates)
        self.has[places] = True
        self.values[places] = block.values

    def places(self, begin: int, end: int, before: int) -> NDArray[np.intp]:
        """Return the places from one on until another where it has a date, and of the last ones before."""
        there = np.flatnonzero(self.has[:end])
        return there[max(0, there.searchsorted(begin) - before) :]

    def observations(self, block: ColumnBlock, axis: NDArray[np.int64]) -> Observations:
        dates = axis[self.has].astype(f"datetime64[{block.unit}]")
        return Observations.from_trusted(dates, (block.name,), self.values[self.has][:, None])


def fold_column(transaction: Transaction, series_id: UUID, column: str, numbers: Collection[int]) -> Iterator[tuple[int, Observations]]:
    """
    Yield one column in the states of these vintages of a series, in order of their numbers.

    Raises:
        DamagedVintage: one of them is damaged or missing.

    """
    blocks, last_use = _read(transaction, series_id, column, set(numbers))
    axes = _axes(blocks)
    for number, state in _states(blocks, last_use, axes, set(numbers)):
        block = blocks[number]
        yield number, state.observations(block, axes[block.unit]) if block.has_column else Observations.empty((column,), unit=block.unit)


def fold_spans(transaction: Transaction, series_id: UUID, column: str, spans: RowSpans) -> SpannedRows | None:
    """Return rows of one column in some states of a series; raises and returns as ``VintageRepository.spanned``."""
    numbers = spans.numbers.tolist()
    blocks, last_use = _read(transaction, series_id, column, set(numbers))
    if any(block.unit != "D" for block in blocks.values()):
        return None
    axes = _axes(blocks)
    axis = axes["D"]
    days = axis.astype("datetime64[D]")
    begins, ends = days.searchsorted(spans.first, "right").tolist(), days.searchsorted(spans.last, "right").tolist()
    places, values, names = [], [], []
    for begin, end, (number, state) in zip(begins, ends, _states(blocks, last_use, axes, set(numbers)), strict=True):
        block = blocks[number]
        wanted = state.places(begin, end, spans.before) if block.has_column else axis[:0]
        places.append(wanted)
        values.append(state.values[wanted])
        names.append(block.name if block.has_column else column)
    return SpannedRows([len(wanted) for wanted in places], days[np.concatenate(places)], np.concatenate(values), names)


def _states(
    blocks: Mapping[int, ColumnBlock], last_use: Mapping[int, int], axes: Mapping[str, NDArray[np.int64]], wanted: Collection[int]
) -> Iterator[tuple[int, _State]]:
    """Yield the wanted states by number; what is yielded may change with the next one."""
    kept: dict[int, _State] = {}
    for number, block in blocks.items():
        axis = axes[block.unit]
        if block.base is None:
            state = _State(np.zeros(len(axis), bool), np.full(len(axis), np.nan))
        elif last_use[block.base] == number:
            state = kept.pop(block.base)
        else:
            state = kept[block.base].copy()
        state.put(block, axis)
        if number in last_use:
            kept[number] = state
        if number in wanted:
            yield number, state


def _read(transaction: Transaction, series_id: UUID, column: str, wanted: set[int]) -> tuple[Mapping[int, ColumnBlock], Mapping[int, int]]:
    """Return the blocks to fold, and of each on which others build the last one that does."""
    statement = _BLOCKS.where(series.c.id == series_id)
    if len(wanted) <= _MOST_NAMED:
        named = wanted.copy()
        for number, path in transaction.run(_PATHS.where(series.c.id == series_id, vintages.c.number.in_(sorted(wanted)))):
            named.update(path_of(number, path))
        statement = statement.where(vintages.c.number.in_(sorted(named)))
    # Rows as tuples: looking up hundreds of columns by name takes as long as decoding their blocks.
    rows = {row[_NUMBER]: row for row in transaction.run(statement)}
    needed = wanted | {below for number in wanted & rows.keys() for below in path_of(number, rows[number][_PATH])}
    blocks: dict[int, ColumnBlock] = {}
    last_use: dict[int, int] = {}
    for number in sorted(needed):
        if number not in rows:
            raise DamagedVintage(f"Vintage {number} is missing.")
        block = verified(rows[number][0], rows[number][1:])
        if block.path:
            if block.path[-1] not in blocks or block.path[0] not in blocks:
                raise DamagedVintage(f"Vintage {number} builds on vintage {block.path[-1]}, which is missing.")
            last_use[block.path[-1]] = number
        blocks[number] = decode_column(block, blocks[block.path[0]] if block.path else None, column)
    return blocks, last_use


def _axes(blocks: Mapping[int, ColumnBlock]) -> Mapping[str, NDArray[np.int64]]:
    parts: dict[str, list[Any]] = {}
    for block in blocks.values():
        parts.setdefault(block.unit, []).extend((block.dates, block.drop))
    return {unit: np.unique(np.concatenate(found)) for unit, found in parts.items()}
