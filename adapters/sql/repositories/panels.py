"""The kept panels in SQL."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.tables import panels
from adapters.sql.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SqlPanelRepository:
    """The kept panels of a transaction."""

    transaction: Transaction

    def keep(self, digest: str, body: bytes) -> None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        row = {"digest": digest, "created_at": self.transaction.now(), "body": zlib.compress(body)}
        self.transaction.run(dialect.insert(panels).values(row).on_conflict_do_nothing())

    def find(self, digest: str) -> bytes | None:
        found = self.transaction.run(select(panels.c.body).where(panels.c.digest == digest)).scalar_one_or_none()
        return zlib.decompress(found) if found is not None else None
