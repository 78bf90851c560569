"""The tables of the equivalences, their divergences, and the rules by which series are spliced."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

# Columns are an object in JSON; ``position`` is that up to which arrivals have been compared.
equivalences = Table(
    "equivalences",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("a", BIG, ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
    Column("b", BIG, ForeignKey("series.number", ondelete="CASCADE"), nullable=False),
    Column("scale", Double, nullable=False),
    Column("tolerance", Double, nullable=False),
    Column("prefer", Text, nullable=False),
    Column("columns", Text, nullable=False),
    Column("failover", Boolean, nullable=False),
    Column("failover_after", Double, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("diverging", Integer, nullable=False),
    Column("compared_at", UtcDateTime),
    UniqueConstraint("a", "b", name="equivalence_members"),
    Index("equivalences_of_b", "b"),
)

# Cells are a list in JSON; ``compared`` is the position of the feed up to which the two were compared.
divergences = Table(
    "divergences",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("equivalence", Uuid, ForeignKey("equivalences.id", ondelete="CASCADE"), nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("compared", BigInteger, nullable=False),
    Column("arrived", Text),
    Column("vintage_a", Integer, nullable=False),
    Column("vintage_b", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("diverging", Integer, nullable=False),
    Column("first", Text, nullable=False),
    Column("last", Text, nullable=False),
    Column("cells", Text, nullable=False),
    Index("divergences_of_equivalence", "equivalence", "position"),
)

# The rules of each series, in order; one without a stand-in ends a splice. Columns are an object in JSON.
splices = Table(
    "splices",
    metadata,
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("stand_in", Text),
    Column("start", Text),
    Column("scale", Double, nullable=False),
    Column("columns", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
