"""The releases of followed series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.schedules.listed import ListedRelease, ReleaseQuery


class ReleaseRepository(Protocol):
    """The releases of the series that schedules follow; both lists are in the order of moment and series' number."""

    def expected(self, query: ReleaseQuery) -> Sequence[ListedRelease]:
        """Return when each schedule that is not paused expects the next release of each of its series, or looks at it next."""
        ...

    def published(self, query: ReleaseQuery) -> Sequence[ListedRelease]:
        """Return the vintages that brought a newer date than the one before, by when they are known; corrections are none."""
        ...
