"""ReadSeries: observations of a series as known at a moment, cut to a window and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.errors import DamagedVintage, InvalidInput, NoObservationsYet, NotKnownYet, VintageNotFound
from domain.fetching.freshness import Freshness
from domain.frequency import Collapse, collapse
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.periods import Side, aligned, stated
from domain.ports import Store, UnitOfWork
from domain.series import Metadata, TimeSeries, Version
from domain.transforms import Transform, transform
from domain.vintages import StoredVintage, Vintage


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """
    Which part of which state is wanted.

    Attributes:
        moment: selects the vintage.
        columns: names; all if empty.
        column_index: one column, counted from 1; 0 selects the dates alone.
        limit: number of newest dates.
        periods: the day by which periods are dated, applied before all else.

    """

    moment: AsOf = field(default_factory=AsOf)
    start: Label | None = None
    end: Label | None = None
    columns: tuple[str, ...] = ()
    column_index: int | None = None
    collapse: Collapse | None = None
    transform: Transform | None = None
    limit: int | None = None
    periods: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    Observations with the series and vintage they come from.

    Attributes:
        series: with its metadata as known at the requested moment.
        vintage: the selected one.
        observations: the wanted part, oldest first.

    """

    series: TimeSeries
    vintage: Vintage
    observations: Observations
    stale: bool


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """
    The current version of a series, and whether it is stale.

    Attributes:
        age: seconds since a fetch last succeeded.

    """

    version: Version
    stale: bool
    age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSeries:
    """Read stored observations; never fetches."""

    store: Store
    freshness: Freshness

    def __call__(self, series_id: UUID, selection: Selection) -> Reading:
        """
        Return the selected observations.

        Raises:
            SeriesNotFound, NoObservationsYet, NotKnownYet, DamagedVintage: there is nothing to read.
            InvalidInput: the state lacks a requested column, or its dates cannot be moved to the first or last days of periods.

        """
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            kept = stored_at(uow, series, selection.moment)
            now = uow.now()
            moment = _of_metadata(selection.moment, kept)
            metadata = uow.series.metadata_at(series_id, moment) if moment else series.metadata
        return Reading(
            series=replace(series, metadata=metadata),
            vintage=kept.vintage,
            observations=_select(_aligned(kept.observations, metadata, selection.periods), selection),
            stale=self.freshness.is_stale(series, now),
        )

    def stored_version(self, series_id: UUID) -> StoredVersion:
        """Return what tells whether an earlier response is still valid, without reading observations; raises SeriesNotFound."""
        version, now = self.store.version(series_id)
        age = int((now - version.checked_at).total_seconds()) if version.checked_at else 0
        return StoredVersion(version, self.freshness.is_stale(version, now), max(0, age))


def stored_at(uow: UnitOfWork, series: TimeSeries, moment: AsOf) -> StoredVintage:
    """
    Return the vintage that a moment selects.

    Raises:
        NoObservationsYet: there is none at all.
        VintageNotFound: none has the requested number.
        NotKnownYet: the moment is before the first.

    """
    name = f"{series.provider}:{series.code}"
    try:
        kept = uow.vintages.find(series.id, moment)
    except DamagedVintage as error:
        raise DamagedVintage(f"{name}: {error.message}") from error
    if kept:
        return kept
    beginning = uow.vintages.first_known(series.id)
    if beginning is None:
        raise NoObservationsYet(f"{name} has no observations yet.")
    if moment.vintage is not None:
        seen = " that was seen by then" if moment.seen_by else ""
        raise VintageNotFound(f"{name} has no vintage {moment.vintage}{seen}.", hint="Its vintages are numbered from 1.")
    first = beginning.fetched_at if moment.seen_by and moment.seen_by < beginning.fetched_at else beginning.known_at
    verb = "seen here" if first == beginning.fetched_at and moment.seen_by else "known"
    raise NotKnownYet(f"Nothing of {name} was {verb} then.", hint=f"It begins at {first.isoformat().replace('+00:00', 'Z')}.")


def _of_metadata(moment: AsOf, kept: StoredVintage) -> datetime | None:
    asked = [moment.as_of, moment.seen_by, kept.vintage.fetched_at if moment.vintage is not None else None]
    return min((each for each in asked if each is not None), default=None)


def _aligned(observations: Observations, metadata: Metadata, periods: Side | None) -> Observations:
    if periods is None:
        return observations
    return aligned(observations, periods, metadata.frequency, stated(metadata.extra.get("dates")))


def _select(observations: Observations, selection: Selection) -> Observations:
    """Apply window, columns, collapse, transform and limit in Quandl's order."""
    part = observations.window(selection.start, selection.end)
    indices = _indices(part.columns, selection)
    if indices is not None:
        part = part.select(indices)
    if selection.collapse:
        part = collapse(part, selection.collapse)
    wanted, limit = selection.transform, selection.limit
    if limit is not None and wanted:
        # Limit first, as Quandl did: transforms relative to a first value start from the limited window's, and cost less.
        part = part.latest(limit + wanted.looks_back)
    if wanted:
        part = transform(part, wanted)
    return part if limit is None else part.latest(limit)


def _indices(names: Sequence[str], selection: Selection) -> list[int] | None:
    if selection.column_index is not None:
        if not 0 <= selection.column_index <= len(names):
            raise InvalidInput(
                f"column_index {selection.column_index} is not one of the series' columns.",
                field="column_index",
                hint=f"Use 1 to {len(names)}; 0 gives the dates alone.",
            )
        return [selection.column_index - 1] if selection.column_index else []
    unknown = [name for name in selection.columns if name not in names]
    if unknown:
        raise InvalidInput(f"The series has no column {unknown[0]!r}.", field="columns", hint=f"Its columns: {', '.join(names)}.")
    return [names.index(name) for name in selection.columns] or None
