"""The repository of the rules by which series are spliced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.series import TimeSeries
from domain.stand_ins.splice import SpliceRule


class SpliceRepository(Protocol):
    """The rules of the series; insert-only, and removed with their series."""

    def add(self, series: TimeSeries, rule: SpliceRule) -> SpliceRule:
        """Append a rule of a series at the feed's next position, as for a vintage; the caller has locked the series."""
        ...

    def rules(self, series_id: UUID) -> Sequence[SpliceRule]:
        """Return all rules of a series, oldest first."""
        ...
