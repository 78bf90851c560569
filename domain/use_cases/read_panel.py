"""ReadPanel: what was known of many series at many moments."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from json import dumps, loads
from uuid import UUID

import numpy as np

from domain.errors import DamagedVintage, InvalidInput, PanelNotFound
from domain.moments import AsOf
from domain.observations import Observations
from domain.panels.availability import Timeline
from domain.panels.decisions import Decisions
from domain.panels.panel import Panel, PanelColumn
from domain.panels.plain import RowSpans, SpannedRows
from domain.panels.query import MOST_SERIES, PanelQuery, PanelSeries
from domain.panels.reading import CellReading, Meanings
from domain.panels.rows import Meaning
from domain.panels.vintage_moments import VintageMoments
from domain.periods import stated
from domain.ports import Providers, Store, UnitOfWork, VintageRepository
from domain.providers import Routing
from domain.schedules.selector import Selector
from domain.series import MetadataEntry, TimeSeries
from domain.use_cases.describe_series import series_of_code
from domain.use_cases.pinned_formula import PinnedFormula
from domain.use_cases.read_formula_cells import Work, formula_column
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True)
class ReadPanel:
    """Read panels; never fetches."""

    store: Store
    providers: Providers
    routing: Routing

    def __call__(self, query: PanelQuery) -> Panel:
        """
        Return a panel.

        Raises:
            SeriesNotFound, DamagedVintage: a series cannot be read.
            NotKnownYet, ComponentMissing, FormulaFailed: a formula cannot be computed.
            InvalidInput: a mask means none, the panel is too large, or a rule does not fit a series.

        """
        with self.store.reading() as uow:
            position = _position(uow, query)
            chosen = [each for said in query.series for each in self._chosen(uow, said)]
            query.check_size(len(chosen))
            reading = _Reading(uow, query.decisions, position, is_pinned=query.position is not None)
            columns = [reading.column(said, series) for said, series in chosen]
        return Panel(query=replace(query, position=position, series=tuple(each.said for each in columns)), columns=columns)

    def keep(self, panel: Panel) -> str:
        """Keep a panel's pinned query, and return the digest by which ``kept`` finds it."""
        body = dumps(panel.document, sort_keys=True, separators=(",", ":")).encode()
        digest = sha256(body).hexdigest()
        with self.store.writing() as uow:
            uow.panels.keep(digest, body)
            uow.commit()
        return digest

    def kept(self, digest: str) -> PanelQuery:
        """
        Return a pinned query that was kept.

        Raises:
            PanelNotFound: there is none of this digest.

        """
        with self.store.reading() as uow:
            body = uow.panels.find(digest)
        if body is None:
            raise PanelNotFound("No panel of this digest is kept here.", hint="Ask for it again: POST /panel.")
        return PanelQuery.read(loads(body))

    def _chosen(self, uow: UnitOfWork, said: PanelSeries) -> Sequence[tuple[PanelSeries, TimeSeries]]:
        """Return the series that are meant now, in order of creation, each named in full."""
        if said.selector.code:
            provider, code = said.selector.provider, said.selector.code
            found = [series_of_code(uow, code, provider, self.providers, routing=self.routing)]
        else:
            found = list(uow.series.matching(said.selector, MOST_SERIES + 1))
        if not found:
            raise InvalidInput(f"{said.selector} means no stored series.", field="series", hint="GET /timeseries lists those that are.")
        return [(replace(said, selector=_exact(each)), each) for each in found]


def _exact(series: TimeSeries) -> Selector:
    return Selector(provider=series.provider, database=series.code.database, pattern=series.code.dataset)


def _position(uow: UnitOfWork, query: PanelQuery) -> int:
    last = uow.vintages.position()
    if query.position is None:
        return last
    if query.position > last:
        raise InvalidInput(f"The feed has not come to position {query.position}.", field="position", hint=f"Its last one is {last}.")
    return query.position


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reading of a panel's columns at a position, which the query or the present gives."""

    uow: UnitOfWork
    decisions: Decisions
    position: int
    is_pinned: bool
    work: Work = field(default_factory=Work)

    def column(self, said: PanelSeries, series: TimeSeries) -> PanelColumn:
        """Return the column of a series; an error names it."""
        name = f"{series.provider}:{series.code}"
        try:
            return self._formula(said, series) if series.is_formula else self._stored(said, series)
        except DamagedVintage as error:
            raise DamagedVintage(f"{name}: {error.message}") from error
        except InvalidInput as error:
            raise type(error)(f"{name}: {error.message}", field=error.field, hint=error.hint) from error

    def _formula(self, said: PanelSeries, series: TimeSeries) -> PanelColumn:
        formula = PinnedFormula.at(self.uow, series, self.position)
        checks = [self._checked(each, VintageMoments.of(formula.vintages[each.id])) for each in formula.stored]
        oldest = min((each for each in checks if each), default=None) if all(checks) else None
        return formula_column(formula, replace(said, checked_at=said.checked_at or oldest), self.decisions, self.work)

    def _stored(self, said: PanelSeries, series: TimeSeries) -> PanelColumn:
        moments = self.uow.vintages.moments(series.id, self.position)
        checked = said.checked_at or self._checked(series, moments)
        entries = [entry for entry in self.uow.series.metadata_history(series.id) if entry.position <= self.position]
        states = _ColumnStates(self.uow.vintages, series.id, said.column, self.position)
        reading = CellReading(Timeline.of(moments, said.rule), said.rule, self.decisions, states)
        cells = reading.cells(_meanings(entries, self.decisions), checked)
        _require_column(self.uow, series, said.column, reading.names)
        return PanelColumn.of(replace(said, checked_at=checked), cells, moments, reading.names)

    def _checked(self, series: TimeSeries, moments: VintageMoments) -> datetime | None:
        """Return when the provider was last asked; at a given position the last moment of which its vintages prove that."""
        return moments.last_fetched if self.is_pinned else series.checked_at or moments.last_fetched


@dataclass(frozen=True, slots=True)
class _ColumnStates:
    """A column in the states of a stored series up to a position."""

    repository: VintageRepository
    series_id: UUID
    column: str
    position: int

    def vintages(self) -> Sequence[Vintage]:
        return self.repository.until(self.series_id, self.position)

    def whole(self, numbers: Collection[int]) -> Iterator[tuple[int, Observations]]:
        return self.repository.columns(self.series_id, self.column, numbers)

    def spanned(self, spans: RowSpans) -> SpannedRows | None:
        return self.repository.spanned(self.series_id, self.column, spans)


def _meanings(entries: Sequence[MetadataEntry], decisions: Decisions) -> Meanings:
    """Return what the metadata known at each moment say; before the first entry that one holds."""
    if not entries:
        return [(np.arange(len(decisions.moments)), Meaning(None, None))]
    said = [Meaning(entry.metadata.frequency, stated(entry.metadata.extra.get("dates"))) for entry in entries]
    found: dict[Meaning, list[int]] = {}
    for place, moment in enumerate(decisions.moments):
        known = max((number for number, entry in enumerate(entries) if entry.known_at <= moment), default=0)
        found.setdefault(said[known], []).append(place)
    return [(np.array(places), meaning) for meaning, places in found.items()]


def _require_column(uow: UnitOfWork, series: TimeSeries, wanted: str, read: Collection[int]) -> None:
    """Raise InvalidInput if the newest of the vintages that were read has no such column."""
    newest = uow.vintages.find(series.id, AsOf(vintage=max(read))) if wanted and read else None
    if newest and wanted not in newest.observations.columns:
        names = ", ".join(newest.observations.columns)
        raise InvalidInput(f"It has no column {wanted[:40]!r}.", field="column", hint=f"Its columns: {names}.")
