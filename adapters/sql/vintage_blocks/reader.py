"""Read blocks from the table of vintages, and verify them before decoding."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, or_, select

from adapters.sql.postgres.binary_copy import copy_rows_out
from adapters.sql.tables import series, vintages
from adapters.sql.transaction import Transaction
from adapters.sql.vintage_blocks.codec import Block
from domain.errors import DamagedVintage
from domain.moments import AsOf
from domain.vintages import Cause

Row = Mapping[Any, Any]

#: The causes of vintages that ``as_of`` selects only from their fetch on.
RESTATING = tuple(cause.value for cause in Cause if cause.restates)

STORED = [column for column in vintages.c if column.name != "position"]
BLOCK = [vintages.c[name] for name in ("number", "step", "path", "codec", "checksum", "payload")]

_block_values = itemgetter(*BLOCK)
#: Chains of all series have the same form, so that their paths are often the same.
_PATHS = 8192

# Built once: building these statements takes as long as running them.
_STATES = select(*STORED).join(series, series.c.number == vintages.c.series).where(series.c.id == bindparam("series_id"))
_NEWEST = _STATES.where(vintages.c.number == series.c.vintage)
_IN_KNOWLEDGE_ORDER = _STATES.order_by(vintages.c.known_at.desc(), vintages.c.number.desc()).limit(1)
_BELOW = select(*BLOCK).where(vintages.c.series == bindparam("series"), vintages.c.number.in_(bindparam("numbers", expanding=True)))


def read_stored(transaction: Transaction, series_id: UUID, moment: AsOf) -> tuple[Row, list[Block]] | None:
    """
    Return the row of the vintage that a moment selects, and the blocks of its state, the snapshot first.

    Raises:
        DamagedVintage: one of them is damaged or missing.

    """
    rows = (_copied if transaction.on_postgres else _selected)(transaction, series_id, moment)
    if not rows:
        return None
    own, *others = rows
    number = own[vintages.c.number]
    block = verified_block(own[vintages.c.series], own)
    below = {row[vintages.c.number]: row for row in others}
    missing = [each for each in block.path if each not in below]
    if missing:
        raise DamagedVintage(f"Vintage {number} builds on vintage {missing[0]}, which is missing.")
    return own, [*(verified_block(own[vintages.c.series], below[each]) for each in block.path), block]


def _selected(transaction: Transaction, series_id: UUID, moment: AsOf) -> Sequence[Row]:
    row = transaction.run(_narrowed(moment), {"series_id": series_id}).mappings().one_or_none()
    if row is None:
        return []
    path = path_of(row[vintages.c.number], row[vintages.c.path])
    wanted = {"series": row[vintages.c.series], "numbers": path}
    return [row, *transaction.run(_BELOW, wanted).mappings()] if path else [row]


def _narrowed(moment: AsOf) -> Select[Any]:
    if moment == AsOf():
        return _NEWEST
    statement = _IN_KNOWLEDGE_ORDER
    if moment.as_of is not None:
        statement = statement.where(vintages.c.known_at <= moment.as_of)
        if not moment.restated:
            statement = statement.where(or_(vintages.c.cause.not_in(RESTATING), vintages.c.fetched_at <= moment.as_of))
    if moment.vintage is not None:
        statement = statement.where(vintages.c.number == moment.vintage)
    if moment.seen_by is not None:
        statement = statement.where(vintages.c.fetched_at <= moment.seen_by)
    if moment.position is not None:
        statement = statement.where(vintages.c.position <= moment.position)
    return statement


def _copied(transaction: Transaction, series_id: UUID, moment: AsOf) -> Sequence[Row]:
    stored, of = transaction.qualified_name(vintages), transaction.qualified_name(series)
    # A damaged path is reported when its row is verified; an error here would abort the transaction.
    below = "CASE WHEN path ~ '^[0-9]{1,9}( [0-9]{1,9})*$' THEN path || ' ' ELSE '' END"
    conditions = " AND ".join(["series = s.number", *_conditions(moment)])
    order = "" if moment == AsOf() or moment.vintage is not None else "ORDER BY known_at DESC, number DESC"
    # In the lateral join, with a single series, Postgres follows the index instead of sorting all vintages.
    own = (
        f"SELECT v.* FROM {of} s CROSS JOIN LATERAL (SELECT series, number, {below} || number AS numbers FROM {stored} "  # noqa: S608 - an identifier, moments and integers
        f"WHERE {conditions} {order} LIMIT 1) v WHERE s.id = '{series_id}'"
    )
    # One row at a time: without statistics Postgres would otherwise scan all the series' rows.
    query = (
        f"WITH own AS ({own}) SELECT {{columns}} FROM own CROSS JOIN unnest(string_to_array(own.numbers, ' ')::integer[]) n "  # noqa: S608 - as above
        f"CROSS JOIN LATERAL (SELECT * FROM {stored} WHERE series = own.series AND number = n LIMIT 1) v "
        "ORDER BY v.number = own.number DESC"
    )
    return copy_rows_out(transaction, STORED, query)


def _conditions(moment: AsOf) -> Sequence[str]:
    if moment == AsOf():
        return ["number = s.vintage"]
    wanted = [
        ("known_at <= '{}'", moment.as_of and moment.as_of.isoformat()),
        (f"(cause NOT IN {RESTATING} OR fetched_at <= '{{}}')", moment.as_of and not moment.restated and moment.as_of.isoformat()),
        ("number = {}", moment.vintage),
        ("fetched_at <= '{}'", moment.seen_by and moment.seen_by.isoformat()),
        ("position <= {}", moment.position),
    ]
    return [condition.format(value) for condition, value in wanted if value is not None and value is not False]


@lru_cache(_PATHS)
def path_of(number: int, text: str) -> tuple[int, ...]:
    """Return the numbers of the vintages below one; raises DamagedVintage if its path is no list of smaller numbers."""
    try:
        path = tuple(map(int, text.split()))
    except ValueError as error:
        raise _damaged(number) from error
    if not all(0 < below < number for below in path):
        raise _damaged(number)
    return path


def verified_block(series_number: int, row: Row) -> Block:
    """Return the block in a row; raises DamagedVintage unless it matches its checksum."""
    return verified(series_number, _block_values(row))


def verified(series_number: int, values: Sequence[Any]) -> Block:
    """Return the block of the values of ``BLOCK``; raises DamagedVintage unless it matches its checksum."""
    number, step, path, codec, checksum, payload = values
    try:
        block = Block(number, step, path_of(number, path), codec, payload)
        whole = block.checksum(series_number) == checksum
    except (TypeError, OverflowError, struct.error) as error:
        raise _damaged(number) from error
    if not whole:
        raise _damaged(number)
    return block


def _damaged(number: int) -> DamagedVintage:
    return DamagedVintage(f"Vintage {number} does not match its checksum and is not served.")
