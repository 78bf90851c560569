"""Rows of the statuses of series at their sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.sql.tables import series, source_statuses
from domain.source_status import AtSource, Failing, SourceStatus, StatusChange


def at_source_from(row: Mapping[Any, Any]) -> AtSource:
    """Return the present status in a series' row."""
    failing = row[series.c.failing]
    return AtSource(
        status=SourceStatus(row[series.c.status_at_source]),
        since=row[series.c.status_since],
        replaced_by=row[series.c.replaced_by],
        failing=Failing(failing) if failing else None,
        failing_since=row[series.c.failing_since],
    )


def values_of(state: AtSource) -> dict[str, Any]:
    """Return the columns of a series' row."""
    return {
        "status_at_source": state.status.value,
        "status_since": state.since,
        "replaced_by": state.replaced_by,
        "failing": state.failing.value if state.failing else None,
        "failing_since": state.failing_since,
    }


def change_from(row: Mapping[Any, Any]) -> StatusChange:
    """Return the change in a row of the table."""
    table = source_statuses.c
    return StatusChange(
        at=row[table.at],
        status=SourceStatus(row[table.status]),
        replaced_by=row[table.replaced_by],
        reason=row[table.reason],
        words=row[table.words],
        url=row[table.url],
    )
