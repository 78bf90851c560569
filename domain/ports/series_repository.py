"""The repository of the series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.codes import DatasetCode
from domain.gates.settings import SeriesGates
from domain.schedules.selector import Selector
from domain.series import Database, Metadata, MetadataEntry, SeriesPage, SeriesQuery, TimeSeries
from domain.source_status import AtSource, StatusChange
from domain.window import Confirmation


class SeriesRepository(Protocol):
    """The series."""

    def find(self, provider: str, code: DatasetCode) -> TimeSeries | None:
        """Return the series of this identity, or None."""
        ...

    def get(self, series_id: UUID) -> TimeSeries:
        """
        Return a series with its metadata, newest vintage and newest fetch, as seen by this transaction.

        Raises:
            SeriesNotFound: none has this id.

        """
        ...

    def add(self, provider: str, code: DatasetCode) -> TimeSeries:
        """
        Add the series of this identity, or return the existing one; concurrent callers get the same.

        The alias is the code's own or, if that is taken, it with a suffix ``_2``, ``_3`` … in order of creation.
        """
        ...

    def add_all(self, provider: str, codes: Sequence[DatasetCode]) -> Sequence[TimeSeries]:
        """Add many series of a provider, or return the existing ones, in the order of the codes."""
        ...

    def search(self, query: SeriesQuery) -> SeriesPage:
        """Return a page of the matching series in order of creation."""
        ...

    def matching(self, selector: Selector, limit: int) -> Sequence[TimeSeries]:
        """Return at most ``limit`` of the series that a selector means, in order of creation."""
        ...

    def count(self, query: SeriesQuery, *, most: int) -> int:
        """Return the number of all matching series, at most ``most``."""
        ...

    def databases(self) -> Sequence[Database]:
        """Return the database codes of the stored series, in alphabetical order."""
        ...

    def metadata_at(self, series_id: UUID, moment: datetime) -> Metadata:
        """Return the metadata known at a moment, or the first ones if it is earlier."""
        ...

    def metadata_history(self, series_id: UUID) -> Sequence[MetadataEntry]:
        """Return all metadata that were recorded, oldest first."""
        ...

    def lock(self, series_id: UUID) -> None:
        """Lock a series against other writers of its vintages until this unit of work ends; it need not exist any more."""
        ...

    def remove(self, series_id: UUID) -> None:
        """
        Remove a series with its vintages and fetches; workers on its fetches lose their leases.

        Raises:
            SeriesNotFound: none has this id, or no longer.

        """
        ...

    def record_fetch(
        self, series: TimeSeries, metadata: Metadata, confirmed: Confirmation | None = None, *, known_at: datetime | None = None
    ) -> None:
        """
        Record a successful fetch and what it confirmed; append ``metadata`` to their history if they differ.

        Args:
            series: as read under its lock.
            known_at: since when the metadata are known: when the vintage they came with was fetched, by default now.

        """
        ...

    def record_import(self, series: TimeSeries, metadata: Metadata) -> None:
        """Record that states were imported, as read under its lock; append ``metadata`` to their history if they differ."""
        ...

    def record_source_status(self, series: TimeSeries, state: AtSource, change: StatusChange | None = None) -> None:
        """Record the state of a series at its source, as read under its lock, and append a change to its history."""
        ...

    def record_gates(self, series: TimeSeries, gates: SeriesGates) -> None:
        """Record the gates that are set for a series, as read under its lock."""
        ...

    def source_statuses(self, series_id: UUID) -> Sequence[StatusChange]:
        """Return the changes of a series' status at its source, oldest first."""
        ...

    def replaced_by(self, reference: str) -> Sequence[str]:
        """Return the series that the one of this reference replaces, as ``provider:DATABASE/DATASET``, in order of creation."""
        ...
