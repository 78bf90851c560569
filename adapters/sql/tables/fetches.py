"""The tables of the fetches, and of all that goes with them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, SmallInteger, Table, Text, Uuid, false, text, true

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

_ADDED_NOTHING = "finished_at is not null and coalesce(vintages_added, 0) = 0"
_OF_BATCH = "batch is not null"

fetches = Table(
    "fetches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
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
    Column("traceparent", Text),
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

requests = Table(
    "requests",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE")),
    Column("fetch", Uuid, ForeignKey("fetches.id", ondelete="CASCADE")),
    Column("created", Boolean),
    Index("requests_by_age", "made_at"),
    Index("requests_of_series", "series"),
    Index("requests_of_fetch", "fetch"),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("consumes", Boolean, nullable=False, server_default=true()),
)

counts = Table("counts", metadata, Column("name", Text, primary_key=True), Column("times", BigInteger, nullable=False))

durations = Table(
    "durations",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("status", Text, primary_key=True),
    #: A bucket's upper bound, ``inf`` for the last one, or ``sum``.
    Column("bound", Text, primary_key=True),
    Column("total", Double, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("paced_until", UtcDateTime),
    Column("line_until", UtcDateTime),
    Column("requested_until", UtcDateTime),
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
