"""
Runs ``lanner`` with a fault inside: ``python -m tests.faults.launch COMMAND``, the faults named in ``FAULTS_INSIDE``.

The faults are put in place on import, so that processes which are started anew from the main module have them too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

INSIDE = "FAULTS_INSIDE"
POISON = "POISON"
NEWER = "9999"
WIDENING = ("ALTER TABLE fetches ADD COLUMN novelty TEXT", "CREATE TABLE novelties (name TEXT PRIMARY KEY)")


def die_when_notifying(_: str) -> None:
    """End the process after the commit of a request, before anybody is told of it."""
    from adapters.celery_dispatcher import CeleryDispatcher
    from adapters.memory.dispatcher import NullDispatcher

    for kind in (CeleryDispatcher, NullDispatcher):
        kind.notify = lambda *_: os._exit(9)  # type: ignore[method-assign,assignment]


def die_of_poison(_: str) -> None:
    """End the process, as a crash in a parser written in C would, whenever a code called so is read."""
    from adapters.providers.quandl.provider import QuandlSource

    fetch = QuandlSource.fetch

    def poisoned(self: QuandlSource, code: Any, known: Any) -> Any:
        fetched = fetch(self, code, known)
        if code.dataset.startswith(POISON):
            os.abort()
        return fetched

    QuandlSource.fetch = poisoned  # type: ignore[method-assign]


def shift_clock(seconds: str) -> None:
    """Have another time than the rest of the machine."""
    from adapters.sql import store

    shift, now, clock = float(seconds), store.utc_now, time.time
    store.utc_now = lambda: now() + timedelta(seconds=shift)  # type: ignore[attr-defined]
    time.time = lambda: clock() + shift


def linger(seconds: str) -> None:
    """Take a while between the steps of a migration, so that others come while it runs."""
    from alembic.operations import Operations

    create = Operations.create_index

    def slowly(self: Operations, *arguments: Any, **options: Any) -> Any:
        time.sleep(float(seconds))
        return create(self, *arguments, **options)

    Operations.create_index = slowly  # type: ignore[method-assign]


def newer_schema(revision: str) -> None:
    """Be the next version of lanner: one that adds a column, which older ones need not know, unless its revision is ``NEWER``."""
    from adapters.sql import schema as schemas
    from adapters.sql import versions

    upgrade = schemas.upgrade

    def widen(connection: Any, version_table: str, to: str = "head") -> None:
        upgrade(connection, version_table, to)
        for statement in (*WIDENING, f"UPDATE {version_table} SET version_num = '{versions.REVISION}'"):
            connection.execute(text(statement))

    versions.REVISION, schemas.upgrade = revision or NEWER, widen


def hurry(seconds: str) -> None:
    """Wait for clients less long than the API does otherwise."""
    from entrypoints.rest import connections

    connections.HEADER_TIMEOUT_SECONDS = connections.SEND_TIMEOUT_SECONDS = int(seconds)


def watch_closely(seconds: str) -> None:
    """Find after so many seconds that a part hangs, for which others need a minute."""
    from entrypoints import liveness
    from entrypoints.cli import health
    from entrypoints.worker.lifecycle import shutdown

    health.STALE_SECONDS = shutdown.STUCK_SECONDS = liveness.START_SECONDS = float(seconds)
    liveness.CHECK_SECONDS = shutdown._CHECK_SECONDS = 0.5


_FAULTS: dict[str, Callable[[str], None]] = {
    "die_when_notifying": die_when_notifying,
    "die_of_poison": die_of_poison,
    "shift_clock": shift_clock,
    "linger": linger,
    "newer_schema": newer_schema,
    "hurry": hurry,
    "watch_closely": watch_closely,
}

for _fault in filter(None, os.environ.get(INSIDE, "").split(",")):
    _name, _, _argument = _fault.partition("=")
    _FAULTS[_name](_argument)

if __name__ == "__main__":
    from entrypoints.cli.__main__ import main

    main()
