"""The releases of followed series in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_

from adapters.sql.rows.series import metadata_from
from adapters.sql.rows.vintages import read_label
from adapters.sql.tables import UtcDateTime, descriptions, followed, series, vintages
from adapters.sql.transaction import Transaction
from domain.codes import DatasetCode
from domain.schedules.listed import ListedRelease, ReleaseQuery, Standing
from domain.vintages import Cause

_NAMES = series.c.id, series.c.number, series.c.provider, series.c.database_code, series.c.dataset_code, descriptions.c.body
_DESCRIBED = and_(descriptions.c.series == series.c.number, descriptions.c.number == series.c.description)


@dataclass(frozen=True, slots=True)
class SqlReleaseRepository:
    """The releases of a transaction."""

    transaction: Transaction

    def expected(self, query: ReleaseQuery) -> Sequence[ListedRelease]:
        is_expected = followed.c.expected_at.is_not(None)
        foretold = self._planned(query, followed.c.expected_at, and_(is_expected, followed.c.next_at.is_not(None)))
        looked_at = self._planned(query, followed.c.next_at, and_(~is_expected, followed.c.next_at.is_not(None)))
        return sorted((*foretold, *looked_at), key=lambda release: (release.at, release.number))[: query.limit]

    def _planned(self, query: ReleaseQuery, at: ColumnElement[Any], condition: ColumnElement[bool]) -> Sequence[ListedRelease]:
        columns = at.label("at"), followed.c.basis, followed.c.reason, followed.c.schedule
        statement = select(*columns, *_NAMES).join_from(followed, series).outerjoin(descriptions, _DESCRIBED).where(condition)
        return [
            _listed(row, standing=Standing(row["basis"] or Standing.LOOK), reason=row["reason"], schedule_id=row["schedule"])
            for row in self._rows(statement, query, at, followed.c.series)
        ]

    def published(self, query: ReleaseQuery) -> Sequence[ListedRelease]:
        before, at = vintages.alias(), vintages.c.known_at
        one_before = and_(before.c.series == vintages.c.series, before.c.number == vintages.c.number - 1)
        columns = at.label("at"), vintages.c.number.label("vintage"), vintages.c.last
        statement = select(*columns, *_NAMES).join_from(series, vintages).join(before, one_before).outerjoin(descriptions, _DESCRIBED)
        statement = statement.where(
            exists().where(followed.c.series == series.c.number),
            vintages.c.cause.in_([Cause.PUBLICATION.value, Cause.MIXED.value]),
            vintages.c.last.is_not(None),
            or_(before.c.last.is_(None), vintages.c.last > before.c.last),
        )
        return [
            _listed(row, standing=Standing.PUBLISHED, vintage=row["vintage"], newest=read_label(row["last"]))
            for row in self._rows(statement, query, at, series.c.number)
        ]

    def _rows(self, statement: Select[Any], query: ReleaseQuery, at: ColumnElement[Any], number: ColumnElement[int]) -> Sequence[Any]:
        conditions = [at >= literal(query.start, UtcDateTime), at <= literal(query.end, UtcDateTime)]
        if query.provider:
            conditions.append(series.c.provider == query.provider)
        if query.code:
            conditions += [series.c.database_code == query.code.database, series.c.dataset_code == query.code.dataset]
        if query.after:
            seen = func.coalesce(select(series.c.number).where(series.c.id == query.after[1]).scalar_subquery(), 0)
            conditions.append(tuple_(at, number) > tuple_(literal(query.after[0], UtcDateTime), seen))
        return self.transaction.run(statement.where(*conditions).order_by(at, number).limit(query.limit)).mappings().all()


def _listed(row: Any, **about: Any) -> ListedRelease:
    return ListedRelease(
        at=row["at"],
        series_id=row[series.c.id],
        number=row[series.c.number],
        provider=row[series.c.provider],
        code=DatasetCode(row[series.c.database_code], row[series.c.dataset_code]),
        name=metadata_from(row[descriptions.c.body]).name,
        **about,
    )
