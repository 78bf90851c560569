"""Payloads are kept as they are: Postgres tried in vain to compress them again, which took longer than encoding them."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change how Postgres stores payloads from now on; SQLite has no such choice."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE vintages ALTER COLUMN payload SET STORAGE EXTERNAL")
