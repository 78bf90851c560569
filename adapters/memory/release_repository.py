"""The releases of followed series in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from adapters.memory.state import State
from domain.schedules.learning.releases import is_news
from domain.schedules.listed import ListedRelease, ReleaseQuery, Standing
from domain.vintages import Vintage


@dataclass(frozen=True, slots=True)
class MemoryReleaseRepository:
    """The releases of a state."""

    state: State

    def expected(self, query: ReleaseQuery) -> Sequence[ListedRelease]:
        return self._page(
            query,
            (
                ListedRelease(
                    at=look.expected_at or look.next_at,
                    standing=Standing(look.basis) if look.basis else Standing.LOOK,
                    reason=look.reason,
                    schedule_id=look.schedule_id,
                    **self._names(look.series_id),
                )
                for look in self.state.followed.values()
                if look.next_at
            ),
        )

    def published(self, query: ReleaseQuery) -> Sequence[ListedRelease]:
        followed = dict.fromkeys(series_id for _, series_id in self.state.followed)
        return self._page(
            query,
            (
                ListedRelease(
                    at=vintage.known_at,
                    standing=Standing.PUBLISHED,
                    vintage=vintage.number,
                    newest=vintage.last,
                    **self._names(series_id),
                )
                for series_id in followed
                for before, vintage in pairwise(kept.vintage for kept in self.state.vintages.get(series_id, ()))
                if is_news(vintage) and _grew(before, vintage)
            ),
        )

    def _names(self, series_id: UUID) -> dict[str, Any]:
        series = self.state.series[series_id]
        named = {"provider": series.provider, "code": series.code, "name": series.metadata.name}
        return {"series_id": series_id, "number": series.number, **named}

    def _page(self, query: ReleaseQuery, found: Iterable[ListedRelease]) -> Sequence[ListedRelease]:
        after = (query.after[0], self._number(query.after[1])) if query.after else None
        chosen = [
            release
            for release in found
            if query.start <= release.at <= query.end
            and query.provider in (None, release.provider)
            and query.code in (None, release.code)
            and (after is None or (release.at, release.number) > after)
        ]
        return sorted(chosen, key=lambda release: (release.at, release.number))[: query.limit]

    def _number(self, series_id: UUID) -> int:
        series = self.state.series.get(series_id)
        return series.number if series else 0


def _grew(before: Vintage, vintage: Vintage) -> bool:
    return before.last is None or (vintage.last is not None and vintage.last.isoformat() > before.last.isoformat())
