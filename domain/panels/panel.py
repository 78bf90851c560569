"""Panels: the cells of many series, each with where its value comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.errors import InvalidInput
from domain.moments import written
from domain.observations import Dates
from domain.panels.cells import Cells
from domain.panels.query import PanelQuery, PanelSeries, document_of
from domain.panels.vintage_moments import VintageMoments


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelColumn:
    """
    The cells of one series; a sequence has an entry for each cell.

    Attributes:
        known_at, seen_at: of the vintages, NaT where there is none; of a formula those of the newest vintages that it reads.
        published: their labels as text.
        columns: names of the columns that were read.

    """

    said: PanelSeries
    cells: Cells
    known_at: Dates
    seen_at: Dates
    published: Sequence[str | None]
    columns: Sequence[str]

    @property
    def reference(self) -> str:
        """``provider:DATABASE/DATASET``."""
        return str(self.said.selector)

    @property
    def name(self) -> str:
        """The name of its column in the wide shape."""
        code = str(self.said.selector.code)
        return self.said.name or (f"{code} - {self.said.column}" if self.said.column else code)

    @classmethod
    def of(cls, said: PanelSeries, cells: Cells, moments: VintageMoments, columns: Mapping[int, str]) -> PanelColumn:
        """
        Return cells with what is told of their vintages.

        Args:
            columns: names by the vintage's number.

        """
        # The last entry of each sequence stands for no vintage.
        place = np.where(cells.vintage > 0, moments.numbers.searchsorted(cells.vintage), -1)
        published, numbers = (*moments.published, None), (*moments.numbers.tolist(), 0)
        used = set(place.tolist())
        labels = {each: None if (label := published[each]) is None else written(label) for each in used}
        names = {each: columns.get(numbers[each], said.column) for each in used}
        return cls(
            said=said,
            cells=cells,
            known_at=np.append(moments.known_at, np.datetime64("NaT"))[place],
            seen_at=np.append(moments.fetched_at, np.datetime64("NaT"))[place],
            published=[labels[each] for each in place.tolist()],
            columns=[names[each] for each in place.tolist()],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """
    A panel, and the query that gives it for ever.

    Attributes:
        query: with each series by its provider and code, and the position.

    """

    query: PanelQuery
    columns: Sequence[PanelColumn]

    @property
    def document(self) -> Mapping[str, object]:
        """The query as plain values."""
        return document_of(self.query)

    def wide(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """
        Return the values, a row for each moment and a column for each series.

        Raises:
            InvalidInput: a series has several observations at a moment, or two columns have one name.

        """
        if any(each.said.rule.window > 1 for each in self.columns):
            raise InvalidInput("A wide panel has one value of a series at each moment.", field="window", hint="Ask for shape=long.")
        require_unique([each.name for each in self.columns])
        values = np.empty((len(self.query.decisions.moments), len(self.columns)), order="F")
        for place, each in enumerate(self.columns):
            values[:, place] = each.cells.value
        return values


def require_unique(names: Sequence[str]) -> None:
    """Raise InvalidInput if two columns of a panel have one name."""
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InvalidInput(f"Two columns are named {twice!r}.", field="name", hint="Give each its own: series=FRED/GDP;name=GDP.")
