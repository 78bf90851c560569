"""The rules by which series are spliced, in SQL: insert-only rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import insert, select

from adapters.sql.rows.feed import TAKE_POSITIONS
from adapters.sql.rows.stand_ins import rule_from, rule_row_of
from adapters.sql.tables import feed, series, splices
from adapters.sql.transaction import Transaction
from domain.series import TimeSeries
from domain.stand_ins.splice import SpliceRule


@dataclass(frozen=True, slots=True)
class SqlSpliceRepository:
    """The rules of a transaction."""

    transaction: Transaction

    def add(self, known: TimeSeries, rule: SpliceRule) -> SpliceRule:
        (taken,) = TAKE_POSITIONS.fetch_all(self.transaction, more=1)
        added = replace(rule, number=len(self.rules(known.id)) + 1, position=taken[feed.c.position])
        self.transaction.run(insert(splices).values(rule_row_of(added) | {"series": known.number}))
        return added

    def rules(self, series_id: UUID) -> Sequence[SpliceRule]:
        found = select(splices).join(series).where(series.c.id == series_id).order_by(splices.c.number)
        return [rule_from(row) for row in self.transaction.run(found).mappings()]
