"""What a formula makes of its series: the lines that it reads, and the state and the metadata that come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from domain.codes import DatasetCode
from domain.errors import FormulaFailed
from domain.formulas.definitions import FormulaVersion
from domain.formulas.evaluation import EVALUATOR_VERSION
from domain.formulas.expressions import Reference
from domain.formulas.lines import Line
from domain.observations import Observations
from domain.series import Metadata, TimeSeries
from domain.vintages import NewState, Origin, StoredVintage, Vintage

_NOBODY = UUID(int=0)
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Component:
    """A stored series that a formula has read, and which of its vintages."""

    series: TimeSeries
    vintage: Vintage


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """
    The result of a formula.

    Attributes:
        state: its values in one column, with a vintage that is not stored and has the number 0.
        version: of its definition.
        position: of the feed, up to which its series were read; with ``as_of`` it makes the result permanent.
        components: the stored series that were read, also by formulas that it reads.
        looks_ahead: whether it, or a formula that it reads, uses later values.

    """

    state: StoredVintage
    metadata: Metadata
    version: FormulaVersion
    position: int
    components: Sequence[Component]
    looks_ahead: bool

    @property
    def read(self) -> Sequence[TimeSeries]:
        """The stored series that were read; one of which several vintages were, as often."""
        return [each.series for each in self.components]

    def described(self, formula: TimeSeries) -> TimeSeries:
        """Return the series of the formula with what its result says of it."""
        return replace(formula, metadata=self.metadata, newest=self.state.vintage, checked_at=oldest_check(self.read))


def line_of(observations: Observations, metadata: Metadata, reference: Reference) -> Line:
    """
    Return the column of a series that a reference means.

    Raises:
        FormulaFailed: there is no such column, or there are several and none is named.

    """
    columns = observations.columns
    if reference.column is None and len(columns) == 1:
        at = 0
    elif reference.column in columns:
        at = columns.index(str(reference.column))
    else:
        named = ", ".join(columns[:_SHOWN]) + (" …" if len(columns) > _SHOWN else "")
        problem = f"has no column {reference.column!r}" if reference.column is not None else f"has {len(columns)} columns"
        raise FormulaFailed(f"{reference.written} {problem}.", hint=f"Name one of its columns, as in X['Close']: {named}.")
    units = metadata.column_units
    unit = units[at] if len(units) == len(columns) and units[at] else metadata.unit
    return Line(observations.dates, observations.values[:, at], metadata.frequency, unit)


def empty_line(metadata: Metadata) -> Line:
    """Return the line of a series of which nothing was known yet."""
    return Line(np.empty(0, "datetime64[D]"), np.empty(0), metadata.frequency, metadata.unit)


def metadata_of(code: DatasetCode, version: FormulaVersion, components: Sequence[Metadata], *, made: Line | None = None) -> Metadata:
    """Return the metadata of a formula's result, as far as they follow from its definition if nothing is ``made`` yet."""
    definition = version.definition
    return Metadata(
        name=definition.title or str(code),
        description=f"{code} = {definition.expression}",
        unit=definition.unit or (made.unit if made is not None else ""),
        frequency=made.frequency if made is not None else None,
        attribution=" · ".join(dict.fromkeys(each.attribution for each in components if each.attribution)),
        extra={"expression": definition.expression},
    )


def state_of(version: FormulaVersion, observations: Observations, components: Sequence[Component]) -> StoredVintage:
    """Return a result as a state: known since the last of its components was, and number 0, since it is not stored."""
    known = [each.vintage for each in components]
    state = NewState(
        published=None,
        observations=observations,
        known_at=max((each.answers_from for each in known), default=version.defined_at),
        fetched_at=max((each.fetched_at for each in known), default=version.defined_at),
        origin=Origin(
            request=version.definition.expression,
            response_sha256=observations.digest().hex(),
            adapter_version=EVALUATOR_VERSION,
        ),
        fetch_id=_NOBODY,
    )
    return StoredVintage(Vintage.of(0, state, None), observations)


def oldest_check(components: Sequence[TimeSeries]) -> datetime | None:
    """Return when the least fresh component was last fetched; None if one never was."""
    checks = [each.checked_at for each in components]
    known = [each for each in checks if each]
    return min(known) if known and len(known) == len(checks) else None
