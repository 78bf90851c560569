"""The home page: search, what changed lately, what needs attention, and the providers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import falcon
import numpy as np
from markupsafe import Markup

from domain.api_keys import Scope
from domain.errors import DomainError, SeriesNotFound
from domain.fetches import FetchQuery, FetchStatus
from domain.observations import label
from domain.series import SeriesQuery
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Selection
from domain.vintages import AsOf, Vintage
from entrypoints.rest.openapi.operation import operation
from entrypoints.web import words
from entrypoints.web.charts.strips import sparkline
from entrypoints.web.freshness import Freshness, freshness
from entrypoints.web.rendering import HOME
from entrypoints.web.site import Site

_LOOKED_AT, _CHANGES, _FAILING = 100, 8, 8
_SPARK, _MOST_COUNTED = 40, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A series that changed.

    Attributes:
        revised: how many dates were revised, and by how much.
        size: the size of the revision from 0 to 1, negative if most values went down; 0 where nothing was revised.

    """

    described: Described
    vintage: Vintage
    latest: str
    period: str
    spark: Markup
    revised: str
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A series whose last fetch failed."""

    described: Described
    fresh: Freshness


class HomePage:
    """Home."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases

    @operation({200: None}, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show it, or what to begin with while nothing is kept."""
        count = self._use_cases.search_series.count(SeriesQuery(), most=_MOST_COUNTED)
        if not count:
            names = {provider.name for provider in self._use_cases.list_providers.facts()}
            self._site.render(req, resp, "empty.html", has_samples="sample" in names)
            return
        with self._site.sender.read_slots.acquire(req.context.client):
            self._site.render(
                req,
                resp,
                "home.html",
                count=count,
                most=_MOST_COUNTED,
                changes=list(self._changes()),
                troubles=list(self._troubles()),
                providers=self._use_cases.list_providers(),
                now=self._use_cases.search_series.now(),
            )

    def _newest(self, status: FetchStatus) -> Iterator[tuple[Described, int | None]]:
        """Yield the series of the newest fetches with a status, each once, with the vintage that the fetch added."""
        seen: set[UUID] = set()
        for fetch in self._use_cases.follow_fetches.list(FetchQuery(status=status, limit=_LOOKED_AT)).items:
            if fetch.series_id in seen or (status is FetchStatus.SUCCESS and not fetch.vintages_added):
                continue
            seen.add(fetch.series_id)
            try:
                yield self._use_cases.describe_series(fetch.series_id), fetch.vintage
            except SeriesNotFound:
                continue

    def _changes(self) -> Iterator[Change]:
        found = 0
        for described, number in self._newest(FetchStatus.SUCCESS):
            if found == _CHANGES:
                return
            newest = described.series.newest
            if newest is None or number is None:
                continue
            found += 1
            yield self._change(described, newest)

    def _change(self, described: Described, newest: Vintage) -> Change:
        series = described.series
        part = self._use_cases.read_series(series.id, Selection(limit=_SPARK)).observations
        values = part.values[:, 0] if part.columns else np.empty(0)
        known = np.flatnonzero(~np.isnan(values))
        last = int(known[-1]) if known.size else None
        revised, size = self._revised(series.id, newest)
        return Change(
            described=described,
            vintage=newest,
            latest=words.number(float(values[last])) if last is not None else "–",
            period=words.period(label(part.dates[last]), series.frequency) if last is not None else "",
            spark=sparkline(values),
            revised=revised,
            size=size,
        )

    def _revised(self, series_id: UUID, newest: Vintage) -> tuple[str, float]:
        if newest.number == 1:
            return f"{words.counted(newest.rows, 'date')}, first seen", 0.0
        added = f"{words.counted(newest.added, 'new date')}" if newest.added else ""
        if not newest.changed:
            return added or "no value changed", 0.0
        try:
            changed = self._use_cases.compare_vintages(series_id, None, AsOf(vintage=newest.number)).revision.changed
        except DomainError:  # the vintage before is damaged or was never the newest known
            return f"{added}, {newest.changed} revised".lstrip(", "), 0.0
        shares = np.array([each.new / each.old - 1 for each in changed if each.old and each.new is not None])
        if not shares.size:
            return f"{added}, {newest.changed} revised".lstrip(", "), 0.0
        middle = float(np.median(np.abs(shares)))
        text = f"{words.number(newest.changed)} revised by {words.number(100 * middle, 2)} %"
        direction = 1 if (shares > 0).sum() * 2 >= len(shares) else -1
        # The bar is full where half of the revised values moved by a tenth or more.
        return ", ".join(filter(None, (added, text))), direction * min(1.0, max(0.05, middle * 10))

    def _troubles(self) -> Sequence[Trouble]:
        found = []
        for described, _ in self._newest(FetchStatus.ERROR):
            fresh = freshness(described)
            if fresh.dot == "bad":
                found.append(Trouble(described=described, fresh=fresh))
        return found[:_FAILING]


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route; a browser's request for the root comes here."""
    yield HOME, HomePage(site)
