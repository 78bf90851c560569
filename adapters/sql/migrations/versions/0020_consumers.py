"""Which workers receive messages from the broker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; a worker of before says nothing of it, and is taken for one that does."""
    op.add_column("workers", sa.Column("consumes", sa.Boolean, nullable=False, server_default=sa.true()))
