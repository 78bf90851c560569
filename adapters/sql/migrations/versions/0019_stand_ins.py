"""Stand-ins: equivalences, their divergences, and the rules by which series are spliced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0019"
down_revision = "0018"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "equivalences",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("a", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
        sa.Column("b", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
        sa.Column("scale", sa.Double, nullable=False),
        sa.Column("tolerance", sa.Double, nullable=False),
        sa.Column("prefer", sa.Text, nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("failover", sa.Boolean, nullable=False),
        sa.Column("failover_after", sa.Double, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("diverging", sa.Integer, nullable=False),
        sa.Column("compared_at", _MOMENT),
        sa.UniqueConstraint("a", "b", name="equivalence_members"),
    )
    op.create_index("equivalences_of_b", "equivalences", ["b"])
    op.create_table(
        "divergences",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("equivalence", sa.Uuid, sa.ForeignKey("equivalences.id", ondelete="CASCADE"), nullable=False),
        sa.Column("found_at", _MOMENT, nullable=False),
        sa.Column("compared", sa.BigInteger, nullable=False),
        sa.Column("arrived", sa.Text),
        sa.Column("vintage_a", sa.Integer, nullable=False),
        sa.Column("vintage_b", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("diverging", sa.Integer, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.Column("cells", sa.Text, nullable=False),
    )
    op.create_index("divergences_of_equivalence", "divergences", ["equivalence", "position"])
    op.create_table(
        "splices",
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False, unique=True),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("stand_in", sa.Text),
        sa.Column("start", sa.Text),
        sa.Column("scale", sa.Double, nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
