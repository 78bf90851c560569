"""The status of series at their sources: the present one, and each change with its evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0012"
down_revision = "0011"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REPLACED = sa.text("replaced_by is not null")


def upgrade() -> None:
    """Add the columns, their indexes and the table."""
    op.add_column("series", sa.Column("status_at_source", sa.Text, nullable=False, server_default=sa.text("'active'")))
    op.add_column("series", sa.Column("status_since", _MOMENT))
    op.add_column("series", sa.Column("replaced_by", sa.Text))
    op.add_column("series", sa.Column("failing", sa.Text))
    op.add_column("series", sa.Column("failing_since", _MOMENT))
    op.create_index("series_of_source_status", "series", ["status_at_source", "number"])
    op.create_index("series_replaced", "series", ["replaced_by", "number"], postgresql_where=_REPLACED, sqlite_where=_REPLACED)
    op.create_table(
        "source_statuses",
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("replaced_by", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
    )
