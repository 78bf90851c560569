"""The equivalences in SQL, with their divergences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, update

from adapters.sql.rows.feed import TAKE_POSITIONS, feed_entries, feed_entry_from
from adapters.sql.rows.stand_ins import divergence_from, divergence_row_of, equivalence_from, equivalence_row_of, with_members
from adapters.sql.tables import divergences, equivalences, feed, series, splices, vintages
from adapters.sql.transaction import Transaction
from domain.errors import EquivalenceNotFound
from domain.source_status import SourceStatus
from domain.stand_ins.equivalence import Divergence, DivergencePage, Equivalence, Member, Side
from domain.vintages import FeedEntry


@dataclass(frozen=True, slots=True)
class SqlEquivalenceRepository:
    """The equivalences of a transaction."""

    transaction: Transaction

    def add(self, equivalence: Equivalence) -> None:
        members = {"a": _number(equivalence.a), "b": _number(equivalence.b)}
        self.transaction.run(insert(equivalences).values(equivalence_row_of(equivalence) | members))

    def get(self, equivalence_id: UUID) -> Equivalence:
        found = self._found(equivalences.c.id == equivalence_id)
        if not found:
            raise EquivalenceNotFound
        return found[0]

    def all(self) -> Sequence[Equivalence]:
        return self._found()

    def of_series(self, series_id: UUID) -> Sequence[Equivalence]:
        number = select(series.c.number).where(series.c.id == series_id).scalar_subquery()
        return self._found(or_(equivalences.c.a == number, equivalences.c.b == number))

    def change(self, equivalence: Equivalence) -> None:
        changed = update(equivalences).where(equivalences.c.id == equivalence.id).values(equivalence_row_of(equivalence))
        if self.transaction.run(changed).rowcount != 1:
            raise EquivalenceNotFound

    def remove(self, equivalence_id: UUID) -> None:
        if self.transaction.run(delete(equivalences).where(equivalences.c.id == equivalence_id)).rowcount != 1:
            raise EquivalenceNotFound

    def with_arrivals(self, limit: int) -> Sequence[Equivalence]:
        return self._found(or_(*(_newest_position(of) > equivalences.c.position for of in (equivalences.c.a, equivalences.c.b))))[:limit]

    def arrivals(self, equivalence: Equivalence) -> Sequence[FeedEntry]:
        of_members = series.c.id.in_([equivalence.a.id, equivalence.b.id])
        found = feed_entries().where(of_members, vintages.c.position > equivalence.position).order_by(vintages.c.position)
        return [feed_entry_from(row) for row in self.transaction.run(found).mappings()]

    def compared(self, equivalence: Equivalence, *, position: int, diverging: int, at: datetime) -> bool:
        columns = equivalences.c
        same = [columns.position == equivalence.position, columns.compared_at.is_not_distinct_from(equivalence.compared_at)]
        known = update(equivalences).where(columns.id == equivalence.id, *same)
        return self.transaction.run(known.values(position=position, diverging=diverging, compared_at=at)).rowcount == 1

    def to_decide(self) -> Sequence[Equivalence]:
        fails = or_(series.c.failing_since.is_not(None), series.c.status_at_source != SourceStatus.ACTIVE.value)
        may_change = or_(fails, exists().where(splices.c.series == series.c.number))
        of_a, of_b = (
            (equivalences.c.prefer == side.value) & select(may_change).where(series.c.number == number).scalar_subquery()
            for side, number in ((Side.A, equivalences.c.a), (Side.B, equivalences.c.b))
        )
        return self._found(equivalences.c.failover, or_(of_a, of_b))

    def record(self, divergence: Divergence) -> None:
        (taken,) = TAKE_POSITIONS.fetch_all(self.transaction, more=1)
        self.transaction.run(insert(divergences).values(divergence_row_of(replace(divergence, position=taken[feed.c.position]))))

    def divergences(self, *, equivalence_id: UUID | None, before: int | None, limit: int) -> DivergencePage:
        found = with_members([divergences]).where(divergences.c.equivalence == equivalences.c.id)
        if equivalence_id is not None:
            found = found.where(divergences.c.equivalence == equivalence_id)
        if before is not None:
            found = found.where(divergences.c.position < before)
        rows = self.transaction.run(found.order_by(divergences.c.position.desc()).limit(limit + 1)).mappings().all()
        items = [divergence_from(row) for row in rows[:limit]]
        return DivergencePage(items, items[-1].position if len(rows) > limit else None)

    def _found(self, *conditions: ColumnElement[bool]) -> Sequence[Equivalence]:
        wanted = with_members([equivalences]).where(*conditions).order_by(equivalences.c.created_at, equivalences.c.id)
        return [equivalence_from(row) for row in self.transaction.run(wanted).mappings()]


def _number(member: Member) -> Any:
    return select(series.c.number).where(series.c.id == member.id).scalar_subquery()


def _newest_position(of: ColumnElement[int]) -> Any:
    """Return the position of a series' last vintage, by the index of its numbers."""
    newest = select(vintages.c.position).where(vintages.c.series == of).order_by(vintages.c.number.desc()).limit(1)
    return newest.correlate(equivalences).scalar_subquery()
