"""The moments of a series' vintages, read as numbers: objects for each of hundreds of rows would take longer than the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import BigInteger, Select, bindparam, cast, extract, select, type_coerce

from adapters.sql.rows.vintages import read_label
from adapters.sql.tables import series, vintages
from adapters.sql.transaction import Transaction
from domain.panels.vintage_moments import VintageMoments
from domain.vintages import Cause

_RESTATING = {cause.value for cause in Cause if cause.restates}
_MOMENTS = vintages.c.known_at, vintages.c.fetched_at


def _statement(moments: Sequence[Any]) -> Select[Any]:
    facts = select(vintages.c.number, vintages.c.published, vintages.c.cause, *moments).join(series)
    wanted = series.c.id == bindparam("series_id"), vintages.c.position <= bindparam("position")
    return facts.where(*wanted).order_by(vintages.c.number)


# Microseconds since 1970.
_ON_SQLITE = _statement([type_coerce(moment, BigInteger) for moment in _MOMENTS])
_ON_POSTGRES = _statement([cast(extract("epoch", moment) * 1_000_000, BigInteger) for moment in _MOMENTS])


def read_moments(transaction: Transaction, series_id: UUID, position: int) -> VintageMoments:
    """Return the moments of the vintages of a series up to a position."""
    statement = _ON_POSTGRES if transaction.on_postgres else _ON_SQLITE
    rows = transaction.run(statement, {"series_id": series_id, "position": position}).all()
    numbers, published, causes, known_at, fetched_at = zip(*rows, strict=True) if rows else ((),) * 5
    return VintageMoments(
        numbers=np.array(numbers, np.int64),
        known_at=np.array(known_at, "datetime64[us]"),
        fetched_at=np.array(fetched_at, "datetime64[us]"),
        restates=np.array([cause in _RESTATING for cause in causes], bool),
        published=[None if text is None else read_label(text) for text in published],
    )
