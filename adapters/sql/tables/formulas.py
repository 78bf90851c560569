"""The table of the formulas."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

# The versions of each formula's definition, in order; their positions are those of the feed. Components are a list in JSON.
formulas = Table(
    "formulas",
    metadata,
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False, unique=True),
    Column("defined_at", UtcDateTime, nullable=False),
    Column("expression", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("components", Text, nullable=False),
)
