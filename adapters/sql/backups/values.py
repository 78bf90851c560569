"""Convert a backup's values: SQLite stores any type in any column, so each is converted to its column's type or rejected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, LargeBinary, SmallInteger, Table, Text, Uuid

from adapters.sql.tables import UtcDateTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEX = re.compile("[0-9a-f]{32}")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def values_of(table: Table, raw: Sequence[Any]) -> dict[str, Any]:
    """
    Convert a row from SQLite's values.

    Raises:
        ValueError: a value does not have its column's type.

    """
    return {column.name: _read(column, value) for column, value in zip(table.c, raw, strict=True)}


def key_of(table: Table, raw: Sequence[Any]) -> str:
    """Describe a row by its key."""
    parts = zip(table.c, raw, strict=True)
    return ", ".join(f"{column.name} {str(value)[:80]!r}" for column, value in parts if column.primary_key)


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column.name} is missing")
        return None
    kind, read = next((kind, read) for kind, read in _READERS.items() if isinstance(column.type, kind))
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{column.name} is not a valid {kind.__name__}") from error


def _refuse() -> Any:
    raise ValueError


def _uuid(value: Any) -> UUID:
    return UUID(value) if _HEX.fullmatch(value) else _refuse()


def _moment(value: Any) -> datetime:
    return _EPOCH + timedelta(microseconds=value) if type(value) is int else _refuse()


def _truth(value: Any) -> bool:
    return bool(value) if type(value) is int and value in (0, 1) else _refuse()


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not _NO_TEXT.search(value) else _refuse()


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else _refuse()


def _real(value: Any) -> float:
    return value if type(value) is float and math.isfinite(value) else _refuse()


def _number(bits: int) -> Callable[[Any], int]:
    # No stored number is negative.
    return lambda value: value if type(value) is int and 0 <= value < 2 ** (bits - 1) else _refuse()


_READERS: Mapping[type[Any], Callable[[Any], Any]] = {
    Uuid: _uuid,
    UtcDateTime: _moment,
    Boolean: _truth,
    Text: _text,
    LargeBinary: _bytes,
    Double: _real,
    SmallInteger: _number(16),
    BigInteger: _number(64),
    Integer: _number(32),
}
