"""How long fetches take, and the traces that they belong to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the table and the column."""
    op.create_table(
        "durations",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, primary_key=True),
        sa.Column("bound", sa.Text, primary_key=True),
        sa.Column("total", sa.Double, nullable=False),
    )
    op.add_column("fetches", sa.Column("traceparent", sa.Text))
