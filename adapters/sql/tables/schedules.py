"""The tables of the schedules."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, Uuid, text

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

_WAITS, _EXPECTED = "next_at is not null", "expected_at is not null"

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
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("next_at", UtcDateTime),
    Column("planned", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_success_at", UtcDateTime),
    Column("overdue_since", UtcDateTime),
    Column("expected_at", UtcDateTime),
    Column("basis", Text),
    Index("followed_due", "next_at", "series", "schedule", postgresql_where=text(_WAITS), sqlite_where=text(_WAITS)),
    Index("followed_expected", "expected_at", "series", postgresql_where=text(_EXPECTED), sqlite_where=text(_EXPECTED)),
    Index("followed_of_schedule", "schedule", "next_at", "series"),
    Index("followed_of_series", "series", "schedule"),
    postgresql_with={"fillfactor": "80"},
)

# What was read of calendars of releases; ``events`` is JSON.
calendars = Table(
    "calendars",
    metadata,
    Column("address", Text, primary_key=True),
    Column("events", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("read_at", UtcDateTime),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("problem", Text, nullable=False),
)
