"""Rows of series, read with their newest description, vintage and fetch; and their insertion."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import FromClause, Select, Uuid, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.postgres.prepared import Row
from adapters.sql.rows.fetches import fetch_from
from adapters.sql.rows.source_statuses import at_source_from
from adapters.sql.rows.vintages import FACTS, vintage_from
from adapters.sql.tables import descriptions, fetches, series, vintages
from adapters.sql.transaction import Transaction
from domain.codes import DatasetCode
from domain.frequency import Frequency
from domain.gates.settings import SeriesGates
from domain.series import Metadata, SeriesStatus, TimeSeries, terms
from domain.window import Confirmation


def _complete(of: FromClause) -> Select[Any]:
    """Return the query for joined series and fetches with each series' newest description and vintage."""
    described = (descriptions.c.series == series.c.number) & (descriptions.c.number == series.c.description)
    newest = (vintages.c.series == series.c.number) & (vintages.c.number == series.c.vintage)
    return select(series, descriptions.c.body, *FACTS, fetches).select_from(
        of.outerjoin(descriptions, described).outerjoin(vintages, newest)
    )


#: Series, each with its newest fetch.
COMPLETE = _complete(series.outerjoin(fetches, fetches.c.id == series.c.fetch))
#: Fetches, each with its series.
OF_FETCHES = _complete(fetches.join(series, series.c.number == fetches.c.series))


def series_from(row: Row) -> TimeSeries:
    """Return the series in a complete row, or in a new row of the table alone."""
    known = row.get(vintages.c.number), row.get(fetches.c.id)
    return TimeSeries(
        id=row[series.c.id],
        number=row[series.c.number],
        provider=row[series.c.provider],
        code=DatasetCode(row[series.c.database_code], row[series.c.dataset_code]),
        alias=row[series.c.alias],
        created_at=row[series.c.created_at],
        checked_at=row[series.c.checked_at],
        metadata=metadata_from(row.get(descriptions.c.body)),
        newest=vintage_from(row) if known[0] else None,
        fetch=fetch_from(row, series_id=row[series.c.id]) if known[1] else None,
        confirmed=confirmed_from(row[series.c.confirmed]),
        at_source=at_source_from(row),
        gates=gates_from(row[series.c.gates]),
    )


def insertion(transaction: Transaction, **more: Any) -> Any:
    """Return the statement that inserts a series unless it exists or its alias is taken; parameters are ``insertion_values``."""
    row = {
        "id": bindparam("new", type_=Uuid()),
        "provider": bindparam("source"),
        "database_code": bindparam("database"),
        "dataset_code": bindparam("dataset"),
        "alias": bindparam("name"),
        "status": SeriesStatus.PENDING.value,
        "words": bindparam("said"),
        "created_at": transaction.now(),
    }
    insert = (postgresql if transaction.on_postgres else sqlite).insert
    return insert(series).values(row | more).on_conflict_do_nothing()


def insertion_values(series_id: UUID, provider: str, code: DatasetCode, alias: str) -> dict[str, Any]:
    """Return the parameters of ``insertion``."""
    facts = {"source": provider, "database": code.database, "dataset": code.dataset, "name": alias}
    return {"new": series_id, **facts, "said": " ".join(terms(str(code)))}


def confirmed_from(text: str | None) -> Confirmation | None:
    """Parse what the last successful fetch confirmed."""
    if text is None:
        return None
    fields = orjson.loads(text)
    return Confirmation(**(fields | {"whole_at": datetime.fromisoformat(fields["whole_at"])}))


def gates_from(text: str | None) -> SeriesGates:
    """Parse the gates that are set for a series; None where none is."""
    return SeriesGates(**orjson.loads(text)) if text else SeriesGates()


def metadata_from(body: str | None) -> Metadata:
    """Parse a description; None gives empty metadata."""
    if body is None:
        return Metadata()
    fields = orjson.loads(body)
    frequency = fields.pop("frequency")
    units = tuple(fields.pop("column_units"))
    return Metadata(frequency=Frequency(frequency) if frequency else None, column_units=units, **fields)
