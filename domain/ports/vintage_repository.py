"""The repository of the vintages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.panels.plain import RowSpans, SpannedRows
from domain.panels.vintage_moments import VintageMoments
from domain.series import TimeSeries
from domain.vintages import Damage, FeedEntry, FirstKnown, LabelledState, NewState, Prepared, StoredVintage, Vintage


class VintageRepository(Protocol):
    """The vintages of the series; insert-only."""

    def prepare(self, series: TimeSeries, states: Sequence[NewState]) -> Prepared:
        """Prepare states for appending in this order: all work that needs no lock."""
        ...

    def append(self, series_id: UUID, prepared: Prepared) -> bool:
        """Append what was prepared and return True, or False if other vintages were added since; the caller has locked the series."""
        ...

    def append_all(self, prepared: Mapping[UUID, Prepared]) -> bool:
        """Append to several series at once, all or, as ``append`` does, none; the caller has locked all of them."""
        ...

    def list(self, series_id: UUID, *, after: int, limit: int) -> Sequence[Vintage]:
        """Return the vintages numbered above ``after``, without observations, in order of arrival."""
        ...

    def feed(self, *, after: int, limit: int) -> Sequence[FeedEntry]:
        """
        Return the vintages of all series recorded after a position, oldest first.

        Positions grow in the order of commits: after one has been seen, no smaller one appears.
        """
        ...

    def position(self) -> int:
        """Return the last position of the feed, as this transaction sees it; everything that is recorded later has a greater one."""
        ...

    def last_recorded(self, limit: int) -> Sequence[FeedEntry]:
        """Return the vintages of all series recorded last, newest first."""
        ...

    def verify(self, series_id: UUID) -> Sequence[Damage]:
        """Read every vintage of a series back, and return those that differ from what was written."""
        ...

    def labels(self, series_id: UUID) -> Mapping[Label, LabelledState]:
        """Return the last fetched state of each of the provider's labels."""
        ...

    def newest_fetched(self, series_id: UUID) -> Vintage | None:
        """Return the last vintage in knowledge order that was fetched, not imported; without observations."""
        ...

    def first_flagged(self, series_id: UUID) -> int | None:
        """Return the number of the first vintage with a flag; None if no vintage of the series has any."""
        ...

    def find(self, series_id: UUID, moment: AsOf) -> StoredVintage | None:
        """
        Return the last vintage in knowledge order, (known_at, number), that the moment admits.

        Raises:
            DamagedVintage: its stored bytes do not match their checksum, or are missing.

        """
        ...

    def walk(self, series_id: UUID) -> Iterator[StoredVintage]:
        """
        Yield every vintage with its observations, in order of arrival, each read once.

        Raises:
            DamagedVintage: the stored bytes of one do not match their checksum, or are missing.

        """
        ...

    def until(self, series_id: UUID, position: int) -> Sequence[Vintage]:
        """Return the vintages recorded up to a position of the feed, without observations, in order of arrival."""
        ...

    def columns(self, series_id: UUID, column: str, numbers: Collection[int]) -> Iterator[tuple[int, Observations]]:
        """
        Yield one column in the states of these vintages, in order of arrival: number, and dates with a single column, without flags.

        Args:
            column: its name, empty for each state's first one; a state without it has no dates.

        Raises:
            DamagedVintage: the stored bytes of one do not match their checksum, or are missing.

        """
        ...

    def moments(self, series_id: UUID, position: int) -> VintageMoments:
        """Return when the vintages recorded up to a position of the feed became known and were fetched."""
        ...

    def spanned(self, series_id: UUID, column: str, spans: RowSpans) -> SpannedRows | None:
        """
        Return rows of one column in some states; None if the dates of one of them are instants.

        Args:
            column: as in ``columns``.

        Raises:
            DamagedVintage: as in ``columns``.

        """
        ...

    def last_ones(self, series_id: UUID, limit: int) -> Sequence[Vintage]:
        """Return the last ``limit`` vintages, without observations, in order of arrival."""
        ...

    def first_known(self, series_id: UUID) -> FirstKnown | None:
        """Return when the series was first known and first fetched; None if there is no vintage."""
        ...
