"""Decide by which rule a series is read: when a splice begins, and when it ends."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from domain.errors import DamagedVintage
from domain.moments import AsOf
from domain.ports import UnitOfWork
from domain.series import TimeSeries
from domain.source_status import AtSource
from domain.stand_ins.equivalence import Equivalence
from domain.stand_ins.splice import SpliceRule, first_day

logger = logging.getLogger(__name__)


def failing_since(at_source: AtSource) -> datetime | None:
    """Return since when a series has failed, or has ended at its source; None if it has not."""
    failing = at_source.failing_since if at_source.failing else None
    ended = at_source.since if at_source.has_ended else None
    return min((each for each in (failing, ended) if each), default=None)


def next_rule(uow: UnitOfWork, equivalence: Equivalence) -> SpliceRule | None:
    """Return the rule that the preferred series of an equivalence needs now; None if the one that it has is right."""
    series, now = uow.series.get(equivalence.preferred.id), uow.now()
    since, current = failing_since(series.at_source), current_rule(uow, series.id)
    if current:
        is_its = current.stand_in == equivalence.stand_in.reference
        return SpliceRule(made_at=now, reason="Its provider gives it again.") if since is None and is_its else None
    if not equivalence.failover or since is None or now - since < equivalence.failover_after:
        return None
    stand_in = uow.series.get(equivalence.stand_in.id)
    fails = failing_since(stand_in.at_source)
    if series.newest is None or stand_in.newest is None or (fails is not None and now - fails >= equivalence.failover_after):
        return None
    return _splice(uow, equivalence, series, since=since, now=now)


def current_rule(uow: UnitOfWork, series_id: UUID) -> SpliceRule | None:
    """Return the rule by which a series is read now; None if it is read alone."""
    rules = uow.splices.rules(series_id)
    return rules[-1] if rules and not rules[-1].ends else None


def add_rule(uow: UnitOfWork, series_id: UUID, rule: SpliceRule) -> None:
    """Append a rule of a series that the caller has locked."""
    series = uow.series.get(series_id)
    added = uow.splices.add(series, rule)
    facts = {"series": f"{series.provider}:{series.code}", "rule": added.number, "stand_in": rule.stand_in or "", "reason": rule.reason}
    logger.warning("splice ended" if rule.ends else "splice begun", extra=facts)


def end_splice(uow: UnitOfWork, equivalence: Equivalence, reason: str) -> None:
    """Append the rule that ends the splice of an equivalence, if there is one; the caller has locked its preferred series."""
    current = current_rule(uow, equivalence.preferred.id)
    if current and current.stand_in == equivalence.stand_in.reference:
        add_rule(uow, equivalence.preferred.id, SpliceRule(made_at=uow.now(), reason=reason))


def _splice(uow: UnitOfWork, equivalence: Equivalence, series: TimeSeries, *, since: datetime, now: datetime) -> SpliceRule | None:
    try:
        a, b = (uow.vintages.find(each.id, AsOf()) for each in (equivalence.a, equivalence.b))
    except DamagedVintage as error:
        logger.warning("splice not begun", extra={"equivalence": str(equivalence.id), "reason": error.message})
        return None
    columns = equivalence.splice_columns(a.observations.columns, b.observations.columns) if a and b else {}
    if not columns:
        return None
    status = series.at_source
    what = f"It has been {status.status} at its source" if status.has_ended else "Its fetches have failed"
    return SpliceRule(
        made_at=now,
        stand_in=equivalence.stand_in.reference,
        start=first_day(series.newest.last if series.newest else None, series.frequency, now.date()),
        scale=equivalence.splice_scale,
        columns=columns,
        reason=f"{what} since {since:%Y-%m-%d %H:%M} UTC.",
    )
