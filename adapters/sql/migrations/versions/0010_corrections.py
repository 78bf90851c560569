"""Corrections of labels, the check before each vintage, and fetches that allow other values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0010"
down_revision = "0009"

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")

# A further state of a stored label, with other values, is a correction of it; nothing else about stored vintages can be proved.
_CORRECTIONS = """
UPDATE vintages SET cause = 'correction' WHERE cause = 'publication' AND published IS NOT NULL AND (series, number) IN (
    SELECT series, number FROM (
        SELECT series, number, digest, lag(digest) OVER (PARTITION BY series, published ORDER BY number) AS before
        FROM vintages WHERE published IS NOT NULL
    ) AS labelled WHERE before IS NOT NULL AND before <> digest
)
"""


def upgrade() -> None:
    """Add the columns and mark the corrections."""
    op.add_column("vintages", sa.Column("previous_check_at", _MOMENT))
    op.add_column("fetches", sa.Column("allow_values", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(_CORRECTIONS)
