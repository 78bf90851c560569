"""The sightings in SQL: insert-only rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from adapters.sql.postgres.prepared import PreparedStatement
from adapters.sql.rows.sightings import row_of, sighting_from
from adapters.sql.tables import series, sightings
from adapters.sql.transaction import Transaction
from domain.importing import Sighting
from domain.series import TimeSeries


@dataclass(frozen=True, slots=True)
class SqlSightingRepository:
    """The sightings of a transaction."""

    transaction: Transaction

    def of(self, series_id: UUID) -> Sequence[Sighting]:
        of_series = select(sightings).join(series).where(series.c.id == series_id)
        rows = self.transaction.run(of_series.order_by(sightings.c.known_at, sightings.c.sha256)).mappings()
        return [sighting_from(row) for row in rows]

    def add(self, known: TimeSeries, added: Sequence[Sighting]) -> None:
        for each in added:
            _ADD.defer(self.transaction, **{f"its_{name}": value for name, value in row_of(known.number, each).items()})


def _add(_: Transaction) -> Any:
    return insert(sightings).values({column.name: bindparam(f"its_{column.name}") for column in sightings.c})


_ADD = PreparedStatement(_add)
