"""Quotas of clients, and limits of API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table and add the column."""
    op.create_table(
        "quotas",
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("calls", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seconds", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("full_at", sa.Double, nullable=False),
    )
    op.add_column("api_keys", sa.Column("limits", sa.Text))
