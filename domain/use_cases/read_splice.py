"""Read a series by the rule that stands for it: its own rows up to a day, and from then on those of its stand-in."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from domain.codes import parse_reference
from domain.errors import ComponentMissing, NoObservationsYet, NotKnownYet
from domain.formulas.computing import Component
from domain.formulas.evaluation import EVALUATOR_VERSION
from domain.moments import AsOf
from domain.observations import Observations
from domain.periods import Side, aligned, stated
from domain.ports import UnitOfWork
from domain.series import FLAGS, Metadata, TimeSeries
from domain.stand_ins.splice import Spliced, SpliceRule, splice
from domain.use_cases.stored_state import check_position, metadata_moment, stored_state
from domain.vintages import NewState, Origin, StoredVintage, Vintage

_NOBODY = UUID(int=0)


def read_splice(uow: UnitOfWork, series: TimeSeries, rule: SpliceRule, moment: AsOf, *, periods: Side | None = None) -> Spliced:
    """
    Return a series as a rule reads it at a moment, of both series as they are recorded up to its position, by default the last one.

    Args:
        periods: the day by which the periods of both are dated.

    Raises:
        NoObservationsYet, NotKnownYet, DamagedVintage: the series cannot be read.
        ComponentMissing: its stand-in is not stored any more.
        InvalidInput: the feed has not reached the position, or dates cannot be moved to the first or last days of periods.

    """
    check_position(uow, moment)
    pinned = replace(moment, position=uow.vintages.position() if moment.position is None else moment.position)
    stand_in = stand_in_of(uow, rule)
    if stand_in is None:
        hint = "Request it again, or change the equivalence; as_of reads what was known before."
        raise ComponentMissing(f"{series.code} goes on with {rule.stand_in}, which is not stored here.", hint=hint)
    own = stored_state(uow, series, pinned)
    metadata = _metadata(uow, series, pinned, own)
    flags = metadata.flags
    try:
        other = stored_state(uow, stand_in, pinned)
        described = _metadata(uow, stand_in, pinned, other)
        after = _aligned(other, described, periods)
        flags = {**described.flags, **flags}
    except (NoObservationsYet, NotKnownYet):
        other, after = None, Observations.empty(unit=own.observations.unit)
    components = [Component(series, own.vintage), *([Component(stand_in, other.vintage)] if other else [])]
    return Spliced(
        rule=rule,
        state=_state(rule, splice(rule, _aligned(own, metadata, periods), after), components),
        metadata=replace(metadata, extra={**metadata.extra, FLAGS: flags}) if flags else metadata,
        position=pinned.position or 0,
        stand_in=stand_in,
        components=components,
    )


def stand_in_of(uow: UnitOfWork, rule: SpliceRule) -> TimeSeries | None:
    """Return the series that stands in by a rule; None if it is not stored."""
    provider, code = parse_reference(str(rule.stand_in))
    return uow.series.find(str(provider), code)


def _metadata(uow: UnitOfWork, series: TimeSeries, moment: AsOf, kept: StoredVintage) -> Metadata:
    at = metadata_moment(moment, kept)
    return uow.series.metadata_at(series.id, at) if at else series.metadata


def _aligned(kept: StoredVintage, metadata: Metadata, periods: Side | None) -> Observations:
    if periods is None:
        return kept.observations
    return aligned(kept.observations, periods, metadata.frequency, stated(metadata.extra.get("dates")))


def _state(rule: SpliceRule, observations: Observations, components: list[Component]) -> StoredVintage:
    known = [each.vintage for each in components]
    state = NewState(
        published=None,
        observations=observations,
        known_at=max(rule.made_at, *(each.answers_from for each in known)),
        fetched_at=max(each.fetched_at for each in known),
        origin=Origin(
            request=f"splice with {rule.stand_in} from {rule.start}",
            response_sha256=observations.digest().hex(),
            adapter_version=EVALUATOR_VERSION,
        ),
        fetch_id=_NOBODY,
    )
    return StoredVintage(Vintage.of(0, state, None), observations)
