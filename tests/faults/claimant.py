"""
One of many workers that want the same fetch: a process that claims at a given moment what it is told on its standard input.

A line is a fetch's id and a time by the monotonic clock; the answer is 1 for a claim that was granted, else 0.
"""

from __future__ import annotations

import sys
import time
from uuid import UUID, uuid4

from adapters.sql.engine import open_engine
from adapters.sql.store import SqlStore
from domain.fetches import Lease


def main(url: str, schema: str) -> None:
    """Claim until the input ends."""
    store = SqlStore(open_engine(url, schema=schema))
    for line in sys.stdin:
        fetch, at = line.split()
        time.sleep(max(0.0, float(at) - time.monotonic()))
        with store.writing() as uow:
            claimed = uow.fetches.claim(UUID(fetch), Lease(uuid4(), 60))
            uow.commit()
        print(int(claimed is not None), flush=True)  # noqa: T201 - this is the answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
