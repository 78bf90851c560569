"""Rows of the table of calendars; an event is an array of its day or moment, as ISO 8601, and its title."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson

from adapters.sql.tables import calendars
from domain.schedules.calendar import KeptCalendar, ReleaseEvent

_DAY_LENGTH = len("2024-01-31")


def row_of(kept: KeptCalendar) -> dict[str, Any]:
    """Return a calendar's row."""
    return {
        "address": kept.address,
        "events": orjson.dumps([[event.at.isoformat(), event.title] for event in kept.events]).decode(),
        "release": kept.release,
        "read_at": kept.read_at,
        "tried_at": kept.tried_at,
        "problem": kept.problem,
    }


def calendar_from(row: Mapping[Any, Any]) -> KeptCalendar:
    """Return the calendar in a row with its columns."""
    return KeptCalendar(
        address=row[calendars.c.address],
        events=tuple(ReleaseEvent(_moment(at), title) for at, title in orjson.loads(row[calendars.c.events])),
        release=row[calendars.c.release],
        read_at=row[calendars.c.read_at],
        tried_at=row[calendars.c.tried_at],
        problem=row[calendars.c.problem],
    )


def _moment(text: str) -> date:
    return date.fromisoformat(text) if len(text) == _DAY_LENGTH else datetime.fromisoformat(text)
