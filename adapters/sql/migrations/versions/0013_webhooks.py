"""Webhooks, their deliveries, and events of series that are no vintages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0013"
down_revision = "0012"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PENDING, _ENDED = map(sa.text, ("status = 'pending'", "ended_at is not null"))


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("database_code", sa.Text),
        sa.Column("pattern", sa.Text),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("rotation", sa.Integer, nullable=False),
        sa.Column("previous_until", _MOMENT),
        sa.Column("disabled_at", _MOMENT),
        sa.Column("disabled_reason", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("holds", sa.Boolean, nullable=False),
        sa.Column("retry_at", _MOMENT),
        sa.Column("last_success_at", _MOMENT),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("lease_until", _MOMENT),
        postgresql_with={"fillfactor": "50"},
    )
    _create_series_events()
    _create_deliveries()


def _create_series_events() -> None:
    op.create_table(
        "series_events",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("series_events_of_series", "series_events", ["series"])
    op.create_index("series_events_by_age", "series_events", ["at"])


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("webhook", sa.Uuid, sa.ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("series_id", sa.Uuid, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("first_at", _MOMENT),
        sa.Column("next_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("response_status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("deliveries_pending", "deliveries", ["webhook", "place"], postgresql_where=_PENDING, sqlite_where=_PENDING)
    op.create_index("deliveries_ended", "deliveries", ["ended_at"], postgresql_where=_ENDED, sqlite_where=_ENDED)
