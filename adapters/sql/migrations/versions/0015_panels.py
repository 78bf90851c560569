"""Positions of metadata, and the panels that were asked for in a body."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0015"
down_revision = "0014"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the column and the table; what is there already counts as recorded before all positions."""
    op.add_column("descriptions", sa.Column("position", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "panels",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
