"""The definitions of formulas in SQL: insert-only rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update

from adapters.sql.rows.feed import TAKE_POSITIONS
from adapters.sql.rows.formulas import version_from
from adapters.sql.tables import feed, formulas, series
from adapters.sql.transaction import Transaction
from domain.formulas.definitions import Definition, FormulaVersion
from domain.series import SeriesStatus, TimeSeries


@dataclass(frozen=True, slots=True)
class SqlFormulaRepository:
    """The formulas of a transaction."""

    transaction: Transaction

    def define(self, known: TimeSeries, definition: Definition) -> FormulaVersion:
        (taken,) = TAKE_POSITIONS.fetch_all(self.transaction, more=1)
        of_series = series.c.number == known.number
        self.transaction.run(update(series).where(of_series).values(status=SeriesStatus.SUCCESS.value))
        row = asdict(definition) | {"components": orjson.dumps(definition.components).decode(), "series": known.number}
        row |= {"number": len(self.versions(known.id)) + 1, "position": taken[feed.c.position], "defined_at": self.transaction.now()}
        self.transaction.run(insert(formulas).values(row))
        return self.versions(known.id)[-1]

    def versions(self, series_id: UUID) -> Sequence[FormulaVersion]:
        found = select(formulas).join(series).where(series.c.id == series_id).order_by(formulas.c.number)
        return [version_from(row) for row in self.transaction.run(found).mappings()]
