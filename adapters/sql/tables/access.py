"""The tables of clients: their API keys, and the quotas that they have used."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, LargeBinary, Table, Text

from adapters.sql.tables.column_types import UtcDateTime, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("limits", Text),
)

# Clients' token buckets; ``full_at`` is in seconds since 1970.
quotas = Table(
    "quotas",
    metadata,
    Column("client", Text, primary_key=True),
    Column("calls", Integer, primary_key=True, autoincrement=False),
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("full_at", Double, nullable=False),
)
