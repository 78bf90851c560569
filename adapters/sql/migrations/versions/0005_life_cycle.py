"""Fetches are numbered within their series, cancelled and pruned; keyed requests are remembered, workers and events counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0005"
down_revision = "0003"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ADDED_NOTHING = sa.text("finished_at is not null and coalesce(vintages_added, 0) = 0")
_NUMBERED = """
    UPDATE fetches SET number = counted.n
    FROM (SELECT id, row_number() OVER (PARTITION BY series ORDER BY created_at, id DESC) AS n FROM fetches) AS counted
    WHERE counted.id = fetches.id
"""


def upgrade() -> None:
    """Give what is there its numbers, then make them unique."""
    op.add_column("fetches", sa.Column("number", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("fetches", sa.Column("waits_since", _MOMENT))
    op.add_column("fetches", sa.Column("cancel_requested_at", _MOMENT))
    op.execute(_NUMBERED)
    op.drop_index("fetches_of_series", "fetches")
    op.create_index("fetches_of_series", "fetches", ["series", "number"], unique=True)
    op.create_index("fetches_in_order", "fetches", ["created_at", "id"])
    op.create_index("fetches_without_vintage", "fetches", ["finished_at"], postgresql_where=_ADDED_NOTHING, sqlite_where=_ADDED_NOTHING)
    _create_requests()
    op.create_table("workers", sa.Column("name", sa.Text, primary_key=True), sa.Column("seen_at", _MOMENT, nullable=False))
    op.create_table("counts", sa.Column("name", sa.Text, primary_key=True), sa.Column("times", sa.BigInteger, nullable=False))


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE")),
        sa.Column("fetch", sa.Uuid, sa.ForeignKey("fetches.id", ondelete="CASCADE")),
        sa.Column("created", sa.Boolean),
    )
    op.create_index("requests_by_age", "requests", ["made_at"])
    op.create_index("requests_of_series", "requests", ["series"])
    op.create_index("requests_of_fetch", "requests", ["fetch"])
