"""ReadSeries: observations of a series as known at a moment, cut to a window and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.aggregates import Aggregate, aggregate
from domain.codes import FORMULA
from domain.errors import InvalidInput
from domain.fetching.freshness import Freshness
from domain.formulas.computing import Computed, oldest_check
from domain.formulas.evaluation import EVALUATOR_VERSION
from domain.frequency import Collapse, Frequency, collapse
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.period_transforms import PeriodTransform, by_period
from domain.periods import Side, aligned, stated
from domain.ports import Store, UnitOfWork
from domain.series import Metadata, TimeSeries, Version
from domain.stand_ins.splice import Spliced, SpliceRule, provenance, rule_at
from domain.transforms import Transform, transform
from domain.use_cases.read_formula import compute, read_by
from domain.use_cases.read_splice import read_splice, stand_in_of
from domain.use_cases.stored_state import check_position, metadata_moment, stored_state
from domain.vintages import StoredVintage, Vintage


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """
    Which part of which state is wanted.

    Attributes:
        moment: selects the vintage.
        columns: names, each also several of them separated by commas; all if empty.
        column_index: one column, counted from 1; 0 selects the dates alone.
        aggregate: what is made of each period of ``collapse``; None as at Quandl, the last value.
        transform: as at Quandl, after the window; or with the year before, of the whole state and whatever the window.
        limit: number of newest dates.
        periods: the day by which periods are dated, applied before all else.
        flags: whether the observations keep their flags, which only values as they are stored have.
        by_rule: whether a series that is spliced is read by its rule, whose rows the reader labels; else it alone is read.

    """

    moment: AsOf = field(default_factory=AsOf)
    start: Label | None = None
    end: Label | None = None
    columns: tuple[str, ...] = ()
    column_index: int | None = None
    collapse: Collapse | None = None
    aggregate: Aggregate | None = None
    transform: Transform | PeriodTransform | None = None
    limit: int | None = None
    periods: Side | None = None
    flags: bool = False
    by_rule: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        if self.aggregate and not self.collapse:
            raise InvalidInput("aggregate belongs to collapse.", field="aggregate", hint="Give collapse too.")
        changing = [name for name, value in (("collapse", self.collapse), ("transform", self.transform)) if value]
        if self.flags and changing:
            what = f"flags belong to values as they are stored, which {changing[0]} replaces by others."
            raise InvalidInput(what, field="flags", hint=f"Omit flags or {' and '.join(changing)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    Observations with the series and vintage they come from.

    Attributes:
        series: with its metadata as known at the requested moment.
        vintage: the selected one; of a formula, with the number 0, what it would be if it were stored.
        observations: the wanted part, oldest first.
        computed: how, if the series is a formula.
        spliced: how, if it was read by a rule.
        provenance: then for each date the series whose value it is, as ``provider:DATABASE/DATASET``.

    """

    series: TimeSeries
    vintage: Vintage
    observations: Observations
    stale: bool
    computed: Computed | None = None
    spliced: Spliced | None = None
    provenance: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """
    The current version of a series, and whether it is stale.

    Attributes:
        age: seconds since a fetch last succeeded.
        now: the time by the store's clock.

    """

    version: Version
    stale: bool
    age: int
    now: datetime


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
            ComponentMissing, FormulaFailed: it is a formula that cannot be computed.
            InvalidInput: the state lacks a requested column, or its dates cannot be moved to the first or last days of periods; or flags
                of a formula are requested.

        """
        with self.store.reading() as uow:
            series, now = uow.series.get(series_id), uow.now()
            if series.is_formula and selection.flags:
                raise InvalidInput("flags belong to stored values; a formula has none.", field="flags", hint="Ask for those of its series.")
            if series.is_formula:
                return self._computed(series, compute(uow, series, selection.moment), selection, now)
            rule = _rule(uow, series, selection.moment) if selection.by_rule else None
            if rule:
                spliced = read_splice(uow, series, rule, selection.moment, periods=selection.periods)
                return self._spliced(series, spliced, selection, now)
            kept = stored_at(uow, series, selection.moment)
            moment = metadata_moment(selection.moment.at(now), kept)
            metadata = uow.series.metadata_at(series_id, moment) if moment else series.metadata
        return Reading(
            series=replace(series, metadata=metadata),
            vintage=kept.vintage,
            observations=_select(_aligned(_stored(kept, selection), metadata, selection.periods), selection, metadata.frequency),
            stale=self.freshness.is_stale(series, now),
        )

    def _computed(self, series: TimeSeries, computed: Computed, selection: Selection, now: datetime) -> Reading:
        state, metadata = computed.state, computed.metadata
        return Reading(
            series=computed.described(series),
            vintage=state.vintage,
            observations=_select(_aligned(state.observations, metadata, selection.periods), selection, metadata.frequency),
            stale=any(self.freshness.is_stale(each, now) for each in computed.read),
            computed=computed,
        )

    def _spliced(self, series: TimeSeries, spliced: Spliced, selection: Selection, now: datetime) -> Reading:
        state, metadata, compares = spliced.state, spliced.metadata, isinstance(selection.transform, PeriodTransform)
        found = _select(_stored(state, selection), selection, metadata.frequency)
        read = state.observations.window(None if compares else selection.start, selection.end).dates
        reference = f"{series.provider}:{series.code}"
        return Reading(
            series=replace(series, metadata=metadata, checked_at=spliced.stand_in.checked_at),
            vintage=state.vintage,
            observations=found,
            stale=self.freshness.is_stale(spliced.stand_in, now),
            spliced=spliced,
            provenance=provenance(spliced.rule, reference, found.dates, read, collapse=selection.collapse),
        )

    def stored_version(self, series_id: UUID, moment: AsOf | None = None) -> StoredVersion:
        """
        Return what tells whether an earlier response is still valid, without reading observations; raises SeriesNotFound.

        Args:
            moment: of a series that is to be read by the rule which stands then, if one does.

        """
        version, now = self.store.version(series_id)
        stale = self.freshness.is_stale(version, now)
        if version.provider == FORMULA:
            version, stale = self._version_of_formula(series_id, version, now)
        elif moment and version.rules:
            version, stale = self._version_by_rule(series_id, version, moment, now)
        age = int((now - version.checked_at).total_seconds()) if version.checked_at else 0
        return StoredVersion(version, stale, max(0, age), now)

    def _version_by_rule(self, series_id: UUID, version: Version, moment: AsOf, now: datetime) -> tuple[Version, bool]:
        """Return a version that changes with the rule and with the stand-in too; where no rule stands, that of the series alone."""
        with self.store.reading() as uow:
            rule = rule_at(uow.splices.rules(series_id), moment)
            stand_in = stand_in_of(uow, rule) if rule else None
        if rule is None:
            return version, self.freshness.is_stale(version, now)
        if stand_in is None:
            return replace(version, inputs=(rule.position,)), True
        state = self.store.version(stand_in.id)[0].state
        inputs = rule.position, str(stand_in.id), state
        return replace(version, inputs=inputs, checked_at=stand_in.checked_at), self.freshness.is_stale(stand_in, now)

    def _version_of_formula(self, series_id: UUID, version: Version, now: datetime) -> tuple[Version, bool]:
        """Return a version that changes with the definition and with everything that it may read, and whether any of that is stale."""
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            found = read_by(uow, series)
            formulas = [each for each in (series, *found.values()) if each and each.is_formula]
            # Numbers begin again when a formula is removed and defined anew; positions never do.
            definitions = [version.position for each in formulas for version in uow.formulas.versions(each.id)[-1:]]
        stored = {reference: each for reference, each in found.items() if each and not each.is_formula}
        inputs = {str(each.id): self.store.version(each.id)[0].state for each in stored.values()}
        stale = any(self.freshness.is_stale(each, now) for each in stored.values())
        checked_at = oldest_check(list(stored.values()))
        return replace(version, vintages=1, checked_at=checked_at, inputs=(EVALUATOR_VERSION, *definitions, *inputs.items())), stale


def stored_at(uow: UnitOfWork, series: TimeSeries, moment: AsOf) -> StoredVintage:
    """
    Return the state that a moment selects; of a formula it is computed, and its vintage has the number 0.

    Raises:
        NoObservationsYet: there is none at all.
        VintageNotFound: none has the requested number.
        NotKnownYet: the moment is before the first.
        InvalidInput, ComponentMissing, FormulaFailed: as in ``compute``.

    """
    if series.is_formula:
        return compute(uow, series, moment).state
    check_position(uow, moment)
    _check_undefined(series, moment)
    return stored_state(uow, series, moment)


def _rule(uow: UnitOfWork, series: TimeSeries, moment: AsOf) -> SpliceRule | None:
    _check_undefined(series, moment)
    return rule_at(uow.splices.rules(series.id), moment)


def _check_undefined(series: TimeSeries, moment: AsOf) -> None:
    if moment.definition_as_of is not None:
        raise InvalidInput(f"{series.code} is no formula.", field="definition_as_of", hint="Only formulas have definitions.")


def _stored(kept: StoredVintage, selection: Selection) -> Observations:
    return kept.observations if selection.flags else kept.observations.without_flags()


def _aligned(observations: Observations, metadata: Metadata, periods: Side | None) -> Observations:
    if periods is None:
        return observations
    return aligned(observations, periods, metadata.frequency, stated(metadata.extra.get("dates")))


def _select(observations: Observations, selection: Selection, frequency: Frequency | None) -> Observations:
    """Apply window, columns, collapse, transform and limit in Quandl's order; but the year before may be before the window."""
    wanted, limit = selection.transform, selection.limit
    compares = isinstance(wanted, PeriodTransform)
    part = observations.window(None if compares else selection.start, selection.end)
    indices = _indices(part.columns, selection)
    if indices is not None:
        part = part.select(indices)
    if selection.collapse:
        part = aggregate(part, selection.collapse, selection.aggregate) if selection.aggregate else collapse(part, selection.collapse)
        frequency = Frequency(selection.collapse)
    if isinstance(wanted, PeriodTransform):
        part = by_period(part, wanted, frequency).window(selection.start)
        return part if limit is None else part.latest(limit)
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
    wanted = [place for name in selection.columns for place in _places(names, name)]
    if len(set(wanted)) < len(wanted):
        raise InvalidInput("columns names a column twice.", field="columns", hint="Name each column once.")
    return wanted or None


def _places(names: Sequence[str], wanted: str) -> list[int]:
    """Return the positions of a column, or of several separated by commas; a comma may be part of a name."""
    if wanted in names:
        return [names.index(wanted)]
    parts, found = wanted.split(","), list[int]()
    while parts:
        longest = (count for count in range(len(parts), 0, -1) if ",".join(parts[:count]).strip() in names)
        count = next(longest, 0)
        if not count:
            shown = parts[0].strip()
            raise InvalidInput(f"The series has no column {shown!r}.", field="columns", hint=f"Its columns: {', '.join(names)}.")
        found.append(names.index(",".join(parts[:count]).strip()))
        del parts[:count]
    return found
