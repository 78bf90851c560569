"""CompareVintages: the revisions between two vintages of a series."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import InvalidInput, VintageNotFound
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store, UnitOfWork
from domain.revisions import ColumnsChanged, Revision, revision
from domain.series import TimeSeries
from domain.use_cases.read_series import stored_at
from domain.vintages import Vintage

_ALL = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Two vintages of a series and the revision between them.

    Attributes:
        state: the whole later state.

    """

    series: TimeSeries
    before: Vintage
    after: Vintage
    revision: Revision
    state: Observations


@dataclass(frozen=True, slots=True)
class CompareVintages:
    """Compare two states cell by cell."""

    store: Store

    def __call__(self, series_id: UUID, before: AsOf | None, after: AsOf) -> Comparison:
        """
        Compare the vintages that two moments select; ``before`` defaults to the vintage known just before the later.

        Raises:
            SeriesNotFound, NoObservationsYet, NotKnownYet, VintageNotFound, DamagedVintage: one of them is missing.

        """
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            later = stored_at(uow, series, after)
            earlier = stored_at(uow, series, before or _just_before(uow, series, later.vintage))
        return Comparison(
            series=series,
            before=earlier.vintage,
            after=later.vintage,
            revision=revision(earlier.observations, later.observations),
            state=later.observations,
        )

    def columns(self, series_id: UUID) -> Mapping[int, ColumnsChanged]:
        """
        Return the columns that came or went, by the number of the vintage that has others than the one known just before it.

        Reads every vintage of the series once.

        Raises:
            SeriesNotFound: there is no such series.
            DamagedVintage: one of its vintages cannot be read.

        """
        found: dict[int, ColumnsChanged] = {}
        known: list[tuple[tuple[datetime, int], tuple[str, ...]]] = []
        with self.store.reading() as uow:
            for stored in uow.vintages.walk(uow.series.get(series_id).id):
                state = stored.vintage.knowledge(), stored.observations.columns
                place = bisect(known, state)
                changed = ColumnsChanged.between(known[place - 1][1], state[1]) if place else None
                if changed and (changed.added or changed.removed):
                    found[stored.vintage.number] = changed
                insort(known, state)
        return found


def _just_before(uow: UnitOfWork, series: TimeSeries, later: Vintage) -> AsOf:
    if series.is_formula:
        raise InvalidInput(f"{series.code} is a formula, which has no vintage before.", field="from", hint="Give from, a day or a moment.")
    known = uow.vintages.list(series.id, after=0, limit=_ALL)
    # What ``as_of`` answered just before: a correction that was fetched later was not known then.
    before = (each for each in known if each.knowledge() < later.knowledge() and each.answers_from <= later.answers_from)
    earlier = max((each.knowledge() for each in before), default=None)
    if earlier is None:
        raise VintageNotFound(
            f"Vintage {later.number} is the first known of {series.provider}:{series.code}; there is none before it.",
            hint="Compare it with a later one.",
        )
    return AsOf(vintage=earlier[1])
