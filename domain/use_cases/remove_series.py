"""RemoveSeries: remove a series and all its data."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.audit import audit
from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, RemovalNotConfirmed
from domain.ports import Store
from domain.use_cases.splice_rules import end_splice


@dataclass(frozen=True, slots=True)
class RemoveSeries:
    """Remove a series with its vintages and fetches, if the caller confirms with its code; splices in which it stands in end."""

    store: Store

    def __call__(self, series_id: UUID, *, confirm: str) -> None:
        """
        Remove it; a running fetch of it stores nothing.

        Raises:
            SeriesNotFound: none has this id.
            RemovalNotConfirmed: ``confirm`` is not its code.

        """
        with self.store.writing() as uow:
            series = uow.series.get(series_id)
            if not _names(confirm, series.provider, series.code):
                hint = f"Send confirm={series.code} to remove it with all its vintages."
                raise RemovalNotConfirmed(f"confirm is not the code of this series, {series.code}.", hint=hint)
            stood_in = [each for each in uow.equivalences.of_series(series_id) if each.stand_in.id == series_id]
            uow.series.remove(series_id)
            for equivalence in stood_in:
                uow.series.lock(equivalence.preferred.id)
                end_splice(uow, equivalence, f"{series.provider}:{series.code} was removed.")
            uow.commit()
        audit("series removed", series=f"{series.provider}:{series.code}")


def _names(text: str, provider: str, code: DatasetCode) -> bool:
    try:
        named, wanted = parse_reference(text)
    except InvalidCode:
        return False
    return wanted == code and named in (None, provider)
