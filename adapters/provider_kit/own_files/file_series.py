"""What a file says of one series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.series import Metadata

_PERIODS = {"weekly": "week", "monthly": "month", "quarterly": "quarter", "annual": "year"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeries:
    """
    What a file says of one series.

    Attributes:
        title: what the file calls it; empty if it does not say.
        frequency: in lower-case words; empty if its dates fit none.
        period: the frequency of which its dates are periods; empty if they are days or moments.
        units: a percent or currency sign for each column, or empty.
        left_out: names of the columns that were not read.
        dialect: see ``dialect_of``.

    """

    observations: Observations
    date_column: str
    title: str
    frequency: str
    period: str
    units: tuple[str, ...]
    left_out: tuple[str, ...]
    dialect: Mapping[str, str]

    def metadata(self, stem: str, *, is_keyed: bool = False) -> Metadata:
        """
        Return what the file says about the series.

        Args:
            stem: what it is called if the file has no title.
            is_keyed: whether it is one series of several in the file, whose column is called by its key.

        """
        key = self.observations.columns if is_keyed else ()
        is_period = self.period == self.frequency and self.period in _PERIODS
        return Metadata(
            name=storable(" / ".join((self.title or stem, *key))),
            frequency=Frequency(self.frequency) if self.frequency else None,
            date_column=self.date_column,
            column_units=self.units if any(self.units) else (),
            extra={"dates": f"first day of the {_PERIODS[self.period]}"} if is_period else {},
        )

    def parsed(self, code: DatasetCode, stem: str, *, is_keyed: bool = False) -> ParsedSeries:
        """Return the series as an answer's, under its code."""
        return ParsedSeries(
            code=code,
            metadata=self.metadata(stem, is_keyed=is_keyed),
            vintages=[(None, self.observations)],
            left_out=self.left_out,
            dialect=self.dialect,
        )
