"""Compute a formula from its series as they were known at a moment; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.codes import FORMULA, DatasetCode, parse_reference
from domain.errors import ComponentMissing, FormulaFailed, InvalidInput, NotKnownYet
from domain.formulas.computing import Component, Computed, empty_line, line_of, metadata_of, state_of
from domain.formulas.definitions import FormulaVersion, version_at
from domain.formulas.evaluation import Budget, Evaluation
from domain.formulas.expressions import Reference, looks_ahead, references
from domain.formulas.lines import Line
from domain.moments import AsOf
from domain.ports import UnitOfWork
from domain.series import Metadata, TimeSeries
from domain.use_cases.stored_state import check_position, metadata_moment, stored_state
from domain.vintages import StoredVintage

DEEPEST = 10
#: Returns a stored series' state as its reader knows it; the moment, if there is one, is that of the ``as_of`` around it.
States = Callable[[TimeSeries, datetime | None], StoredVintage]


def compute(uow: UnitOfWork, series: TimeSeries, moment: AsOf) -> Computed:
    """
    Return what a formula makes at a moment, of the series as they are recorded up to its position, by default the last one.

    Raises:
        InvalidInput: a vintage's number is asked for, or a position that the feed has not reached.
        NotKnownYet: the formula was not defined then, or nothing of one of its series was known.
        NoObservationsYet, ComponentMissing, DamagedVintage: one of its series cannot be read.
        FormulaFailed: its series do not fit together, or it takes too long.

    """
    if moment.vintage is not None:
        hint = "Use as_of, and position for an answer that stays the same; its vintages list the moments."
        raise InvalidInput(f"{series.code} is a formula, which has no numbered vintages.", field="vintage", hint=hint)
    check_position(uow, moment)
    pinned = pinned_at(uow, moment)
    version = version_at(uow.formulas.versions(series.id), pinned, str(series.code))
    return compute_version(Session(uow, pinned), series.code, version, series_id=series.id)


def pinned_at(uow: UnitOfWork, moment: AsOf) -> AsOf:
    """Return a moment with a position, by default the last one, and without moments that are not past."""
    return replace(moment.at(uow.now()), position=uow.vintages.position() if moment.position is None else moment.position)


def compute_version(session: Session, code: DatasetCode, version: FormulaVersion, *, series_id: UUID | None = None) -> Computed:
    """Return what one version of a definition makes at a session's moment, which has a position; raises like ``compute``."""
    scope = _Scope(session, code, version, (series_id,) if series_id else ())
    line = scope.line(None)
    components = list(session.components.values())
    return Computed(
        state=state_of(version, line.observations(), components),
        metadata=metadata_of(code, version, session.described, made=line),
        version=version,
        position=session.moment.position or 0,
        components=components,
        looks_ahead=session.looks_ahead,
    )


def formulas_within(uow: UnitOfWork, components: tuple[str, ...]) -> Iterator[tuple[TimeSeries, FormulaVersion]]:
    """Yield the formulas that are read by way of components, with their newest versions, each once."""
    yield from ((series, version) for series, version in read_within(uow, components, AsOf()) if version)


def read_within(uow: UnitOfWork, components: tuple[str, ...], moment: AsOf) -> Iterator[tuple[TimeSeries, FormulaVersion | None]]:
    """
    Yield the stored series and the formulas that are read by way of components, each once, formulas with their versions at a moment.

    Raises:
        NotKnownYet: a formula was not defined then.

    """
    waiting, seen = list(components), set[str]()
    while waiting:
        reference = waiting.pop()
        series = _find(uow, reference) if reference not in seen else None
        seen.add(reference)
        if series:
            version = version_at(uow.formulas.versions(series.id), moment, str(series.code)) if series.is_formula else None
            waiting += version.definition.components if version else ()
            yield series, version


def read_by(uow: UnitOfWork, series: TimeSeries) -> Mapping[str, TimeSeries | None]:
    """Return every series that any version of a formula, or of one that it reads, can read; None for those that are not stored."""
    found: dict[str, TimeSeries | None] = {}
    waiting = [series]
    while waiting:
        for version in uow.formulas.versions(waiting.pop().id):
            for reference in version.definition.components:
                if reference not in found:
                    component = found[reference] = _find(uow, reference)
                    waiting += [component] if component and component.is_formula else []
    return found


@dataclass(slots=True)
class Session:
    """
    One evaluation with all formulas inside: what it may do, and what it has read.

    Attributes:
        states: of stored series; by default those that the moment selects.
        found: the series of references; evaluations of one transaction may share them.

    """

    uow: UnitOfWork
    moment: AsOf
    states: States | None = None
    found: dict[str, TimeSeries | None] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    components: dict[tuple[UUID, int], Component] = field(default_factory=dict)
    described: list[Metadata] = field(default_factory=list)
    lines: dict[tuple[object, ...], Line] = field(default_factory=dict)
    looks_ahead: bool = False

    def at(self, until: datetime | None) -> AsOf:
        """Return the moment at which a component is read, inside ``as_of`` the earlier of the two."""
        asked = [each for each in (self.moment.as_of, until) if each]
        return replace(self.moment, as_of=min(asked) if asked else None, definition_as_of=None)

    def find(self, reference: str) -> TimeSeries | None:
        """Return the series of a reference; None if it is not stored."""
        if reference not in self.found:
            self.found[reference] = _find(self.uow, reference)
        return self.found[reference]

    def state(self, series: TimeSeries, until: datetime | None) -> StoredVintage:
        """Return the state of a stored series; raises NotKnownYet and what else ``compute`` raises."""
        return self.states(series, until) if self.states else stored_state(self.uow, series, self.at(until))


@dataclass(frozen=True, slots=True)
class _Scope:
    """A formula inside an evaluation: whose series its references mean, and within which formulas it is read."""

    session: Session
    code: DatasetCode
    version: FormulaVersion
    path: tuple[UUID, ...]

    def line(self, until: datetime | None) -> Line:
        """Return what the formula makes."""
        definition = self.version.definition
        expression = definition.parsed()
        self.session.looks_ahead |= looks_ahead(expression)
        named = dict(zip(references(expression), definition.components, strict=True))
        stored = {written: self.session.find(reference) for written, reference in named.items()}
        missing = [named[written] for written, series in stored.items() if series is None]
        if missing:
            raise ComponentMissing(f"{self.code} reads series that are not stored here: {', '.join(missing)}.")
        known = {written: series for written, series in stored.items() if series}
        evaluation = Evaluation(lambda reference, its: self._read(known[reference.written], reference, its), self.session.budget, until)
        made = evaluation.line(expression)
        return replace(made, unit=definition.unit or made.unit)

    def _read(self, series: TimeSeries, reference: Reference, until: datetime | None) -> Line:
        key = series.id, reference.column, until
        if key not in self.session.lines:
            self.session.lines[key] = (
                self._formula(series, reference, until) if series.is_formula else self._stored(series, reference, until)
            )
            self.session.budget.spend(len(self.session.lines[key]) + 1)
        return self.session.lines[key]

    def _formula(self, series: TimeSeries, reference: Reference, until: datetime | None) -> Line:
        if series.id in self.path:
            raise FormulaFailed(f"{self.code} reads {series.code}, which reads it again.")
        if len(self.path) >= DEEPEST:
            raise FormulaFailed(f"{self.code} is read inside {len(self.path)} formulas; the limit is {DEEPEST}.")
        versions = self.session.uow.formulas.versions(series.id)
        version = version_at(versions, self.session.moment, str(series.code))
        made = _Scope(self.session, series.code, version, (*self.path, series.id)).line(until)
        metadata = Metadata(unit=made.unit, frequency=made.frequency)
        return line_of(made.observations(), metadata, reference)

    def _stored(self, series: TimeSeries, reference: Reference, until: datetime | None) -> Line:
        session, moment = self.session, self.session.at(until)
        try:
            kept = session.state(series, until)
        except NotKnownYet:
            if until is None:
                raise
            return empty_line(session.uow.series.metadata_at(series.id, until))
        session.components[series.id, kept.vintage.number] = Component(series, kept.vintage)
        at = metadata_moment(moment, kept)
        metadata = session.uow.series.metadata_at(series.id, at) if at else series.metadata
        session.described.append(metadata)
        return line_of(kept.observations, metadata, reference)


def _find(uow: UnitOfWork, reference: str) -> TimeSeries | None:
    provider, code = parse_reference(reference)
    return uow.series.find(provider or FORMULA, code)
