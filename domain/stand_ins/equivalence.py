"""Equivalences: two stored series that should agree, within a tolerance and up to a scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.series import TimeSeries

DEFAULT_TOLERANCE, DEFAULT_AFTER, LONGEST_AFTER = 0.001, timedelta(days=3), timedelta(days=366)
MOST_EQUIVALENCES, _MOST_COLUMNS = 1000, 100
_TINIEST, _HUGEST = 1e-15, 1e15


class Side(StrEnum):
    """One of the two series of an equivalence."""

    A = "a"
    B = "b"

    @property
    def other(self) -> Side:
        """The other one."""
        return Side.B if self is Side.A else Side.A


@dataclass(frozen=True, slots=True)
class Member:
    """A series of an equivalence."""

    id: UUID
    provider: str
    code: DatasetCode

    @classmethod
    def of(cls, series: TimeSeries) -> Member:
        """Return a series as a member."""
        return cls(series.id, series.provider, series.code)

    @property
    def reference(self) -> str:
        """The series as ``provider:DATABASE/DATASET``."""
        return f"{self.provider}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """
    Two series that should agree: a value of ``a`` with ``scale`` times that of ``b`` of the same period.

    Attributes:
        tolerance: the greatest difference as a share of the larger of the two values.
        prefer: the series that is read as long as it lives; the other one can stand in for it.
        columns: names of columns of ``a`` and of the columns of ``b`` with which they should agree; empty for those of the same name,
            or for the only ones.
        failover: whether the preferred series reads as a splice when it has failed or ended for ``failover_after``.
        position: of the feed, up to which arrivals have been compared.
        diverging: how many values differ by more than the tolerance, as of ``compared_at``.

    """

    id: UUID
    a: Member
    b: Member
    scale: float = 1.0
    tolerance: float = DEFAULT_TOLERANCE
    prefer: Side = Side.A
    columns: Mapping[str, str] = field(default_factory=dict)
    failover: bool = False
    failover_after: timedelta = DEFAULT_AFTER
    created_at: datetime
    position: int
    diverging: int = 0
    compared_at: datetime | None = None

    @property
    def preferred(self) -> Member:
        """The series that is read as long as it lives."""
        return self.a if self.prefer is Side.A else self.b

    @property
    def stand_in(self) -> Member:
        """The series that can stand in for it."""
        return self.b if self.prefer is Side.A else self.a

    @property
    def splice_scale(self) -> float:
        """By what values of the stand-in are multiplied to be those of the preferred series."""
        return self.scale if self.prefer is Side.A else 1 / self.scale

    def side_of(self, series_id: UUID) -> Side:
        """Return which of the two a series is."""
        return Side.A if series_id == self.a.id else Side.B

    def pairs(self, of_a: Sequence[str], of_b: Sequence[str]) -> Sequence[tuple[int, int]]:
        """Return the places of the columns that should agree, of two states with columns of these names."""
        if self.columns:
            named = [(own, other) for own, other in self.columns.items() if own in of_a and other in of_b]
        elif len(of_a) == len(of_b) == 1:
            return [(0, 0)]
        else:
            named = [(name, name) for name in dict.fromkeys(of_a) if name in of_b]
        return [(of_a.index(own), of_b.index(other)) for own, other in named]

    def splice_columns(self, of_a: Sequence[str], of_b: Sequence[str]) -> Mapping[str, str]:
        """Return the names of the preferred series' columns that the stand-in has, and what it calls them."""
        found = {of_a[own]: of_b[other] for own, other in self.pairs(of_a, of_b)}
        return found if self.prefer is Side.A else {other: own for own, other in found.items()}

    def check(self) -> None:
        """Raise InvalidInput, which names the field, if one is not valid."""
        if not (math.isfinite(self.scale) and _TINIEST <= abs(self.scale) <= _HUGEST):
            raise InvalidInput("scale must be a number other than 0.", field="scale", hint="It is what b is multiplied by to be a.")
        if not 0 <= self.tolerance <= 1:
            hint = "It is a share of the larger value: 0.001 is a tenth of a percent."
            raise InvalidInput("tolerance must be from 0 to 1.", field="tolerance", hint=hint)
        if not timedelta(0) <= self.failover_after <= LONGEST_AFTER:
            raise InvalidInput(f"failover_after must be from 0s to {LONGEST_AFTER.days}d.", field="failover_after")
        names = [*self.columns, *self.columns.values()]
        if len(self.columns) > _MOST_COLUMNS or not all(names) or len(set(self.columns.values())) < len(self.columns):
            hint = 'Write each column of a with the one of b: {"Close": "Adj. Close"}.'
            raise InvalidInput(f"columns must name at most {_MOST_COLUMNS} pairs of columns, each once.", field="columns", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """
    Values of an equivalence that an arrival brought apart by more than the tolerance.

    Attributes:
        position: its own in the feed.
        compared: the position of the feed up to which the two were compared.
        arrived: the series whose new vintage brought it; None if it was found when the equivalence was added or changed.
        vintages: the numbers of the vintages of ``a`` and ``b`` that were compared.
        count: how many values were not apart before, or not by these values.
        diverging: how many differ by more than the tolerance in all.
        cells: the ones that differ most, the largest difference first.

    """

    position: int = 0
    equivalence_id: UUID
    a: Member
    b: Member
    found_at: datetime
    compared: int
    arrived: Side | None
    vintages: tuple[int, int]
    count: int
    diverging: int
    first: str
    last: str
    cells: Sequence[DivergingCell]

    @property
    def largest(self) -> float:
        """The largest difference, as a share of the larger value."""
        return self.cells[0].difference


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergingCell:
    """
    Two values that differ by more than the tolerance.

    Attributes:
        date: of ``a``, in ISO 8601.
        column: of ``a``.
        a, b: as they are stored.
        difference: of ``a`` and the scaled ``b``, as a share of the larger of the two.

    """

    date: str
    column: str
    a: float
    b: float
    difference: float


@dataclass(frozen=True, slots=True)
class DivergencePage:
    """A page of divergences, the last found first, and ``before`` of the next page, if there is one."""

    items: Sequence[Divergence]
    next: int | None
