"""The vintages in SQL: insert-only rows."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, Select, bindparam, func, insert, select, update

from adapters.sql.postgres.binary_copy import copy_rows_in
from adapters.sql.postgres.prepared import PreparedStatement
from adapters.sql.rows.feed import TAKE_POSITIONS, feed_entries, feed_entry_from
from adapters.sql.rows.vintage_moments import read_moments
from adapters.sql.rows.vintages import FACTS, LAST_NUMBER, fold, origin_from, read_label, row_of, vintage_from
from adapters.sql.tables import feed, series, vintages
from adapters.sql.transaction import Transaction
from adapters.sql.vintage_blocks.chain import Chain, PendingChains, link
from adapters.sql.vintage_blocks.codec import FLAGGED
from adapters.sql.vintage_blocks.folding import fold_column, fold_spans
from adapters.sql.vintage_blocks.reader import read_stored
from adapters.sql.vintage_blocks.walking import walk_states
from domain.errors import DamagedVintage, SeriesNotFound
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.panels.plain import RowSpans, SpannedRows
from domain.panels.vintage_moments import VintageMoments
from domain.series import TimeSeries
from domain.vintages import Cause, Damage, FeedEntry, FirstKnown, LabelledState, NewState, Prepared, StoredVintage, Vintage

logger = logging.getLogger(__name__)

_FETCHED = vintages.c.cause != Cause.IMPORT.value
# From so many bytes on, COPY saves more than its extra round trip costs.
_LARGE = 32 * 1024


@dataclass(frozen=True, slots=True)
class SqlVintageRepository:
    """
    The vintages of a transaction.

    Attributes:
        newest: chains read as the newest of their series.
        last: number of the last vintage of each locked series, if it was read.

    """

    transaction: Transaction
    newest: dict[UUID, Chain] = field(default_factory=dict)
    last: dict[UUID, int] = field(default_factory=dict)

    def prepare(self, series: TimeSeries, states: Sequence[NewState]) -> Prepared:
        series_id, place = series.id, self._place(series)
        vintages, rows, pending = [], [], PendingChains()
        for number, new in enumerate(states, start=place.last + 1):
            chain = self._known_before(series_id, place, new, pending.before(new.known_at))
            vintage = Vintage.of(number, new, chain.state if chain else None)
            grown = link(vintage, new.observations, chain or self._earliest(series_id, place))
            pending.add(grown.chain)
            vintages.append(vintage)
            rows.append(row_of(place.series, vintage, grown.block))
        return Prepared(place.last, vintages, rows)

    def append(self, series_id: UUID, prepared: Prepared) -> bool:
        return self.append_all({series_id: prepared})

    def append_all(self, prepared: Mapping[UUID, Prepared]) -> bool:
        lasts = {series_id: self.last.pop(series_id) if series_id in self.last else self._last(series_id) for series_id in prepared}
        if any(lasts[series_id] != each.after for series_id, each in prepared.items()):
            return False
        rows = [row for each in prepared.values() for row in each.rows]
        if not rows:
            return True
        if self.transaction.on_postgres and sum(len(row["payload"]) for row in rows) >= _LARGE:
            self._copy_in(rows)
        else:
            TAKE_POSITIONS.defer(self.transaction, more=len(rows))
            for behind, row in zip(reversed(range(len(rows))), rows, strict=True):
                _ADD.defer(self.transaction, behind=behind, **{f"its_{name}": value for name, value in row.items()})
        for series_id in (series_id for series_id, each in prepared.items() if each.rows):
            _SET_NEWEST.defer(self.transaction, wanted=series_id)
            self.newest.pop(series_id, None)
        return True

    def list(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        statement = _of(select(*FACTS), series_id).where(vintages.c.number > after).order_by(vintages.c.number).limit(limit)
        return [vintage_from(row) for row in self.transaction.run(statement).mappings()]

    def last_ones(self, series_id: UUID, limit: int) -> Sequence[Vintage]:
        rows = self.transaction.run(_of(select(*FACTS), series_id).order_by(vintages.c.number.desc()).limit(limit)).mappings().all()
        return [vintage_from(row) for row in reversed(rows)]

    def feed(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        statement = feed_entries().where(vintages.c.position > after).order_by(vintages.c.position).limit(limit)
        return [feed_entry_from(row) for row in self.transaction.run(statement).mappings()]

    def position(self) -> int:
        return int(self.transaction.run(select(feed.c.position)).scalar_one())

    def last_recorded(self, limit: int) -> Sequence[FeedEntry]:
        # Every position is above 0; SQLite's plan shows that it walks the index only with a bound.
        statement = feed_entries().where(vintages.c.position > 0).order_by(vintages.c.position.desc()).limit(limit)
        return [feed_entry_from(row) for row in self.transaction.run(statement).mappings()]

    def labels(self, series_id: UUID) -> Mapping[Label, LabelledState]:
        facts = "number", "published", "digest", "known_at", "request", "response_sha256", "adapter_version"
        columns = select(*(vintages.c[name] for name in facts))
        statement = _of(columns, series_id).where(vintages.c.published.is_not(None), _FETCHED).order_by(vintages.c.number)
        return {read_label(row["published"]): _labelled(row) for row in self.transaction.run(statement).mappings()}

    def newest_fetched(self, series_id: UUID) -> Vintage | None:
        newest_first = vintages.c.known_at.desc(), vintages.c.number.desc()
        row = self.transaction.run(_of(select(*FACTS), series_id).where(_FETCHED).order_by(*newest_first).limit(1)).mappings().first()
        return vintage_from(row) if row else None

    def first_flagged(self, series_id: UUID) -> int | None:
        # A state has no flags unless it, or one on which it builds, sets them.
        statement = _of(select(func.min(vintages.c.number)), series_id).where(vintages.c.codec.in_(FLAGGED))
        first: int | None = self.transaction.run(statement).scalar_one()
        return first

    def find(self, series_id: UUID, moment: AsOf) -> StoredVintage | None:
        chain = self._chain(series_id, moment)
        return StoredVintage(chain.vintage, chain.state) if chain else None

    def walk(self, series_id: UUID) -> Iterator[StoredVintage]:
        for row, state in walk_states(self.transaction, series_id):
            yield StoredVintage(vintage_from(row), state)

    def until(self, series_id: UUID, position: int) -> Sequence[Vintage]:
        statement = _of(select(*FACTS), series_id).where(vintages.c.position <= position).order_by(vintages.c.number)
        return [vintage_from(row) for row in self.transaction.run(statement).mappings()]

    def columns(self, series_id: UUID, column: str, numbers: Collection[int]) -> Iterator[tuple[int, Observations]]:
        return fold_column(self.transaction, series_id, column, numbers)

    def moments(self, series_id: UUID, position: int) -> VintageMoments:
        return read_moments(self.transaction, series_id, position)

    def spanned(self, series_id: UUID, column: str, spans: RowSpans) -> SpannedRows | None:
        return fold_spans(self.transaction, series_id, column, spans)

    def first_known(self, series_id: UUID) -> FirstKnown | None:
        known_at, fetched_at = self.transaction.run(
            _of(select(func.min(vintages.c.known_at), func.min(vintages.c.fetched_at)), series_id)
        ).one()
        return FirstKnown(known_at, fetched_at) if known_at else None

    def verify(self, series_id: UUID) -> Sequence[Damage]:
        numbers = range(1, (self._last(series_id) or 0) + 1)
        return [damage for number in numbers if (damage := self._damage(series_id, number))]

    def _last(self, series_id: UUID) -> int | None:
        row = _LAST.fetch_one(self.transaction, wanted=series_id)
        return row[LAST_NUMBER] if row else None

    def _copy_in(self, rows: Sequence[Mapping[str, Any]]) -> None:
        (taken,) = TAKE_POSITIONS.fetch_all(self.transaction, more=len(rows))
        first = taken[feed.c.position] - len(rows) + 1
        copy_rows_in(self.transaction, vintages, [{**row, "position": place} for place, row in enumerate(rows, start=first)])

    def _damage(self, series_id: UUID, number: int) -> Damage | None:
        try:
            chain = self._chain(series_id, AsOf(vintage=number))
        except DamagedVintage as error:
            return Damage(number, error.message)
        if chain is None:
            return Damage(number, _lost(number).message)
        if not chain.is_sound():
            return Damage(number, f"Vintage {number} does not match its digest or its columns.")
        return None

    def _known_before(self, series_id: UUID, place: _Place, new: NewState, pending: Chain | None) -> Chain | None:
        if place.known_at is None or (pending and pending.vintage.known_at >= min(place.known_at, new.known_at)):
            return pending
        kept = self._readable(series_id, AsOf(as_of=new.known_at, restated=True))
        return max((each for each in (kept, pending) if each), key=lambda each: each.vintage.knowledge(), default=None)

    def _place(self, series: TimeSeries) -> _Place:
        if series.newest is None and series.checked_at is None:
            # Without a successful fetch there are no vintages.
            return _Place(series.number, 0, None)
        row = _PLACE.fetch_one(self.transaction, wanted=series.id)
        if row is None:
            raise SeriesNotFound
        return _Place(*row.values())

    def _readable(self, series_id: UUID, moment: AsOf) -> Chain | None:
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
        return self._readable(series_id, AsOf(as_of=known, restated=True))

    def _chain(self, series_id: UUID, moment: AsOf) -> Chain | None:
        found = read_stored(self.transaction, series_id, moment)
        if found is None:
            if moment == AsOf():
                self._raise_if_lost(series_id)
            return None
        row, blocks = found
        chain = fold(vintage_from(row), blocks)
        if moment == AsOf():
            self.newest[series_id] = chain
        return chain

    def _raise_if_lost(self, series_id: UUID) -> None:
        newest = self.transaction.run(select(series.c.vintage).where(series.c.id == series_id)).scalar_one_or_none()
        if newest is not None:
            raise _lost(newest)


class _Place(NamedTuple):
    """A series' number, its last vintage's number, and when its newest vintage was known."""

    series: int
    last: int
    known_at: datetime | None


def _lost(number: int) -> DamagedVintage:
    return DamagedVintage(f"Vintage {number} is missing.")


def _labelled(row: RowMapping) -> LabelledState:
    return LabelledState(number=row["number"], digest=row["digest"].hex(), known_at=row["known_at"], origin=origin_from(row))


def _of(statement: Select[Any], series_id: UUID) -> Select[Any]:
    return statement.select_from(vintages.join(series)).where(series.c.id == series_id)


def _place(_: Transaction) -> Any:
    newest = (vintages.c.series == series.c.number) & (vintages.c.number == series.c.vintage)
    facts = select(series.c.number, LAST_NUMBER, vintages.c.known_at).select_from(series.outerjoin(vintages, newest))
    return facts.where(series.c.id == bindparam("wanted"))


def _add(_: Transaction) -> Any:
    taken = select(feed.c.position - bindparam("behind")).scalar_subquery()
    row: dict[str, Any] = {column.name: bindparam(f"its_{column.name}") for column in vintages.c}
    return insert(vintages).values(row | {"position": taken})


def _set_newest(_: Transaction) -> Any:
    of_series = select(vintages.c.number).where(vintages.c.series == series.c.number)
    newest = of_series.order_by(vintages.c.known_at.desc(), vintages.c.number.desc()).limit(1).scalar_subquery()
    return update(series).where(series.c.id == bindparam("wanted")).values(vintage=newest)


_LAST = PreparedStatement(lambda _: select(LAST_NUMBER).where(series.c.id == bindparam("wanted")))
_PLACE = PreparedStatement(_place)
_ADD, _SET_NEWEST = PreparedStatement(_add), PreparedStatement(_set_newest)
