"""What the last good fetch of a series confirmed, so that the next one may ask for less."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; a series without it is asked for in whole."""
    op.add_column("series", Column("confirmed", Text))
