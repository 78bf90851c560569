"""FRED's releases: to which one a series belongs, and the days on which one comes, which FRED plans ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.provider_kit.text import storable
from adapters.providers.fred.answers import day_of, listed
from domain.errors import AnswerNotUnderstood
from domain.schedules.calendar import LONGEST_TITLE, ReleaseEvent


def release_id(document: Mapping[str, Any]) -> str:
    """Return the id in an answer about the release of a series."""
    found = [row.get("id") for row in listed(document, "releases") if isinstance(row, dict)]
    if not found or not str(found[0]).isdecimal():
        raise AnswerNotUnderstood("The answer names no release.")
    return str(found[0])


def release_dates(document: Mapping[str, Any]) -> Sequence[ReleaseEvent]:
    """Return the days in an answer about the dates of releases."""
    rows = listed(document, "release_dates")
    if not all(isinstance(row, dict) for row in rows):
        raise AnswerNotUnderstood("The answer's dates of releases are not objects.")
    return [ReleaseEvent(day_of(row.get("date")), storable(str(row.get("release_name", "")))[:LONGEST_TITLE]) for row in rows]
