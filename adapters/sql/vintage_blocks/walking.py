"""Walk through all states of a series: every block is read and decoded once."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select

from adapters.sql.tables import series, vintages
from adapters.sql.transaction import Transaction
from adapters.sql.vintage_blocks.codec import decode
from adapters.sql.vintage_blocks.reader import STORED, Row, verified_block
from domain.deltas import replay
from domain.errors import DamagedVintage
from domain.observations import Observations

_OF_SERIES = series.c.number == vintages.c.series
_PATHS = select(vintages.c.number, vintages.c.path).join(series, _OF_SERIES).order_by(vintages.c.number)
_ROWS = select(*STORED).join(series, _OF_SERIES).order_by(vintages.c.number)


def walk_states(transaction: Transaction, series_id: UUID) -> Iterator[tuple[Row, Observations]]:
    """
    Yield the rows of a series' vintages in order of their numbers, each with its state.

    Raises:
        DamagedVintage: one of them is damaged or missing.

    """
    of_series = series.c.id == series_id
    last_use = {path.rpartition(" ")[2]: number for number, path in transaction.run(_PATHS.where(of_series)) if path}
    kept: dict[int, Observations] = {}
    for row in transaction.run(_ROWS.where(of_series)).mappings():
        block = verified_block(row[vintages.c.series], row)
        if block.path:
            base = kept.get(block.path[-1])
            if base is None:
                raise DamagedVintage(f"Vintage {block.number} builds on vintage {block.path[-1]}, which is missing.")
            state = replay(base, [decode(block.codec, block.payload, base.columns)])
            if last_use[str(block.path[-1])] <= block.number:
                del kept[block.path[-1]]
        else:
            state = decode(block.codec, block.payload, None).put
        if str(block.number) in last_use:
            kept[block.number] = state
        yield row, state
