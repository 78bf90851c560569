"""The table of the panels that were asked for in a body."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table, Text

from adapters.sql.tables.column_types import UtcDateTime, metadata

# ``body`` is the pinned query as JSON, compressed by zlib; ``digest`` is its SHA-256 in hex, uncompressed.
panels = Table(
    "panels",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
