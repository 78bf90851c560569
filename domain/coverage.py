"""Coverage: what an answer speaks of, and how a part is put into the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.errors import InvalidObservations
from domain.observations import Label, Observations
from domain.vintages import difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Covers:
    """
    A closed window in which an answer is complete: what is missing there has been deleted, outside nothing is said.

    Attributes:
        revises_last: how many of the newest dates the provider is known to revise.

    """

    start: Label
    end: Label
    revises_last: int = 0

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
        """Give what a state holds inside the window."""
        return state.window(self.start, self.end)
