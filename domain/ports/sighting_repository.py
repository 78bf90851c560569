"""The repository of the sightings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.importing import Sighting
from domain.series import TimeSeries


class SightingRepository(Protocol):
    """Which files were imported into which series; insert-only."""

    def of(self, series_id: UUID) -> Sequence[Sighting]:
        """Return the sightings of a series by ``known_at``, then by file."""
        ...

    def add(self, series: TimeSeries, sightings: Sequence[Sighting]) -> None:
        """Add sightings, none of which has the file and label of another; the caller has locked the series."""
        ...
