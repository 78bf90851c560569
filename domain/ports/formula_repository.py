"""The repository of the definitions of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.formulas.definitions import Definition, FormulaVersion
from domain.series import TimeSeries


class FormulaRepository(Protocol):
    """The definitions of the formulas; insert-only, and removed with their series."""

    def define(self, series: TimeSeries, definition: Definition) -> FormulaVersion:
        """Append a version of a formula at the feed's next position, as for a vintage; the caller has locked the series."""
        ...

    def versions(self, series_id: UUID) -> Sequence[FormulaVersion]:
        """Return all versions of a formula, oldest first; none if the series is not a formula."""
        ...
