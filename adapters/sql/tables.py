"""The tables. On SQLite, whose date type drops the time zone, instants are microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

REVISION = "0012"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, to the microsecond."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return timestamptz on Postgres, an integer on SQLite."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Convert the instant for the database."""
        return value if value is None or dialect.name == "postgresql" else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert the stored value to an instant in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()
_big = BigInteger().with_variant(Integer, "sqlite")
_REPLACED = "replaced_by is not null"

# Three columns refer to a series' newest description, vintage (in knowledge order) and fetch.
series = Table(
    "series",
    metadata,
    Column("number", _big, primary_key=True, autoincrement=True),
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
    Column("series", _big, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
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
    Column("series", _big, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("known_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
)

vintages = Table(
    "vintages",
    metadata,
    Column("series", _big, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
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

# One row: the last vintage's position. A transaction that updates it locks it until the commit, so that positions become
# visible in order; with a sequence a smaller one could appear after a greater one.
feed = Table("feed", metadata, Column("position", BigInteger, nullable=False))

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("limits", Text),
)

# Clients' token buckets; ``full_at`` is in seconds since 1970.
quotas = Table(
    "quotas",
    metadata,
    Column("client", Text, primary_key=True),
    Column("calls", Integer, primary_key=True, autoincrement=False),
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("full_at", Double, nullable=False),
)

_ADDED_NOTHING = "finished_at is not null and coalesce(vintages_added, 0) = 0"
_OF_BATCH, _WAITS = "batch is not null", "next_at is not null"

fetches = Table(
    "fetches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("series", _big, ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False, server_default=text("0")),
    Column("status", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("waits_since", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("lease_token", Uuid),
    Column("lease_until", UtcDateTime),
    Column("waiting_for", Text),
    Column("finished_at", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("failure", Text),
    Column("vintages_added", Integer),
    Column("vintage", Integer),
    Column("left_out", Text),
    Column("allow_shrink", Boolean, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("allow_values", Boolean, nullable=False, server_default=false()),
    Column("priority", SmallInteger, nullable=False, server_default=text("0")),
    Column("batch", Uuid),
    Index(
        "one_in_flight",
        "series",
        unique=True,
        postgresql_where=text("status in ('pending', 'running')"),
        sqlite_where=text("status in ('pending', 'running')"),
    ),
    Index("fetches_of_series", "series", "number", unique=True),
    Index("fetches_in_order", "created_at", "id"),
    Index("fetches_without_vintage", "finished_at", postgresql_where=text(_ADDED_NOTHING), sqlite_where=text(_ADDED_NOTHING)),
    Index("fetches_due", "priority", "not_before", postgresql_where=text("status = 'pending'"), sqlite_where=text("status = 'pending'")),
    Index("fetches_held", "lease_until", postgresql_where=text("status = 'running'"), sqlite_where=text("status = 'running'")),
    Index("fetches_of_batch", "batch", "created_at", "id", postgresql_where=text(_OF_BATCH), sqlite_where=text(_OF_BATCH)),
    postgresql_with={"fillfactor": "80"},
)

# A schedule's selector: a code has no mask; without a database or a provider it means any.
schedules = Table(
    "schedules",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("provider", Text),
    Column("database_code", Text),
    Column("pattern", Text, nullable=False),
    Column("is_mask", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("tz", Text, nullable=False),
    Column("window", Text),
    Column("catch_up", Integer, nullable=False),
    Column("jitter", Integer, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("schedules_in_order", "created_at", "id"),
    Index("schedules_by_selector", "pattern", "database_code", "created_at", "id"),
    Index("schedules_with_mask", "database_code", postgresql_where=text("is_mask"), sqlite_where=text("is_mask")),
)

# The series of each schedule, and when each is looked at next; an index holds all that finding the due ones takes.
followed = Table(
    "followed",
    metadata,
    Column("schedule", Uuid, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("series", _big, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("next_at", UtcDateTime),
    Column("planned", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_success_at", UtcDateTime),
    Column("overdue_since", UtcDateTime),
    Index("followed_due", "next_at", "series", "schedule", postgresql_where=text(_WAITS), sqlite_where=text(_WAITS)),
    Index("followed_of_schedule", "schedule", "next_at", "series"),
    Index("followed_of_series", "series", "schedule"),
    postgresql_with={"fillfactor": "80"},
)

requests = Table(
    "requests",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("series", _big, ForeignKey("series.number", ondelete="CASCADE")),
    Column("fetch", Uuid, ForeignKey("fetches.id", ondelete="CASCADE")),
    Column("created", Boolean),
    Index("requests_by_age", "made_at"),
    Index("requests_of_series", "series"),
    Index("requests_of_fetch", "fetch"),
)

workers = Table("workers", metadata, Column("name", Text, primary_key=True), Column("seen_at", UtcDateTime, nullable=False))

counts = Table("counts", metadata, Column("name", Text, primary_key=True), Column("times", BigInteger, nullable=False))

budgets = Table(
    "budgets",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("paced_until", UtcDateTime),
    Column("line_until", UtcDateTime),
    Column("blocked_until", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("openings", Integer, nullable=False),
    Column("open_until", UtcDateTime),
    Column("probe", Uuid),
    postgresql_with={"fillfactor": "50"},
)

calls = Table(
    "calls",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
