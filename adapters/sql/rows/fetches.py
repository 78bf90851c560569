"""Rows of the table of fetches."""

from __future__ import annotations

from collections.abc import Collection
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from adapters.sql.postgres.prepared import Row
from adapters.sql.tables import fetches
from domain.fetches import Failure, Fetch, FetchStatus, Priority, Suspicion, WaitingFor
from domain.gates.cells import Gate, SuspiciousCell

_NAMES, _values = fetches.c.keys(), itemgetter(*fetches.c)


def fetch_from(row: Row, *, series_id: UUID) -> Fetch:
    """Return the fetch in a row with its columns."""
    facts: dict[str, Any] = dict(zip(_NAMES, _values(row), strict=True))
    waiting_for, failure = facts["waiting_for"], facts["failure"]
    return Fetch(
        id=facts["id"],
        series_id=series_id,
        status=FetchStatus(facts["status"]),
        created_at=facts["created_at"],
        not_before=facts["not_before"],
        attempts=facts["attempts"],
        crashes=facts["crashes"],
        lease_until=facts["lease_until"],
        scheduled_at=facts["waits_since"],
        waiting_for=WaitingFor(waiting_for) if waiting_for else None,
        finished_at=facts["finished_at"],
        cancel_requested_at=facts["cancel_requested_at"],
        failure=_failure_from(failure) if failure else None,
        vintages_added=facts["vintages_added"],
        vintage=facts["vintage"],
        left_out=tuple(orjson.loads(facts["left_out"] or "[]")),
        allow=frozenset(each for each in Suspicion if facts[_column(each)]),
        request_id=facts["request_id"],
        priority=Priority(facts["priority"]),
        batch=facts["batch"],
        traceparent=facts["traceparent"] or "",
    )


def allow_columns(allow: Collection[Suspicion]) -> dict[str, bool]:
    """Return the columns that say what a fetch allows, with their values."""
    return {_column(each): each in allow for each in Suspicion}


def _column(suspicion: Suspicion) -> str:
    return f"allow_{suspicion.value}"


def _failure_from(text: str) -> Failure:
    fields = orjson.loads(text)
    # Those that were stored before gates have no cells.
    cells = [SuspiciousCell(**each | {"gate": Gate(each["gate"])}) for each in fields.pop("cells", ())]
    return Failure(**fields, cells=tuple(cells))


def failure_json(failure: Failure) -> str:
    """Return a failure as it is stored."""
    return orjson.dumps(failure).decode()
