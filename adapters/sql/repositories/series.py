"""The series in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Text, bindparam, case, delete, func, insert, select, tuple_, update

from adapters.sql.full_text import numbers
from adapters.sql.postgres.prepared import PreparedStatement
from adapters.sql.rows.feed import TAKE_POSITIONS
from adapters.sql.rows.schedules import meant
from adapters.sql.rows.series import COMPLETE, insertion, insertion_values, metadata_from, series_from
from adapters.sql.rows.source_statuses import change_from, values_of
from adapters.sql.tables import UtcDateTime, descriptions, feed, series, source_statuses
from adapters.sql.transaction import Transaction
from domain.aliases import free_alias
from domain.codes import DatasetCode
from domain.errors import SeriesNotFound
from domain.gates.settings import SeriesGates
from domain.schedules.selector import Selector
from domain.series import Database, Metadata, MetadataEntry, SeriesPage, SeriesQuery, SeriesStatus, TimeSeries, terms
from domain.source_status import AtSource, StatusChange
from domain.window import Confirmation


@dataclass(frozen=True, slots=True)
class SqlSeriesRepository:
    """
    The series of a transaction.

    Attributes:
        last: shared with the vintages: a series that is added here has none, and nobody else can see it.

    """

    transaction: Transaction
    last: dict[UUID, int] = field(default_factory=dict)

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        row = _FIND.fetch_one(self.transaction, source=provider, database=code.database, dataset=code.dataset)
        return series_from(row) if row else None

    def get(self, series_id: UUID) -> TimeSeries:
        row = _GET.fetch_one(self.transaction, wanted=series_id)
        if row is None:
            raise SeriesNotFound
        return series_from(row)

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        alias = code.alias
        while True:
            found = self.insert(provider, code, alias) or self.find(provider, code)
            if found:
                return found
            # Only the alias is taken.
            alias = free_alias(code.alias, self._taken)

    def add_all(self, provider: str, codes: Sequence[DatasetCode]) -> Sequence[TimeSeries]:
        """Insert all in one trip to the server; those that exist, or whose alias is taken, are added one by one."""
        ids = {code: uuid4() for code in codes}
        for code, series_id in ids.items():
            _ADD.defer(self.transaction, **insertion_values(series_id, provider, code, code.alias))
        rows = self.transaction.run(COMPLETE.where(series.c.id.in_(list(ids.values())))).mappings()
        added = {each.code: each for each in map(series_from, rows)}
        self.last.update({each.id: 0 for each in added.values()})
        return [added.get(code) or self.add(provider, code) for code in codes]

    def insert(self, provider: str, code: DatasetCode, alias: str) -> TimeSeries | None:
        """Add a series under an alias; None if it exists, or the alias is taken."""
        row = _ADD.fetch_one(self.transaction, **insertion_values(uuid4(), provider, code, alias))
        if row is None:
            return None
        self.last[row[series.c.id]] = 0
        return series_from(row)

    def search(self, query: SeriesQuery) -> SeriesPage:
        # Select the page's numbers first: otherwise Postgres merges whole tables, at a cost that grows with the page.
        chosen: Any = self._with_words(query) if query.words else _page(query)
        if query.words and not chosen:
            return SeriesPage((), None)
        page = self.transaction.run(COMPLETE.where(series.c.number.in_(chosen)).order_by(series.c.number)).mappings()
        found = [series_from(row) for row in page]
        more = len(found) > query.limit
        return SeriesPage(tuple(found[: query.limit]), found[query.limit - 1].number if more else None)

    def matching(self, selector: Selector, limit: int) -> Sequence[TimeSeries]:
        chosen = select(series.c.number).where(*meant(self.transaction, selector)).order_by(series.c.number).limit(limit)
        page = self.transaction.run(COMPLETE.where(series.c.number.in_(chosen)).order_by(series.c.number)).mappings()
        return [series_from(row) for row in page]

    def count(self, query: SeriesQuery, *, most: int) -> int:
        if query.words:
            return len(self._with_words(replace(query, after=0, skip=0, limit=most))[:most])
        found = select(series.c.number).where(*_conditions(query)).limit(most).subquery()
        return int(self.transaction.run(select(func.count()).select_from(found)).scalar_one())

    def databases(self) -> Sequence[Database]:
        """Skip from one code to the next in the index instead of reading all series."""
        following = select(func.min(series.c.database_code)).scalar_subquery()
        codes = select(following.label("code")).cte(recursive=True)
        after = select(func.min(series.c.database_code)).where(series.c.database_code > codes.c.code).correlate(codes).scalar_subquery()
        codes = codes.union_all(select(after).where(codes.c.code.is_not(None)))
        found = self.transaction.run(select(codes.c.code).where(codes.c.code.is_not(None))).scalars().all()
        return [self._database(code) for code in found]

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        of_series = select(descriptions.c.body).join(series).where(series.c.id == series_id)
        known = of_series.where(descriptions.c.known_at <= moment).order_by(descriptions.c.number.desc()).limit(1)
        first = of_series.order_by(descriptions.c.number).limit(1)
        return metadata_from(self.transaction.run(known).scalar() or self.transaction.run(first).scalar())

    def metadata_history(self, series_id: UUID) -> Sequence[MetadataEntry]:
        facts = descriptions.c.known_at, descriptions.c.body, descriptions.c.position
        entries = select(*facts).join(series).where(series.c.id == series_id)
        rows = self.transaction.run(entries.order_by(descriptions.c.number))
        return [MetadataEntry(known_at, metadata_from(body), position) for known_at, body, position in rows]

    def lock(self, series_id: UUID) -> None:
        """Lock a series; on SQLite a writing transaction is the only writer."""
        if self.transaction.on_postgres:
            _LOCK.defer(self.transaction, wanted=series_id)

    def remove(self, series_id: UUID) -> None:
        # Takes the strongest lock at once: upgrading from a weaker one could deadlock with a request.
        if self.transaction.run(delete(series).where(series.c.id == series_id)).rowcount != 1:
            raise SeriesNotFound

    def record_fetch(
        self, known: TimeSeries, metadata: Metadata, confirmed: Confirmation | None = None, *, known_at: datetime | None = None
    ) -> None:
        sure = orjson.dumps(confirmed).decode() if confirmed else None
        if known.metadata == metadata:
            _RECORD_FETCH.defer(self.transaction, of=known.number, sure=sure)
        else:
            words = self._describe(known, metadata, known_at)
            _RECORD_DESCRIBED.defer(self.transaction, of=known.number, sure=sure, said=words)

    def record_import(self, known: TimeSeries, metadata: Metadata) -> None:
        if known.metadata == metadata:
            _RECORD_IMPORT.defer(self.transaction, of=known.number)
        else:
            words = self._describe(known, metadata, None)
            _RECORD_DESCRIBED_IMPORT.defer(self.transaction, of=known.number, said=words)

    def _describe(self, known: TimeSeries, metadata: Metadata, known_at: datetime | None) -> str:
        """Append an entry to the history of the metadata, and return the words by which the series is found now."""
        TAKE_POSITIONS.defer(self.transaction, more=1)
        _DESCRIBE.defer(self.transaction, of=known.number, text=orjson.dumps(metadata).decode(), at=known_at)
        return " ".join(terms(f"{known.code} {metadata.name} {metadata.description}"))

    def record_source_status(self, known: TimeSeries, state: AtSource, change: StatusChange | None = None) -> None:
        of_series = source_statuses.c.series == known.number
        self.transaction.run(update(series).where(series.c.number == known.number).values(values_of(state)))
        if change:
            last = self.transaction.run(select(func.max(source_statuses.c.number)).where(of_series)).scalar() or 0
            row = {column.name: getattr(change, column.name) for column in source_statuses.c if hasattr(change, column.name)}
            row |= {"series": known.number, "number": last + 1, "status": change.status.value}
            self.transaction.run(insert(source_statuses).values(row))

    def record_gates(self, known: TimeSeries, gates: SeriesGates) -> None:
        given = orjson.dumps(gates.given()).decode() if gates.given() else None
        self.transaction.run(update(series).where(series.c.number == known.number).values(gates=given))

    def source_statuses(self, series_id: UUID) -> Sequence[StatusChange]:
        changes = select(source_statuses).join(series).where(series.c.id == series_id).order_by(source_statuses.c.number)
        return [change_from(row) for row in self.transaction.run(changes).mappings()]

    def replaced_by(self, reference: str) -> Sequence[str]:
        found = select(series.c.provider, series.c.database_code, series.c.dataset_code).where(series.c.replaced_by == reference)
        return [f"{provider}:{database}/{dataset}" for provider, database, dataset in self.transaction.run(found.order_by(series.c.number))]

    def _with_words(self, query: SeriesQuery) -> Sequence[int]:
        if not query.can_be_met:
            return []
        return numbers(self.transaction, replace(query, limit=query.skip + query.limit), _conditions(query))[query.skip :]

    def _database(self, code: str) -> Database:
        providers = select(series.c.provider).where(series.c.database_code == code).distinct().order_by(series.c.provider)
        return Database(code, tuple(self.transaction.run(providers).scalars()))

    def _taken(self, aliases: Sequence[str]) -> Collection[str]:
        return set(self.transaction.run(select(series.c.alias).where(series.c.alias.in_(aliases))).scalars())


def _page(query: SeriesQuery) -> Any:
    chosen = select(series.c.number).where(series.c.number > query.after, *_conditions(query)).order_by(series.c.number)
    return chosen.offset(query.skip).limit(query.limit + 1).correlate(None)


def _conditions(query: SeriesQuery) -> list[Any]:
    code = query.code
    wanted = [
        (series.c.provider, query.provider),
        (series.c.status, query.status),
        (series.c.status_at_source, query.status_at_source),
        (series.c.alias, query.alias),
        (series.c.database_code, code.database if code else query.database),
        (series.c.dataset_code, code.dataset if code else None),
    ]
    return [column == value for column, value in wanted if value is not None]


def _record_fetch(transaction: Transaction, **more: Any) -> Any:
    return _record(checked_at=transaction.now(), confirmed=bindparam("sure"), **more)


def _record(**more: Any) -> Any:
    changes = {"status": case((series.c.vintage.is_not(None), SeriesStatus.SUCCESS.value), else_=series.c.status), **more}
    return update(series).where(series.c.number == bindparam("of")).values(changes)


def _describe(transaction: Transaction) -> Any:
    known_at = func.coalesce(bindparam("at", type_=UtcDateTime), transaction.now())
    of = bindparam("of", type_=series.c.number.type)
    entry = select(_NEXT_ENTRY).where(series.c.number == of).scalar_subquery()
    position = select(feed.c.position).scalar_subquery()
    row = {"series": of, "number": entry, "known_at": known_at, "body": bindparam("text"), "position": position}
    return insert(descriptions).values(row)


_NEXT_ENTRY = func.coalesce(series.c.description, 0) + 1


def _find(_: Transaction) -> Any:
    # Without statistics Postgres takes any index that begins with the database for as good: the order selects the right one.
    identity = series.c.dataset_code, series.c.provider
    wanted = tuple_(bindparam("dataset", type_=Text()), bindparam("source", type_=Text()))
    of_database = select(series.c.id).where(series.c.database_code == bindparam("database"))
    one = of_database.where(tuple_(*identity) >= wanted, tuple_(*identity) <= wanted).order_by(*identity).limit(1)
    return COMPLETE.where(series.c.id == one.correlate(None).scalar_subquery())


_FIND = PreparedStatement(_find)
_GET = PreparedStatement(lambda _: COMPLETE.where(series.c.id == bindparam("wanted")))
_LOCK = PreparedStatement(lambda _: select(series.c.number).where(series.c.id == bindparam("wanted")).with_for_update(key_share=True))
_ADD, _RECORD_FETCH, _DESCRIBE = (
    PreparedStatement(lambda transaction: insertion(transaction).returning(*series.c)),
    PreparedStatement(_record_fetch),
    PreparedStatement(_describe),
)
# One statement for both, since each update of a series also updates its word index.
_RECORD_DESCRIBED = PreparedStatement(lambda transaction: _record_fetch(transaction, description=_NEXT_ENTRY, words=bindparam("said")))
_RECORD_IMPORT = PreparedStatement(lambda _: _record())
_RECORD_DESCRIBED_IMPORT = PreparedStatement(lambda _: _record(description=_NEXT_ENTRY, words=bindparam("said")))
