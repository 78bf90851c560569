"""A formula as it was defined at a position of the feed, and what a panel may not ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidInput, LooksAhead
from domain.formulas.definitions import FormulaVersion, version_at
from domain.formulas.expressions import looks_ahead
from domain.formulas.lines import FORMULA_COLUMN
from domain.moments import AsOf
from domain.panels.query import PanelSeries
from domain.ports import UnitOfWork
from domain.series import TimeSeries
from domain.use_cases.read_formula import read_within
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True)
class PinnedFormula:
    """
    A formula at a position.

    Attributes:
        within: what it reads, also by way of other formulas, those with their versions.
        vintages: of each stored series that it reads, those recorded up to the position.

    """

    uow: UnitOfWork
    series: TimeSeries
    position: int
    version: FormulaVersion
    within: Sequence[tuple[TimeSeries, FormulaVersion | None]]
    vintages: Mapping[UUID, Sequence[Vintage]]

    @classmethod
    def at(cls, uow: UnitOfWork, series: TimeSeries, position: int) -> PinnedFormula:
        """Return a formula at a position; raises NotKnownYet if it, or one that it reads, was not defined then."""
        moment = AsOf(position=position)
        version = version_at(uow.formulas.versions(series.id), moment, str(series.code))
        within = list(read_within(uow, version.definition.components, moment))
        vintages = {each.id: uow.vintages.until(each.id, position) for each in _stored(within)}
        return cls(uow, series, position, version, within, vintages)

    @property
    def stored(self) -> Sequence[TimeSeries]:
        """The stored series that it reads."""
        return _stored(self.within)

    def require_fitting(self, said: PanelSeries) -> None:
        """Raise LooksAhead, or InvalidInput for what only a stored series has."""
        for series, version in ((self.series, self.version), *self.within):
            if version and looks_ahead(version.definition.parsed()):
                through = "" if series is self.series else f" by way of {series.code}"
                hint = "A panel takes no formula with lead, a negative shift, or fillna(x, 'next')."
                raise LooksAhead(f"It looks ahead{through}.", field="series", hint=hint)
        rule = said.rule
        if rule.nth is not None:
            hint = f"Put release=latest behind its code, or ask for the {rule.counted} of the series that it reads."
            raise InvalidInput("A formula has no releases of its own.", field=rule.counted.value, hint=hint)
        if rule.assume is not None:
            hint = "Put assume=none behind its code."
            raise InvalidInput("A formula has no first vintage before which values could be assumed.", field="assume", hint=hint)
        if said.column not in ("", FORMULA_COLUMN):
            raise InvalidInput(f"It has no column {said.column[:40]!r}.", field="column", hint=f"Its one column is {FORMULA_COLUMN}.")


def _stored(within: Sequence[tuple[TimeSeries, FormulaVersion | None]]) -> Sequence[TimeSeries]:
    return [series for series, version in within if version is None]
