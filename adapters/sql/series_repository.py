"""The series in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import ColumnElement, RowMapping, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.fetch_repository import fetch_from
from adapters.sql.tables import descriptions, fetches, series, vintages
from adapters.sql.transaction import Transaction
from adapters.sql.vintage_rows import FACTS, vintage_from
from domain.codes import DatasetCode
from domain.coverage import Confirmation
from domain.errors import SeriesNotFound
from domain.frequency import Frequency
from domain.series import Metadata, SeriesPage, SeriesQuery, SeriesStatus, TimeSeries


@dataclass(frozen=True, slots=True)
class SqlSeriesRepository:
    """The series of a transaction."""

    transaction: Transaction

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        """See the port."""
        statement = _complete().where(series.c.provider == provider, *_of_code(code))
        row = self.transaction.run(statement).mappings().one_or_none()
        return _series_from(row) if row else None

    def get(self, series_id: UUID) -> TimeSeries:
        """See the port."""
        row = self.transaction.run(_complete().where(series.c.id == series_id)).mappings().one_or_none()
        if row is None:
            raise SeriesNotFound
        return _series_from(row)

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        """See the port."""
        found = self.find(provider, code)
        while found is None:
            self._insert(provider, code, self._free_alias(code))
            found = self.find(provider, code)
        return found

    def search(self, query: SeriesQuery) -> SeriesPage:
        """See the port."""
        # Chosen first and completed then: Postgres would else merge whole tables, at a cost that grows with the page.
        chosen = select(series.c.number).where(series.c.number > query.after, *_conditions(query)).order_by(series.c.number)
        page = series.c.number.in_(chosen.limit(query.limit + 1).correlate(None))
        found = [_series_from(row) for row in self.transaction.run(_complete().where(page).order_by(series.c.number)).mappings().all()]
        more = len(found) > query.limit
        return SeriesPage(tuple(found[: query.limit]), found[query.limit - 1].number if more else None)

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        """See the port."""
        of_series = select(descriptions.c.body).join(series).where(series.c.id == series_id)
        known = of_series.where(descriptions.c.known_at <= moment).order_by(descriptions.c.number.desc()).limit(1)
        first = of_series.order_by(descriptions.c.number).limit(1)
        return _metadata_from(self.transaction.run(known).scalar() or self.transaction.run(first).scalar())

    def lock(self, series_id: UUID) -> TimeSeries:
        """See the port."""
        self.transaction.run(select(series.c.number).where(series.c.id == series_id).with_for_update(key_share=True))
        return self.get(series_id)

    def checked(self, series_id: UUID, metadata: Metadata, confirmed: Confirmation | None = None) -> None:
        """See the port."""
        known = self.get(series_id)
        changes = {
            "checked_at": self.transaction.now(),
            "status": known.status.value,
            "words": f"{known.code} {metadata.name} {metadata.description}".casefold(),
            "confirmed": orjson.dumps(asdict(confirmed)).decode() if confirmed else None,
        }
        self.transaction.run(update(series).where(series.c.id == series_id).values(changes))
        if known.metadata != metadata:
            self._describe(known.number, metadata)

    def _free_alias(self, code: DatasetCode) -> str:
        names = (code.alias if n == 1 else f"{code.alias}_{n}" for n in count(1))
        return next(name for name in names if not self.transaction.run(select(series.c.number).where(series.c.alias == name)).first())

    def _insert(self, provider: str, code: DatasetCode, alias: str) -> None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        row = {
            "id": uuid4(),
            "provider": provider,
            "database_code": code.database,
            "dataset_code": code.dataset,
            "alias": alias,
            "status": SeriesStatus.PENDING.value,
            "words": str(code).casefold(),
            "created_at": self.transaction.now(),
        }
        self.transaction.run(dialect.insert(series).values(row).on_conflict_do_nothing())

    def _describe(self, number: int, metadata: Metadata) -> None:
        last = select(func.coalesce(func.max(descriptions.c.number), 0)).where(descriptions.c.series == number)
        row = {
            "series": number,
            "number": last.scalar_subquery() + 1,
            "known_at": self.transaction.now(),
            "body": orjson.dumps(asdict(metadata)).decode(),
        }
        self.transaction.run(insert(descriptions).values(row))


@cache
def _complete() -> Select[Any]:
    """Select series, each with its newest description, vintage and fetch."""
    others, earlier, entries = vintages.alias(), fetches.alias(), descriptions.alias()
    entry = select(func.max(entries.c.number)).where(entries.c.series == series.c.number)
    newest = select(others.c.number).where(others.c.series == series.c.number).order_by(others.c.known_at.desc(), others.c.number.desc())
    latest = select(earlier.c.id).where(earlier.c.series == series.c.number).order_by(earlier.c.created_at.desc(), earlier.c.id)
    joined = (
        series.outerjoin(descriptions, (descriptions.c.series == series.c.number) & (descriptions.c.number == _one(entry)))
        .outerjoin(vintages, (vintages.c.series == series.c.number) & (vintages.c.number == _one(newest.limit(1))))
        .outerjoin(fetches, fetches.c.id == _one(latest.limit(1)))
    )
    return select(series, descriptions.c.body, *FACTS, fetches).select_from(joined)


def _one(statement: Select[Any]) -> Any:
    return statement.correlate(series).scalar_subquery()


def _of_code(code: DatasetCode) -> list[ColumnElement[bool]]:
    return [series.c.database_code == code.database, series.c.dataset_code == code.dataset]


def _conditions(query: SeriesQuery) -> list[ColumnElement[bool]]:
    wanted = [(series.c.provider, query.provider), (series.c.database_code, query.database), (series.c.status, query.status)]
    words = [series.c.words.contains(word.casefold(), autoescape=True) for word in query.words]
    return [column == value for column, value in wanted if value is not None] + words + (_of_code(query.code) if query.code else [])


def _series_from(row: RowMapping) -> TimeSeries:
    return TimeSeries(
        id=row[series.c.id],
        number=row[series.c.number],
        provider=row[series.c.provider],
        code=DatasetCode(row[series.c.database_code], row[series.c.dataset_code]),
        alias=row[series.c.alias],
        created_at=row[series.c.created_at],
        checked_at=row[series.c.checked_at],
        metadata=_metadata_from(row[descriptions.c.body]),
        newest=vintage_from(row) if row[vintages.c.number] else None,
        fetch=fetch_from(row) if row[fetches.c.id] else None,
        confirmed=_confirmed_from(row[series.c.confirmed]),
    )


def _confirmed_from(text: str | None) -> Confirmation | None:
    if text is None:
        return None
    fields = orjson.loads(text)
    return Confirmation(**(fields | {"whole_at": datetime.fromisoformat(fields["whole_at"])}))


def _metadata_from(body: str | None) -> Metadata:
    if body is None:
        return Metadata()
    fields = orjson.loads(body)
    frequency = fields.pop("frequency")
    units = tuple(fields.pop("column_units"))
    return Metadata(frequency=Frequency(frequency) if frequency else None, column_units=units, **fields)
