"""ManageGates: which gates the answers for a series have to pass, and setting them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from domain.errors import NotOfFormulas, ProviderNotConfigured
from domain.fetching.gates import gates_of_provider
from domain.gates.settings import Gates, SeriesGates
from domain.importing import IMPORT
from domain.ports import Providers, Store
from domain.series import TimeSeries

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatesOfSeries:
    """The gates of a series: its own, those of its provider, and those that hold."""

    own: SeriesGates
    of_provider: Gates

    @property
    def in_force(self) -> Gates:
        return self.own.over(self.of_provider)


@dataclass(frozen=True, slots=True)
class ManageGates:
    """Look at the gates of a series, and change its own."""

    store: Store
    providers: Providers

    def __call__(self, series: TimeSeries) -> GatesOfSeries:
        """Return the gates of a series."""
        return GatesOfSeries(series.gates, gates_of_provider(series, self.providers))

    def change(self, series_id: UUID, changes: Mapping[str, float | bool | None]) -> GatesOfSeries:
        """
        Change the gates that are set for a series, by name; None is as its provider has it.

        Raises:
            SeriesNotFound: none has this id.
            NotOfFormulas, ProviderNotConfigured: it is never fetched.
            InvalidInput: a number of deviations is not valid.

        """
        with self.store.writing() as uow:
            uow.series.lock(series_id)
            series = uow.series.get(series_id)
            _require_fetched(series)
            gates = replace(series.gates, **changes)  # type: ignore[arg-type]  # numbers and flags by their names
            uow.series.record_gates(series, gates)
            uow.commit()
        logger.info("gates changed", extra={"series": f"{series.provider}:{series.code}", "gates": gates.given()})
        return self(replace(series, gates=gates))


def _require_fetched(series: TimeSeries) -> None:
    if series.is_formula:
        raise NotOfFormulas(f"{series.code} is a formula: it is computed when it is read, and no answer passes a gate.")
    if series.provider == IMPORT:
        raise ProviderNotConfigured(f"{series.code} holds what was imported: it is not fetched, and no answer passes a gate.")
