"""What was read of calendars, when releases are expected, and the line in which requested fetches wait for a provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0014"
down_revision = "0013"

_EXPECTED = sa.text("expected_at is not null")
_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Create the table and add the columns; a time zone that no rule needed was none."""
    op.create_table(
        "calendars",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("read_at", _MOMENT),
        sa.Column("tried_at", _MOMENT, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.add_column("followed", sa.Column("expected_at", _MOMENT))
    op.add_column("followed", sa.Column("basis", sa.Text))
    op.create_index("followed_expected", "followed", ["expected_at", "series"], postgresql_where=_EXPECTED, sqlite_where=_EXPECTED)
    op.add_column("budgets", sa.Column("requested_until", _MOMENT))
    op.execute("update schedules set tz = '' where tz = 'UTC'")
