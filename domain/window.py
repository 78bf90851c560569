"""Coverage: what an answer speaks of, how a part is put into the whole, and when the whole is asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import numpy as np

from domain.errors import InvalidObservations
from domain.observations import Label, Observations
from domain.vintages import Vintage, difference

WHOLE_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    A closed window in which an answer is complete: what is missing there has been deleted, outside nothing is said.

    Attributes:
        end: None if everything from ``start`` on was asked for, and came.
        revises_last: how many of the newest dates the provider is known to revise.

    """

    start: Label
    end: Label | None
    revises_last: int = 0

    @classmethod
    def answered(cls, start: Label, answer: Observations, *, is_all: bool, revises_last: int = 0) -> Self:
        """
        Return what an answer to a question without end covers.

        Args:
            is_all: whether paging finished and no limit cut the answer; else it ends at its last row.

        """
        return cls(start=start, end=None if is_all else answer.last or start, revises_last=revises_last)

    def merged(self, kept: Observations, answer: Observations) -> Observations | None:
        """
        Put an answer into what is kept, or give None where a window cannot explain what differs.

        Other columns, or other values at dates that are not revised, mean that the rest has changed too: prices are
        adjusted backwards from each dividend on.

        Raises:
            InvalidObservations: the answer has dates outside its window.

        """
        if len(answer.window(self.start, self.end)) != len(answer):
            raise InvalidObservations("The answer has dates outside the window that it covers.", field="dates")
        inside = kept.window(self.start, self.end)
        delta = difference(inside, answer)
        if delta is None:
            return None
        firm = kept.dates[: max(0, len(kept) - self.revises_last)]
        if np.isin(delta.put.dates, firm).any():
            return None
        outside = ~np.isin(kept.dates, inside.dates)
        dates = np.concatenate([kept.dates[outside], answer.dates])
        values = np.concatenate([kept.values[outside], answer.values])
        return Observations.of(dates, kept.columns, values, unit=kept.unit)

    def part(self, state: Observations) -> Observations:
        """Return what a state holds inside the window."""
        return state.window(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """
    What the last good answer confirmed.

    Attributes:
        vintage: number of the series' newest vintage then.
        adapter_version: of the data source that read the answer.
        whole_at: when the series was last asked for in whole.
        validators: what the answer is recognised by at its source.

    """

    vintage: int
    adapter_version: int
    whole_at: datetime
    validators: Mapping[str, str] = field(default_factory=dict)

    def is_of(self, newest: Vintage | None, adapter_version: int) -> bool:
        """Return whether it speaks of this vintage, as this version of the data source would have read it."""
        return newest is not None and (self.vintage, self.adapter_version) == (newest.number, adapter_version)

    def is_due_in_whole(self, now: datetime) -> bool:
        """Return whether parts have been enough for a week: a source may have changed what it does not tell."""
        return now - self.whole_at >= WHOLE_EVERY
