"""The cells of a formula in a panel: it is evaluated once for all moments between which nothing that it reads changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormulaFailed, NotKnownYet
from domain.formulas.computing import Computed
from domain.formulas.evaluation import MOST_CELLS
from domain.formulas.lines import FORMULA_COLUMN
from domain.moments import AsOf, written
from domain.observations import Dates
from domain.panels.availability import Timeline, available_at
from domain.panels.cells import Grid, Status
from domain.panels.decisions import Decisions
from domain.panels.latest import newest_rows
from domain.panels.panel import PanelColumn
from domain.panels.query import PanelSeries
from domain.panels.rows import Meaning
from domain.panels.rule import CellRule, Clock
from domain.panels.vintage_moments import VintageMoments
from domain.ports import UnitOfWork
from domain.series import TimeSeries
from domain.use_cases.pinned_formula import PinnedFormula
from domain.use_cases.read_formula import Session, compute_version
from domain.use_cases.stored_state import stored_state
from domain.vintages import StoredVintage, Vintage

#: The most values that all formulas of a panel may go through, and for how many of them the reading of a state counts.
MOST_VALUES, _A_STATE = 50 * MOST_CELLS, 10_000
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_Known = tuple[datetime | None, datetime | None]


@dataclass(slots=True)
class Work:
    """What the formulas of one panel have gone through."""

    values: int = 0

    def add(self, values: int) -> None:
        """Add values; raise FormulaFailed if that is too much."""
        self.values += values
        if self.values > MOST_VALUES:
            text = f"The formulas go through more than {MOST_VALUES} values at the moments of the panel."
            raise FormulaFailed(text, hint="Ask for fewer moments or fewer formulas at once.")


@dataclass(frozen=True, slots=True)
class ComponentStates:
    """
    The states of the series that a formula reads, as the rule of a panel selects them at its moments.

    Attributes:
        recorded: the vintages of each of these series, up to the position.
        chosen: by series and moment of the ``as_of`` around it, its vintages and the place of that of each moment.
        held: the state that was read last, likewise.
        found: the series, by reference.

    """

    uow: UnitOfWork
    rule: CellRule
    instants: Dates
    recorded: Mapping[UUID, Sequence[Vintage]]
    work: Work
    chosen: dict[tuple[UUID, datetime | None], tuple[Sequence[Vintage], NDArray[np.intp]]] = field(default_factory=dict)
    held: dict[tuple[UUID, datetime | None], StoredVintage] = field(default_factory=dict)
    found: dict[str, TimeSeries | None] = field(default_factory=dict)

    def spans(self, stored: Sequence[TimeSeries]) -> Sequence[NDArray[np.intp]]:
        """Return the places of the moments, those together between which none of these series has another state or other metadata."""
        changes = [self.instants[:0], *(self._changes(series) for series in stored)]
        passed = np.unique(np.concatenate(changes)).searchsorted(self.instants, "right")
        return np.split(np.arange(len(self.instants)), np.flatnonzero(np.diff(passed)) + 1)

    def at(self, place: int, series: TimeSeries, until: datetime | None) -> StoredVintage:
        """
        Return the last state in knowledge order that counts at a moment.

        Args:
            until: inside ``as_of``, the latest at which it may have been known.

        Raises:
            NotKnownYet: there is none.
            DamagedVintage: it cannot be read.

        """
        key = series.id, until
        if key not in self.chosen:
            self.chosen[key] = self._choose(series, until)
        vintages, places = self.chosen[key]
        if places[place] < 0:
            raise NotKnownYet(f"Nothing of {series.provider}:{series.code} was known then.")
        number = vintages[places[place]].number
        if key not in self.held or self.held[key].vintage.number != number:
            self.work.add(_A_STATE)
            self.held[key] = stored_state(self.uow, series, AsOf(vintage=number))
        return self.held[key]

    def _changes(self, series: TimeSeries) -> Dates:
        described = [entry.known_at.replace(tzinfo=None) for entry in self.uow.series.metadata_history(series.id)]
        counting = available_at(VintageMoments.of(self.recorded[series.id]), self.rule)
        return np.concatenate([counting, np.array(described, "datetime64[us]") + np.timedelta64(self.rule.lag)])

    def _choose(self, series: TimeSeries, until: datetime | None) -> tuple[Sequence[Vintage], NDArray[np.intp]]:
        limit = AsOf(as_of=until, restated=self.rule.restated and until is not None)
        vintages = [each for each in self.recorded[series.id] if limit.admits(each)]
        return vintages, Timeline.of(VintageMoments.of(vintages), self.rule).at(self.instants)


def formula_column(formula: PinnedFormula, said: PanelSeries, decisions: Decisions, work: Work) -> PanelColumn:
    """
    Return the cells of a formula: of its result at each moment what a stored series' state would give.

    Raises:
        LooksAhead: it uses later values.
        InvalidInput: the rule needs releases, or does not fit its result.
        NotKnownYet: it was not defined at the position.
        ComponentMissing, FormulaFailed, DamagedVintage: it cannot be computed at a moment.

    """
    formula.require_fitting(said)
    states = ComponentStates(formula.uow, said.rule, decisions.instants, formula.vintages, work)
    grid, known = Grid(decisions.days, said.rule.window), list[_Known]([(None, None)])
    for at in states.spans(formula.stored):
        days, instants = decisions.days[at], decisions.instants[at]
        computed = _computed(formula, states, decisions.moments[at[0]], place=int(at[0]))
        if computed is None:
            grid.status[at] = Status.BEFORE_STORE
            continue
        meaning = Meaning(computed.metadata.frequency, None)
        rows, picked = newest_rows(computed.state.observations, said.rule, meaning, days=days, instants=instants)
        grid.put(at, rows, picked, len(known))
        known.append(_newest([each.vintage for each in computed.components]))
    cells = grid.finished(said.rule, decisions.later_than(said.checked_at))
    known_at, seen_at = np.array(known, "datetime64[us]")[cells.vintage].T
    return PanelColumn(
        said=said,
        cells=replace(cells, vintage=np.zeros_like(cells.vintage)),
        known_at=known_at,
        seen_at=seen_at,
        published=[None] * len(cells),
        columns=[FORMULA_COLUMN if number else said.column for number in cells.vintage.tolist()],
    )


def _computed(formula: PinnedFormula, states: ComponentStates, moment: datetime, *, place: int) -> Computed | None:
    """Return the result at a moment; None if nothing of one of its series counts yet."""
    session = Session(formula.uow, _as_of(states.rule, moment, formula.position), partial(states.at, place), states.found)
    try:
        return compute_version(session, formula.series.code, formula.version, series_id=formula.series.id)
    except NotKnownYet:
        return None
    except FormulaFailed as error:
        raise FormulaFailed(f"{formula.series.code} at {written(moment)}: {error.message}", hint=error.hint) from error
    finally:
        states.work.add(MOST_CELLS - session.budget.cells)


def _as_of(rule: CellRule, moment: datetime, position: int) -> AsOf:
    """Return the moment whose metadata hold for the series of a formula."""
    then = moment - min(rule.lag, moment - _BEGINNING)
    if rule.clock is Clock.SEEN:
        return AsOf(seen_by=then, position=position)
    return AsOf(as_of=then, restated=rule.restated, position=position)


def _newest(vintages: Sequence[Vintage]) -> _Known:
    """Return when the last of them became known and was fetched, in UTC; inside ``as_of`` there may be none."""
    known, fetched = ([getattr(each, name).replace(tzinfo=None) for each in vintages] for name in ("known_at", "fetched_at"))
    return max(known, default=None), max(fetched, default=None)
