"""Windows: what part of a series an answer covers, merging it, and when the whole is requested again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import numpy as np

from domain.deltas import difference
from domain.errors import InvalidObservations
from domain.flags import stacked
from domain.observations import Label, Observations
from domain.vintages import Vintage

WHOLE_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    A closed window in which an answer is complete: stored dates missing from it have been deleted; dates outside are unaffected.

    Attributes:
        end: None if the answer is complete from ``start`` on.
        revises_last: how many of the newest dates the provider is known to revise.

    """

    start: Label
    end: Label | None
    revises_last: int = 0

    @classmethod
    def answered(cls, start: Label, answer: Observations, *, is_all: bool, revises_last: int = 0) -> Self:
        """
        Return the window of an answer to a request without an end date.

        Args:
            is_all: whether the answer is complete; if paging or a limit cut it, the window ends at its last row.

        """
        return cls(start=start, end=None if is_all else answer.last or start, revises_last=revises_last)

    def merged(self, kept: Observations, answer: Observations) -> Observations | None:
        """
        Return the stored state with the answer merged in, or None if the differences imply changes outside the window.

        Other columns, or other values at dates that are not usually revised, mean that earlier dates changed too: prices are
        adjusted backwards at each dividend.

        Raises:
            InvalidObservations: the answer has dates outside the window.

        """
        if len(answer.window(self.start, self.end)) != len(answer):
            raise InvalidObservations("The answer has dates outside its window.", field="dates")
        inside = kept.window(self.start, self.end)
        delta = difference(inside, answer)
        if delta is None:
            return None
        firm = kept.dates[: max(0, len(kept) - self.revises_last)]
        if np.isin(delta.put.dates, firm).any():
            return None
        outside = kept.take(~np.isin(kept.dates, inside.dates))
        return Observations.of(
            np.concatenate([outside.dates, answer.dates]),
            kept.columns,
            np.concatenate([outside.values, answer.values]),
            unit=kept.unit,
            flags=stacked([(outside.flags, len(outside)), (answer.flags, len(answer))], len(kept.columns)),
        )

    def part(self, state: Observations) -> Observations:
        """Return the part of a state inside the window."""
        return state.window(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """
    What the last successful fetch confirmed.

    Attributes:
        vintage: number of the newest vintage at that time.
        adapter_version: of the data source that read the answer.
        whole_at: when the whole series was last requested.
        validators: for conditional requests, such as an ETag.

    """

    vintage: int
    adapter_version: int
    whole_at: datetime
    validators: Mapping[str, str] = field(default_factory=dict)

    def is_of(self, newest: Vintage | None, adapter_version: int) -> bool:
        """Return whether it confirms this vintage, as read by this adapter version."""
        return newest is not None and (self.vintage, self.adapter_version) == (newest.number, adapter_version)

    def is_due_in_whole(self, now: datetime) -> bool:
        """Return whether the whole was last requested a week ago: sources may revise without notice."""
        return now - self.whole_at >= WHOLE_EVERY
