"""Series, their descriptions and vintages, and fetches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0001"
down_revision = None

_MOMENT = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    _create_series()
    _create_vintages()
    _create_fetches()


def _create_series() -> None:
    op.create_table(
        "series",
        sa.Column("number", _BIG, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("database_code", sa.Text, nullable=False),
        sa.Column("dataset_code", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False, unique=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("checked_at", _MOMENT),
        sa.UniqueConstraint("database_code", "dataset_code", "provider", name="series_identity"),
    )
    op.create_table(
        "descriptions",
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("known_at", _MOMENT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )


def _create_vintages() -> None:
    op.create_table(
        "vintages",
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False, unique=True),
        sa.Column("published", sa.Text),
        sa.Column("known_at", _MOMENT, nullable=False),
        sa.Column("fetched_at", _MOMENT, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("first", sa.Text),
        sa.Column("last", sa.Text),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("deleted", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("fetch", sa.Uuid, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("response_sha256", sa.LargeBinary, nullable=False),
        sa.Column("adapter_version", sa.Integer, nullable=False),
        sa.Column("step", sa.SmallInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("codec", sa.SmallInteger, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("vintages_in_knowledge_order", "vintages", ["series", "known_at", "number"])
    op.bulk_insert(op.create_table("feed", sa.Column("position", sa.BigInteger, nullable=False)), [{"position": 0}])


def _create_fetches() -> None:
    op.create_table(
        "fetches",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("series", _BIG, sa.ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("not_before", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("lease_until", _MOMENT),
        sa.Column("waiting_for", sa.Text),
        sa.Column("finished_at", _MOMENT),
        sa.Column("failure", sa.Text),
        sa.Column("vintages_added", sa.Integer),
        sa.Column("vintage", sa.Integer),
        sa.Column("left_out", sa.Text),
        sa.Column("allow_shrink", sa.Boolean, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        postgresql_with={"fillfactor": "80"},
    )
    _create_partial_index("one_in_flight", "series", "status in ('pending', 'running')", unique=True)
    _create_partial_index("fetches_due", "not_before", "status = 'pending'")
    _create_partial_index("fetches_held", "lease_until", "status = 'running'")
    op.create_index("fetches_of_series", "fetches", ["series", "created_at"])


def _create_partial_index(name: str, column: str, condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "fetches", [column], unique=unique, postgresql_where=where, sqlite_where=where)
