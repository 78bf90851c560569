"""Which files were imported into which series."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0017"
down_revision = "0016"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "sightings",
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("published", sa.Text, primary_key=True),
        sa.Column("known_at", _MOMENT, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("reader_version", sa.Integer, nullable=False),
    )
