"""Rows of the table of sightings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.sql.rows.vintages import read_label
from adapters.sql.tables import sightings
from domain.importing import Sighting


def row_of(series: int, sighting: Sighting) -> dict[str, Any]:
    """Return the row of a sighting of a series, given by its number."""
    return {
        "series": series,
        "sha256": bytes.fromhex(sighting.sha256),
        "published": sighting.published.isoformat() if sighting.published is not None else "",
        "known_at": sighting.known_at,
        "digest": bytes.fromhex(sighting.digest),
        "file": sighting.file,
        "reader_version": sighting.reader_version,
    }


def sighting_from(row: Mapping[Any, Any]) -> Sighting:
    """Return the sighting in a row."""
    published = row[sightings.c.published]
    return Sighting(
        sha256=bytes(row[sightings.c.sha256]).hex(),
        file=row[sightings.c.file],
        published=read_label(published) if published else None,
        known_at=row[sightings.c.known_at],
        digest=bytes(row[sightings.c.digest]).hex(),
        reader_version=row[sightings.c.reader_version],
    )
