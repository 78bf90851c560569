"""The feed's position, which grows with each vintage, entry of metadata, event and definition of a formula."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from adapters.sql.postgres.prepared import PreparedStatement
from adapters.sql.tables import feed
from adapters.sql.transaction import Transaction


def _take_positions(_: Transaction) -> Any:
    return update(feed).values(position=feed.c.position + bindparam("more")).returning(feed.c.position)


#: Takes so many positions (``more``) and returns the last one; the feed stays locked until the transaction ends.
TAKE_POSITIONS = PreparedStatement(_take_positions)
