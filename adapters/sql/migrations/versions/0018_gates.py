"""The quality gates that are set for series."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the column; nothing is set for what is there already."""
    op.add_column("series", sa.Column("gates", sa.Text))
