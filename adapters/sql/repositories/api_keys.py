"""The API keys in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update

from adapters.sql.tables import api_keys
from adapters.sql.transaction import Transaction
from domain.api_keys import ApiKey, Scope
from domain.errors import KeyNotFound
from domain.quotas import read_limits, write_limits


@dataclass(frozen=True, slots=True)
class SqlKeyRepository:
    """The keys of a transaction."""

    transaction: Transaction

    def add(self, key: ApiKey) -> None:
        self.transaction.run(insert(api_keys).values(_row_of(key)))

    def get(self, key_id: str) -> ApiKey:
        row = self.transaction.run(select(api_keys).where(api_keys.c.id == key_id)).mappings().one_or_none()
        if row is None:
            raise KeyNotFound
        return _key_from(row)

    def all(self) -> Sequence[ApiKey]:
        statement = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        return [_key_from(row) for row in self.transaction.run(statement).mappings()]

    def revoke(self, key_id: str) -> ApiKey:
        now = func.coalesce(api_keys.c.revoked_at, self.transaction.now(), type_=api_keys.c.revoked_at.type)
        self.transaction.run(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))
        return self.get(key_id)


def _row_of(key: ApiKey) -> dict[str, Any]:
    return {**asdict(key), "scopes": " ".join(sorted(key.scopes)), "limits": write_limits(key.limits) if key.limits else None}


def _key_from(row: RowMapping) -> ApiKey:
    scopes, limits = frozenset(map(Scope, row["scopes"].split())), read_limits(row["limits"] or "none")
    return ApiKey(**{**row, "scopes": scopes, "digest": bytes(row["digest"]), "limits": limits})
