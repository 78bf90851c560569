"""The vintages in SQL: rows that are only ever inserted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, bindparam, func, insert, select, update

from adapters.sql.chains import Chain, link
from adapters.sql.stored_blocks import read_blocks
from adapters.sql.tables import feed, series, vintages
from adapters.sql.transaction import Transaction
from adapters.sql.vintage_rows import FACTS, folded, read_label, row_of, vintage_from
from domain.codes import DatasetCode
from domain.errors import DamagedVintage
from domain.observations import Label
from domain.vintages import Arrival, Beginning, Damage, Kept, Moment, Recorded, Vintage

logger = logging.getLogger(__name__)

# Made once: building this statement anew would take as long as running it.
_STATES = select(*FACTS, vintages.c.path).where(
    vintages.c.series == select(series.c.number).where(series.c.id == bindparam("series_id")).scalar_subquery()
)
_NEWEST = _STATES.order_by(vintages.c.known_at.desc(), vintages.c.number.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class SqlVintageRepository:
    """
    The vintages of a transaction.

    Attributes:
        newest: chains that were read as the newest of their series.

    """

    transaction: Transaction
    newest: dict[UUID, Chain] = field(default_factory=dict)

    def append(self, series_id: UUID, arrivals: Sequence[Arrival]) -> Sequence[Vintage]:
        """See the port."""
        if not arrivals:
            return []
        place = self._place(series_id)
        chain: Chain | None = None
        waiting: list[dict[str, Any]] = []
        added: list[Vintage] = []
        for number, arrival in enumerate(arrivals, start=place.count + 1):
            if chain is None or arrival.known_at < chain.vintage.known_at or place.is_between(chain, arrival):
                self._insert(waiting)
                if added:
                    self.newest.pop(series_id, None)
                chain = self._readable(series_id, Moment(as_of=arrival.known_at)) if place.count or added else None
            vintage = Vintage.of(number, arrival, chain.state if chain else None)
            grown = link(vintage, arrival.observations, chain or self._earliest(series_id, place))
            chain = grown.chain
            waiting.append(row_of(place.series, vintage, grown.block))
            added.append(vintage)
        self._insert(waiting)
        self.newest.pop(series_id, None)
        return added

    def listed(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        """See the port."""
        statement = _of(select(*FACTS), series_id).where(vintages.c.number > after).order_by(vintages.c.number).limit(limit)
        return [vintage_from(row) for row in self.transaction.run(statement).mappings()]

    def feed(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """See the port."""
        identity = series.c.id, series.c.provider, series.c.database_code, series.c.dataset_code
        statement = select(vintages.c.position, *identity, *FACTS).join(series).where(vintages.c.position > after)
        rows = self.transaction.run(statement.order_by(vintages.c.position).limit(limit)).mappings()
        return [_recorded(row) for row in rows]

    def labels(self, series_id: UUID) -> Mapping[Label, str]:
        """See the port."""
        columns = select(vintages.c.published, vintages.c.digest)
        statement = _of(columns, series_id).where(vintages.c.published.is_not(None)).order_by(vintages.c.number)
        return {read_label(published): digest.hex() for published, digest in self.transaction.run(statement)}

    def find(self, series_id: UUID, moment: Moment) -> Kept | None:
        """See the port."""
        chain = self._chain(series_id, moment)
        return Kept(chain.vintage, chain.state) if chain else None

    def beginning(self, series_id: UUID) -> Beginning | None:
        """See the port."""
        known_at, fetched_at = self.transaction.run(
            _of(select(func.min(vintages.c.known_at), func.min(vintages.c.fetched_at)), series_id)
        ).one()
        return Beginning(known_at, fetched_at) if known_at else None

    def damage(self, series_id: UUID) -> Sequence[Damage]:
        """See the port."""
        rows = self.transaction.run(_STATES.order_by(vintages.c.number), {"series_id": series_id}).mappings()
        everything = rows.all()
        found = [self._damage(row) for row in everything]
        there = {row[vintages.c.number] for row in everything}
        lost = [Damage(number, f"Vintage {number} is not there.") for number in range(1, max(there, default=0)) if number not in there]
        return sorted([damage for damage in found if damage] + lost, key=lambda damage: damage.number)

    def _damage(self, row: RowMapping) -> Damage | None:
        try:
            chain = self._folded(row)
        except DamagedVintage as error:
            return Damage(row[vintages.c.number], error.message)
        kept, state = chain.vintage, chain.state
        if state.digest().hex() != kept.digest or (len(state), state.first, state.last) != (kept.rows, kept.first, kept.last):
            return Damage(kept.number, f"Vintage {kept.number} does not match its digest or its facts.")
        return None

    def _place(self, series_id: UUID) -> _Place:
        facts = series.c.number, func.coalesce(func.max(vintages.c.number), 0), func.max(vintages.c.known_at)
        joined = select(*facts).select_from(series.outerjoin(vintages)).where(series.c.id == series_id).group_by(series.c.number)
        number, count, known_at = self.transaction.run(joined).one()
        return _Place(number, count, known_at)

    def _readable(self, series_id: UUID, moment: Moment) -> Chain | None:
        known = self.newest.get(series_id)
        if known and moment.admits(known.vintage):
            return known
        try:
            return self._chain(series_id, moment)
        except DamagedVintage as error:
            logger.exception("damaged vintage passed over", extra={"series": str(series_id), "reason": error.message})
            return None

    def _earliest(self, series_id: UUID, place: _Place) -> Chain | None:
        if place.known_at is None:
            return None
        known = self.transaction.run(select(func.min(vintages.c.known_at)).where(vintages.c.series == place.series)).scalar_one()
        return self._readable(series_id, Moment(as_of=known))

    def _chain(self, series_id: UUID, moment: Moment) -> Chain | None:
        statement = _NEWEST
        if moment.as_of is not None:
            statement = statement.where(vintages.c.known_at <= moment.as_of)
        if moment.vintage is not None:
            statement = statement.where(vintages.c.number == moment.vintage)
        if moment.seen_by is not None:
            statement = statement.where(vintages.c.fetched_at <= moment.seen_by)
        row = self.transaction.run(statement, {"series_id": series_id}).mappings().one_or_none()
        if row is None:
            return None
        chain = self._folded(row)
        if moment == Moment():
            self.newest[series_id] = chain
        return chain

    def _folded(self, row: RowMapping) -> Chain:
        return folded(vintage_from(row), read_blocks(self.transaction, row))

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        taken = update(feed).values(position=feed.c.position + len(rows)).returning(feed.c.position)
        first = self.transaction.run(taken).scalar_one() - len(rows) + 1
        self.transaction.run(insert(vintages), [row | {"position": first + n} for n, row in enumerate(rows)])
        rows.clear()


@dataclass(frozen=True, slots=True)
class _Place:
    """A series' integer, how many vintages it had, and the greatest moment among them."""

    series: int
    count: int
    known_at: datetime | None

    def is_between(self, chain: Chain, arrival: Arrival) -> bool:
        """Tell whether an older row may stand between a chain made in this append and the next arrival."""
        own = chain.vintage
        return self.known_at is not None and own.known_at < self.known_at and own.known_at <= arrival.known_at


def _recorded(row: RowMapping) -> Recorded:
    return Recorded(
        position=row[vintages.c.position],
        series_id=row[series.c.id],
        provider=row[series.c.provider],
        code=DatasetCode(row[series.c.database_code], row[series.c.dataset_code]),
        vintage=vintage_from(row),
    )


def _of(statement: Select[Any], series_id: UUID) -> Select[Any]:
    return statement.select_from(vintages.join(series)).where(series.c.id == series_id)
