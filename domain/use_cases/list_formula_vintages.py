"""ListFormulaVintages: the moments at which the result of a formula differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.errors import NotKnownYet, NotOfFormulas
from domain.formulas.computing import Computed
from domain.formulas.definitions import version_at
from domain.moments import AsOf
from domain.ports import Store, UnitOfWork
from domain.series import TimeSeries
from domain.use_cases.read_formula import compute, pinned_at, read_by
from domain.vintages import NewState, Vintage

#: The most evaluations for one page.
MOST_EVALUATIONS = 2000


@dataclass(frozen=True, slots=True)
class FormulaVintage:
    """A result that differs from the one before, as ``vintage`` tells, and the moment from which on ``as_of`` computes it."""

    at: datetime
    vintage: Vintage
    computed: Computed


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaVintagePage:
    """
    A page of the results of a formula, in the order in which they became known.

    Attributes:
        position: of the feed, up to which its series were read.
        next: the moment after which the next page begins; None if this is the last one.

    """

    series: TimeSeries
    position: int
    items: Sequence[FormulaVintage]
    next: datetime | None


@dataclass(frozen=True, slots=True)
class ListFormulaVintages:
    """Evaluate a formula at each moment at which one of its series changed."""

    store: Store

    def __call__(self, series_id: UUID, moment: AsOf, *, after: datetime | None = None, limit: int = 100) -> FormulaVintagePage:
        """
        Return a page of the results that one definition has had, up to ``as_of`` if the moment has one.

        Raises:
            SeriesNotFound: none has this id.
            NotOfFormulas: it is not a formula, so that its vintages are stored.
            InvalidInput, NotKnownYet, ComponentMissing, FormulaFailed: as in ``compute``.

        """
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            if not series.is_formula:
                raise NotOfFormulas(f"{series.code} is no formula; its vintages are stored.", hint="")
            pinned = pinned_at(uow, moment)
            version_at(uow.formulas.versions(series_id), pinned, str(series.code))
            return _page(uow, series, pinned, after=after, limit=limit)


def _page(uow: UnitOfWork, series: TimeSeries, moment: AsOf, *, after: datetime | None, limit: int) -> FormulaVintagePage:
    position = moment.position or 0
    known = _moments(uow, series, position)
    moments = [at for at in known if (after is None or at > after) and (moment.as_of is None or at <= moment.as_of)]
    before = _known(uow, series, replace(moment, as_of=after)) if after else None
    items: list[FormulaVintage] = []
    reached = None
    for at in moments[: MOST_EVALUATIONS - 1]:
        if len(items) == limit:
            break
        now, reached = _known(uow, series, replace(moment, as_of=at)), at
        if now and (before is None or now.state.observations != before.state.observations):
            items.append(_differing(at, now, before))
            before = now
    more = reached is not None and reached != moments[-1]
    return FormulaVintagePage(series=series, position=position, items=items, next=reached if more else None)


def _moments(uow: UnitOfWork, series: TimeSeries, position: int) -> Sequence[datetime]:
    """Return when anything that the formula may read became known, as recorded up to a position; what does not matter changes no result."""
    stored = [each for each in read_by(uow, series).values() if each and not each.is_formula]
    return sorted({vintage.answers_from for each in stored for vintage in uow.vintages.until(each.id, position)})


def _known(uow: UnitOfWork, series: TimeSeries, moment: AsOf) -> Computed | None:
    try:
        return compute(uow, series, moment)
    except NotKnownYet:
        return None


def _differing(at: datetime, now: Computed, before: Computed | None) -> FormulaVintage:
    own = now.state.vintage
    state = NewState(
        published=None,
        observations=now.state.observations,
        known_at=at,
        fetched_at=own.fetched_at,
        origin=own.origin,
        fetch_id=own.fetch_id,
    )
    return FormulaVintage(at, Vintage.of(0, state, before.state.observations if before else None), now)
