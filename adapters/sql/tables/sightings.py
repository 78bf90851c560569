"""The table of imported files."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from adapters.sql.tables.column_types import BIG, UtcDateTime, metadata

# Which files were imported into which series; a state without a label has an empty one.
sightings = Table(
    "sightings",
    metadata,
    Column("series", BIG, ForeignKey("series.number", ondelete="CASCADE"), primary_key=True),
    Column("sha256", LargeBinary, primary_key=True),
    Column("published", Text, primary_key=True),
    Column("known_at", UtcDateTime, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("file", Text, nullable=False),
    Column("reader_version", Integer, nullable=False),
)
