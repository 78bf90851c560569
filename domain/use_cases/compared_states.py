"""The states of the two series of an equivalence at a position of the feed, and what of them has come apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.errors import DamagedVintage
from domain.metrics import Counted
from domain.moments import AsOf
from domain.ports import UnitOfWork
from domain.stand_ins.comparison import Diverging, Frequencies, compare, texts
from domain.stand_ins.equivalence import Divergence, Equivalence, Side
from domain.vintages import FeedEntry, StoredVintage
from domain.webhooks.events import series_diverged

logger = logging.getLogger(__name__)

#: How many arrivals are compared before what was found is stored.
MOST_ARRIVALS = 50


@dataclass(frozen=True, slots=True)
class Compared:
    """The newest states of both series at a position of the feed, and the values that differ too much."""

    a: StoredVintage
    b: StoredVintage
    diverging: Diverging

    @property
    def vintages(self) -> tuple[int, int]:
        """The numbers of the two vintages."""
        return self.a.vintage.number, self.b.vintage.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What comparing some arrivals has shown; ``position`` is that of the last of them."""

    position: int
    diverging: int
    divergences: Sequence[Divergence]


def compare_arrivals(uow: UnitOfWork, equivalence: Equivalence) -> Findings | None:
    """
    Compare what has arrived since an equivalence was compared last; None if nothing has.

    Each arrival, which is all that one fetch has brought, is compared with what the other series was at its position of the feed, so that
    the result is the same whenever it is found.
    """
    arrivals = list(_arrivals(uow.equivalences.arrivals(equivalence)))[:MOST_ARRIVALS]
    if not arrivals:
        return None
    frequencies = frequencies_of(uow, equivalence)
    before, found = compared_at(uow, equivalence, equivalence.position, frequencies), list[Divergence]()
    for arrival in arrivals:
        now = compared_at(uow, equivalence, arrival.position, frequencies, before=before)
        if now is not before and now is not None:
            known = before.diverging if before else None
            arrived = equivalence.side_of(arrival.series_id)
            found += divergence_of(equivalence, now, known, position=arrival.position, arrived=arrived, at=uow.now())
        before = now
    diverging = len(before.diverging) if before else 0
    return Findings(position=arrivals[-1].position, diverging=diverging, divergences=found)


def compared_at(
    uow: UnitOfWork, equivalence: Equivalence, position: int, frequencies: Frequencies, *, before: Compared | None = None
) -> Compared | None:
    """Return the states at a position, compared; ``before`` if they are the same; None if one of the two had none, or is damaged."""
    try:
        a, b = (uow.vintages.find(each.id, AsOf(position=position)) for each in (equivalence.a, equivalence.b))
    except DamagedVintage as error:
        logger.warning("equivalence not compared", extra={"equivalence": str(equivalence.id), "reason": error.message})
        return None
    if a is None or b is None:
        return None
    if before and before.vintages == (a.vintage.number, b.vintage.number):
        return before
    return Compared(a, b, compare(equivalence, a.observations, b.observations, frequencies))


def frequencies_of(uow: UnitOfWork, equivalence: Equivalence) -> Frequencies:
    """Return the frequencies of both series; raises SeriesNotFound."""
    return uow.series.get(equivalence.a.id).frequency, uow.series.get(equivalence.b.id).frequency


def divergence_of(  # noqa: PLR0913 - what a divergence is made of
    equivalence: Equivalence, now: Compared, known: Diverging | None, *, position: int, arrived: Side | None, at: datetime
) -> Sequence[Divergence]:
    """Return the divergence of what differs now and did not, if anything does."""
    new = now.diverging.beyond(known) if known else now.diverging
    if not len(new):
        return ()
    first, last = texts(np.sort(new.dates)[[0, -1]])
    return [
        Divergence(
            equivalence_id=equivalence.id,
            a=equivalence.a,
            b=equivalence.b,
            found_at=at,
            compared=position,
            arrived=arrived,
            vintages=now.vintages,
            count=len(new),
            diverging=len(now.diverging),
            first=first,
            last=last,
            cells=new.largest(),
        )
    ]


def record_divergences(uow: UnitOfWork, equivalence: Equivalence, found: Sequence[Divergence]) -> None:
    """Store divergences, count them and have webhooks told; the caller has locked the preferred series."""
    if not found:
        return
    preferred = uow.series.get(equivalence.preferred.id)
    uow.metrics.count(Counted.DIVERGENCES, len(found))
    for divergence in found:
        uow.equivalences.record(divergence)
        uow.webhooks.record(preferred, series_diverged(divergence))
        facts = {"a": equivalence.a.reference, "b": equivalence.b.reference, "values": divergence.count, "largest": divergence.largest}
        logger.warning("series diverged", extra=facts)


def _arrivals(entries: Sequence[FeedEntry]) -> Iterator[FeedEntry]:
    """Yield the last entry of each arrival."""
    for place, entry in enumerate(entries):
        following = entries[place + 1] if place + 1 < len(entries) else None
        same = following and (following.series_id, following.vintage.fetch_id) == (entry.series_id, entry.vintage.fetch_id)
        if not same:
            yield entry
