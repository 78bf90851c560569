"""Transfer rows from and to Postgres by binary COPY, which avoids the hex encoding of byte strings."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, Text, Uuid

from adapters.sql.tables import UtcDateTime
from adapters.sql.transaction import Transaction

_SIGNATURE, _HEADER_BYTES = b"PGCOPY\n\xff\r\n\0", 19
_COUNT, _LENGTH = struct.Struct(">h"), struct.Struct(">i")
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

_READERS: dict[type[Any], Callable[[memoryview], Any]] = {
    Integer: lambda field: int.from_bytes(field, signed=True),
    Text: lambda field: str(field, "utf-8"),
    UtcDateTime: lambda field: _EPOCH + timedelta(microseconds=int.from_bytes(field, signed=True)),
    Uuid: lambda field: UUID(bytes=bytes(field)),
    LargeBinary: lambda field: field,
}
_WRITERS: dict[type[Any], Callable[[Any], bytes]] = {
    SmallInteger: struct.Struct(">h").pack,
    Integer: struct.Struct(">i").pack,
    BigInteger: struct.Struct(">q").pack,
    Text: str.encode,
    UtcDateTime: lambda moment: struct.pack(">q", (moment - _EPOCH) // _MICROSECOND),
    Uuid: attrgetter("bytes"),
    LargeBinary: bytes,
}


def copy_rows_in(transaction: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, each with a value for every column of the table."""
    writers = [(column.name, _converter(_WRITERS, column)) for column in table.c]
    parts = [_SIGNATURE.ljust(_HEADER_BYTES, b"\0")]
    for row in rows:
        fields = [None if row[name] is None else write(row[name]) for name, write in writers]
        parts.append(_COUNT.pack(len(fields)))
        for field in fields:
            parts += [_LENGTH.pack(-1)] if field is None else [_LENGTH.pack(len(field)), field]
    transaction.copy_in(table, b"".join([*parts, _COUNT.pack(-1)]))


def copy_rows_out(transaction: Transaction, columns: Sequence[Column[Any]], query: str) -> list[dict[Column[Any], Any]]:
    """
    Run a query and return its rows, byte strings as memoryviews.

    Args:
        query: with ``{columns}`` in place of the columns of the table aliased ``v``.

    """
    wanted = ", ".join(f'v."{column.name}"' for column in columns)
    readers = [(column, _converter(_READERS, column)) for column in columns]
    rows = []
    for message in transaction.copy_out(query.replace("{columns}", wanted)):
        fields = _fields(message)
        if fields:
            rows.append({column: None if field is None else read(field) for (column, read), field in zip(readers, fields, strict=True)})
    return rows


def _converter(converters: Mapping[type[Any], Callable[[Any], Any]], column: Column[Any]) -> Callable[[Any], Any]:
    return next(converters[kind] for kind in type(column.type).mro() if kind in converters)


def _fields(message: bytes) -> list[memoryview | None]:
    view = memoryview(message)
    at = _HEADER_BYTES if message.startswith(_SIGNATURE) else 0
    fields: list[memoryview | None] = []
    count = _COUNT.unpack_from(message, at)[0] if at < len(message) else 0
    at += _COUNT.size
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(message, at)
        at += _LENGTH.size
        fields.append(None if length < 0 else view[at : at + length])
        at += max(0, length)
    return fields
