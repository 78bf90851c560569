"""The repository of the equivalences and their divergences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.stand_ins.equivalence import Divergence, DivergencePage, Equivalence
from domain.vintages import FeedEntry


class EquivalenceRepository(Protocol):
    """The equivalences, which are removed with either of their series; divergences are removed with their equivalence."""

    def add(self, equivalence: Equivalence) -> None:
        """Add an equivalence."""
        ...

    def get(self, equivalence_id: UUID) -> Equivalence:
        """
        Return an equivalence.

        Raises:
            EquivalenceNotFound: none has this id.

        """
        ...

    def all(self) -> Sequence[Equivalence]:
        """Return all equivalences, oldest first."""
        ...

    def of_series(self, series_id: UUID) -> Sequence[Equivalence]:
        """Return the equivalences of a series, oldest first."""
        ...

    def change(self, equivalence: Equivalence) -> None:
        """Store an equivalence as it is now; raises like ``get``."""
        ...

    def remove(self, equivalence_id: UUID) -> None:
        """Remove an equivalence with its divergences; raises like ``get``."""
        ...

    def with_arrivals(self, limit: int) -> Sequence[Equivalence]:
        """Return at most ``limit`` of the equivalences of which a series has a vintage that has not been compared."""
        ...

    def arrivals(self, equivalence: Equivalence) -> Sequence[FeedEntry]:
        """Return the vintages of its two series that have not been compared, in the order of the feed."""
        ...

    def compared(self, equivalence: Equivalence, *, position: int, diverging: int, at: datetime) -> bool:
        """Store how far an equivalence was compared, and with which result; False if another worker has done so, or it was changed."""
        ...

    def to_decide(self) -> Sequence[Equivalence]:
        """Return the equivalences that may fail over, and whose preferred series fails, has ended, or reads by a rule."""
        ...

    def record(self, divergence: Divergence) -> None:
        """Append a divergence at the feed's next position."""
        ...

    def divergences(self, *, equivalence_id: UUID | None, before: int | None, limit: int) -> DivergencePage:
        """
        Return the divergences, of one equivalence or all, the last found first.

        Args:
            before: a divergence's position, as a page's ``next``.

        """
        ...
