"""When the vintages of a series became known, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates, Label
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True, kw_only=True)
class VintageMoments:
    """
    When the vintages of a series became known and were fetched, in order of arrival.

    Attributes:
        numbers: of the vintages, ascending.
        known_at, fetched_at: ``datetime64[us]`` in UTC.
        restates: whether each replaces a state that was known before.
        published: their labels.

    """

    numbers: NDArray[np.int64]
    known_at: Dates
    fetched_at: Dates
    restates: NDArray[np.bool_]
    published: Sequence[Label | None]

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def of(cls, vintages: Sequence[Vintage]) -> Self:
        """Return the moments of vintages."""
        return cls(
            numbers=np.array([each.number for each in vintages], np.int64),
            known_at=np.array([each.known_at.replace(tzinfo=None) for each in vintages], "datetime64[us]"),
            fetched_at=np.array([each.fetched_at.replace(tzinfo=None) for each in vintages], "datetime64[us]"),
            restates=np.array([each.cause.restates for each in vintages], bool),
            published=[each.published for each in vintages],
        )

    @property
    def days(self) -> Dates:
        """The labels that are days as ``datetime64[D]``, NaT for others."""
        return np.array([None if each is None or isinstance(each, datetime) else each for each in self.published], "datetime64[D]")

    @property
    def last_fetched(self) -> datetime | None:
        """When the last of them was fetched."""
        last: datetime | None = self.fetched_at.max().astype(object).replace(tzinfo=UTC) if len(self) else None
        return last
