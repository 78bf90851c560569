"""The feed: its position, which grows with each vintage, entry of metadata, event, definition, rule and divergence; and its entries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, select, update

from adapters.sql.postgres.prepared import PreparedStatement
from adapters.sql.rows.vintages import FACTS, vintage_from
from adapters.sql.tables import feed, series, vintages
from adapters.sql.transaction import Transaction
from domain.codes import DatasetCode
from domain.vintages import FeedEntry


def _take_positions(_: Transaction) -> Any:
    return update(feed).values(position=feed.c.position + bindparam("more")).returning(feed.c.position)


#: Takes so many positions (``more``) and returns the last one; the feed stays locked until the transaction ends.
TAKE_POSITIONS = PreparedStatement(_take_positions)


def feed_entries() -> Select[Any]:
    """Return the query for vintages of all series as entries of the feed."""
    identity = series.c.id, series.c.provider, series.c.database_code, series.c.dataset_code
    return select(vintages.c.position, *identity, series.c.vintage, *FACTS).join(series)


def feed_entry_from(row: RowMapping) -> FeedEntry:
    """Return the entry in a row of ``feed_entries``."""
    return FeedEntry(
        position=row[vintages.c.position],
        series_id=row[series.c.id],
        provider=row[series.c.provider],
        code=DatasetCode(row[series.c.database_code], row[series.c.dataset_code]),
        vintage=vintage_from(row),
        is_newest=row[series.c.vintage] == row[vintages.c.number],
    )
