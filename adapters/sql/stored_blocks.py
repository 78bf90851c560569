"""Blocks as they lie in the table of vintages: read, and verified before anything of them is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import RowMapping, select

from adapters.sql.blocks import Block
from adapters.sql.tables import vintages
from adapters.sql.transaction import Transaction
from domain.errors import DamagedVintage

_COLUMNS = [vintages.c[name] for name in ("number", "step", "path", "codec", "checksum", "payload")]
_COPY_SIGNATURE, _COPY_HEADER_BYTES = b"PGCOPY\n\xff\r\n\0", 19
_COUNT, _LENGTH = struct.Struct(">h"), struct.Struct(">i")

_Stored = tuple[int, int, str, int, bytes | memoryview, bytes | memoryview]


def read_blocks(transaction: Transaction, row: RowMapping) -> list[Block]:
    """
    Read the block that belongs to a vintage's row, behind those it builds on, the snapshot first.

    Raises:
        DamagedVintage: one of them is not what was written, or missing.

    """
    series, number = row[vintages.c.series], row[vintages.c.number]
    read = _copied if transaction.on_postgres else _selected
    stored = {found[0]: found for found in read(transaction, series, (*_path(number, row[vintages.c.path]), number))}
    own = _verified(series, stored[number])
    missing = [below for below in own.path if below not in stored]
    if missing:
        raise DamagedVintage(f"Vintage {number} builds on vintage {missing[0]}, which is not there.")
    return [*(_verified(series, stored[below]) for below in own.path), own]


def _path(number: int, text: str) -> tuple[int, ...]:
    try:
        path = tuple(map(int, text.split()))
    except ValueError as error:
        raise _damaged(number) from error
    if not all(0 < below < number for below in path):
        raise _damaged(number)
    return path


def _verified(series: int, stored: _Stored) -> Block:
    number, step, path, codec, checksum, payload = stored
    try:
        block = Block(number, step, _path(number, path), codec, payload)
        whole = block.checksum(series) == checksum
    except (TypeError, OverflowError, struct.error) as error:
        raise _damaged(number) from error
    if not whole:
        raise _damaged(number)
    return block


def _selected(transaction: Transaction, series: int, numbers: Sequence[int]) -> Iterable[_Stored]:
    rows = transaction.run(select(*_COLUMNS).where(vintages.c.series == series, vintages.c.number.in_(numbers)))
    return [(number, step, path, codec, checksum, payload) for number, step, path, codec, checksum, payload in rows]


def _copied(transaction: Transaction, series: int, numbers: Sequence[int]) -> Iterator[_Stored]:
    wanted = ", ".join(column.name for column in _COLUMNS), ", ".join(map(str, numbers))
    query = f"SELECT {wanted[0]} FROM {transaction.named(vintages)} WHERE series = {series} AND number IN ({wanted[1]})"  # noqa: S608 - integers
    for number, step, path, codec, checksum, payload in filter(None, map(_fields, transaction.copied(query))):
        yield _integer(number), _integer(step), str(path, "utf-8"), _integer(codec), checksum, payload


def _fields(message: bytes) -> list[memoryview]:
    view = memoryview(message)
    at = _COPY_HEADER_BYTES if message.startswith(_COPY_SIGNATURE) else 0
    fields = []
    count = _COUNT.unpack_from(message, at)[0] if at < len(message) else 0
    at += _COUNT.size
    for _ in range(count):
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(message, at)[0]
        fields.append(view[start:at])
    return fields


def _integer(field: memoryview) -> int:
    return int.from_bytes(field, signed=True)


def _damaged(number: int) -> DamagedVintage:
    return DamagedVintage(f"Vintage {number} does not match its checksum and is not served.")
