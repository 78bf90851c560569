"""The tables of the series, their descriptions and their vintages."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Table, Text, UniqueConstraint, Uuid, text

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

_REPLACED = "replaced_by is not null"

# Three columns refer to a series' newest description, vintage (in knowledge order) and fetch.
series = Table(
    "series",
    metadata,
    Column("number", BIG, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("provider", Text, nullable=False),
    Column("database_code", Text, nullable=False),
    Column("dataset_code", Text, nullable=False),
    Column("alias", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("confirmed", Text),
    Column("description", Integer),
    Column("vintage", Integer),
    Column("fetch", Uuid),
    Column("status_at_source", Text, nullable=False, server_default=text("'active'")),
    Column("status_since", UtcDateTime),
    Column("replaced_by", Text),
    Column("failing", Text),
    Column("failing_since", UtcDateTime),
    Column("gates", Text),
    UniqueConstraint("database_code", "dataset_code", "provider", name="series_identity"),
    Index("series_of_provider", "provider", "number"),
    Index("series_of_database", "database_code", "number"),
    Index("series_of_status", "status", "number"),
    Index("series_of_source_status", "status_at_source", "number"),
    Index("series_replaced", "replaced_by", "number", postgresql_where=text(_REPLACED), sqlite_where=text(_REPLACED)),
)

# The changes of the status at the source, in order.
source_statuses = Table(
    "source_statuses",
    metadata,
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("replaced_by", Text),
    Column("reason", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("url", Text, nullable=False),
)

descriptions = Table(
    "descriptions",
    metadata,
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("known_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
)

vintages = Table(
    "vintages",
    metadata,
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False, unique=True),
    Column("published", Text),
    Column("known_at", UtcDateTime, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("first", Text),
    Column("last", Text),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("cause", Text, nullable=False),
    Column("fetch", Uuid, nullable=False),
    Column("request", Text, nullable=False),
    Column("response_sha256", LargeBinary, nullable=False),
    Column("adapter_version", Integer, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("path", Text, nullable=False),
    Column("codec", SmallInteger, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("previous_check_at", UtcDateTime),
    Index("vintages_in_knowledge_order", "series", "known_at", "number"),
)

# One row: the last position, of whatever was recorded. A transaction that updates it locks it until the commit, so that
# positions become visible in order; with a sequence a smaller one could appear after a greater one.
feed = Table("feed", metadata, Column("position", BigInteger, nullable=False))
