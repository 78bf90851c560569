"""The home page: search, what changed lately, what needs attention, and the providers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import falcon

from domain.api_keys import Scope
from domain.errors import SeriesNotFound
from domain.fetches import Fetch, FetchQuery, FetchStatus
from domain.schedules.schedule import ScheduleQuery
from domain.series import SeriesQuery
from domain.use_cases.describe_series import Described
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.changes import Change, Changes
from entrypoints.web.following import followed
from entrypoints.web.freshness import Freshness, freshness
from entrypoints.web.remedies import Remedy, remedy_of, waits_with_error
from entrypoints.web.rendering import HOME
from entrypoints.web.site import Site

_LOOKED_AT, _CHANGES, _TROUBLES = 100, 8, 8
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A series whose last fetch failed, or waits because of an error, and what helps."""

    described: Described
    fresh: Freshness
    remedy: Remedy


class HomePage:
    """Home."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases
        self._change = Changes(site.use_cases)

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
                changes=list(islice(self._changes(), _CHANGES)),
                troubles=list(islice(self._troubles(), _TROUBLES)),
                overdue=followed(self._use_cases, ScheduleQuery(overdue=True, limit=_TROUBLES))[0],
                providers=self._use_cases.list_providers(),
                now=self._use_cases.search_series.now(),
            )

    def _fetches(self, status: FetchStatus) -> Sequence[Fetch]:
        return self._use_cases.follow_fetches.list(FetchQuery(status=status, limit=_LOOKED_AT)).items

    def _described(self, series_ids: Iterable[UUID]) -> Iterator[Described]:
        for series_id in series_ids:
            with suppress(SeriesNotFound):
                yield self._use_cases.describe_series(series_id)

    def _changes(self) -> Iterator[Change]:
        arrived: dict[UUID, int] = {}
        for fetch in self._fetches(FetchStatus.SUCCESS):
            if fetch.vintages_added:
                arrived.setdefault(fetch.series_id, fetch.vintages_added)
        for described in self._described(arrived):
            newest = described.series.newest
            if newest is not None:
                yield self._change(described, newest, arrived=arrived[described.series.id])

    def _troubles(self) -> Iterator[Trouble]:
        waiting = [fetch.series_id for fetch in self._fetches(FetchStatus.PENDING) if waits_with_error(fetch)]
        failed = [fetch.series_id for fetch in self._fetches(FetchStatus.ERROR)]
        for described in self._described(dict.fromkeys((*failed, *waiting))):
            remedy = remedy_of(described.series.fetch)
            if remedy:
                yield Trouble(described=described, fresh=freshness(described), remedy=remedy)


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route; a browser's request for the root comes here."""
    yield HOME, HomePage(site)
