"""Schedules and the series that they follow; fetches have a priority and may belong to a batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0011"
down_revision = "0010"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PENDING, _OF_BATCH, _WAITS, _MASK = map(sa.text, ("status = 'pending'", "batch is not null", "next_at is not null", "is_mask"))


def upgrade() -> None:
    """Create the tables and add the columns."""
    op.add_column("fetches", sa.Column("priority", sa.SmallInteger, nullable=False, server_default=sa.text("0")))
    op.add_column("fetches", sa.Column("batch", sa.Uuid))
    op.drop_index("fetches_due", "fetches")
    op.create_index("fetches_due", "fetches", ["priority", "not_before"], postgresql_where=_PENDING, sqlite_where=_PENDING)
    op.create_index("fetches_of_batch", "fetches", ["batch", "created_at", "id"], postgresql_where=_OF_BATCH, sqlite_where=_OF_BATCH)
    _create_schedules()
    _create_followed()


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("provider", sa.Text),
        sa.Column("database_code", sa.Text),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("is_mask", sa.Boolean, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("tz", sa.Text, nullable=False),
        sa.Column("window", sa.Text),
        sa.Column("catch_up", sa.Integer, nullable=False),
        sa.Column("jitter", sa.Integer, nullable=False),
        sa.Column("budget", sa.Integer, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("schedules_in_order", "schedules", ["created_at", "id"])
    op.create_index("schedules_by_selector", "schedules", ["pattern", "database_code", "created_at", "id"])
    op.create_index("schedules_with_mask", "schedules", ["database_code"], postgresql_where=_MASK, sqlite_where=_MASK)


def _create_followed() -> None:
    op.create_table(
        "followed",
        sa.Column("schedule", sa.Uuid, sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("next_at", _MOMENT),
        sa.Column("planned", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_success_at", _MOMENT),
        sa.Column("overdue_since", _MOMENT),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("followed_due", "followed", ["next_at", "series", "schedule"], postgresql_where=_WAITS, sqlite_where=_WAITS)
    op.create_index("followed_of_schedule", "followed", ["schedule", "next_at", "series"])
    op.create_index("followed_of_series", "followed", ["series", "schedule"])
