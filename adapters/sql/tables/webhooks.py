"""The tables of the webhooks. No secret is in them: secrets follow from a setting, the webhook's id and its rotation."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid, text

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

_PENDING, _ENDED = "status = 'pending'", "ended_at is not null"

# A webhook without a pattern means all series; ``position`` is its place in the feed.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("provider", Text),
    Column("database_code", Text),
    Column("pattern", Text),
    Column("threshold", Double, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("rotation", Integer, nullable=False),
    Column("previous_until", UtcDateTime),
    Column("disabled_at", UtcDateTime),
    Column("disabled_reason", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("holds", Boolean, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("lease_token", Uuid),
    Column("lease_until", UtcDateTime),
    postgresql_with={"fillfactor": "50"},
)

# What happened to series besides vintages, at positions of the same feed.
series_events = Table(
    "series_events",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("facts", Text, nullable=False),
    Index("series_events_of_series", "series"),
    Index("series_events_by_age", "at"),
)

# It has the series' id and name, not its number: a message may be underway while its series is removed.
deliveries = Table(
    "deliveries",
    metadata,
    Column("webhook", Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("series_id", Uuid, nullable=False),
    Column("series", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("first_at", UtcDateTime),
    Column("next_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("response_status", Integer),
    Column("error", Text, nullable=False),
    Index("deliveries_pending", "webhook", "place", postgresql_where=text(_PENDING), sqlite_where=text(_PENDING)),
    Index("deliveries_ended", "ended_at", postgresql_where=text(_ENDED), sqlite_where=text(_ENDED)),
)
