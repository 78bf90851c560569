"""The limits of the providers: how things stand with each, and when it was called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0008"
down_revision = "0007"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "budgets",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("paced_until", _MOMENT),
        sa.Column("line_until", _MOMENT),
        sa.Column("blocked_until", _MOMENT),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("openings", sa.Integer, nullable=False),
        sa.Column("open_until", _MOMENT),
        sa.Column("probe", sa.Uuid),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "calls",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
    )
