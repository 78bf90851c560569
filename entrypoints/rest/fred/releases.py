"""Releases: of a series it is its database, and its days are those of the calendar of releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zlib import crc32

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.schedules.listed import ListedRelease, ReleaseQuery, Standing
from domain.series import Database
from domain.use_cases import UseCases
from entrypoints.rest.fred import FRED_ROOT
from entrypoints.rest.fred.documents import FredList, period_header
from entrypoints.rest.fred.finding import SeriesFinder
from entrypoints.rest.fred.lists import Listed, SeriesLists, send_list, stored
from entrypoints.rest.fred.params import MOST_DATES, MOST_ITEMS, Page, file_type, page, realtime, required, text, whole_number
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi import fred_parameters as parameters
from entrypoints.rest.openapi import fred_schemas as schemas
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import Order

#: Ids fit into the integers of every client.
_IDS = 2**31 - 1
_READ_AT_ONCE = 1_000
_END = datetime(9999, 12, 30, tzinfo=UTC)


def release_id(database: str) -> int:
    """Return the stable id of a database as a release."""
    return crc32(database.encode()) & _IDS


class ReleasesResource:
    """Releases, which are the databases of the stored series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._search, self._list_providers, self._sender = use_cases.search_series, use_cases.list_providers, sender
        self._list_releases, self._find = use_cases.list_releases, SeriesFinder(use_cases, sender)
        self._lists = SeriesLists(use_cases, sender, self._find)

    @operation({200: schemas.RELEASES}, parameters.RELEASES, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List them."""
        period, wanted, kind = realtime(req, self._search.now()), page(req), file_type(req)
        every = sorted(self._described(self._databases(req), period), key=lambda each: each["id"])
        header = self._header(period, wanted, count=len(every), by="release_id", most=MOST_ITEMS)
        items = _cut(every, wanted, MOST_ITEMS)
        send_list(resp, FredList(name="releases", item="release", header=header, items=items), kind)

    @operation({200: schemas.RELEASE}, parameters.RELEASE, scope=Scope.READ)
    def on_get_one(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one."""
        self._send(req, resp, [self._database(req)])

    @operation({200: schemas.RELEASE}, parameters.OF_SERIES, problems=(502,), scope=Scope.READ)
    def on_get_of_series(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the one to which a series belongs."""
        series = self._find(req, required(req, "series_id"))
        self._send(req, resp, [each for each in self._databases(req) if each.code == series.code.database])

    @operation({200: schemas.SERIES_PAGE}, parameters.RELEASE_SERIES, scope=Scope.READ)
    def on_get_series(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List the stored series of one."""
        database = self._database(req)
        listed = Listed(query=stored(database=database.code), order_by="series_id")
        self._lists.send(req, resp, listed, realtime(req, self._search.now()))

    @operation({200: schemas.RELEASE_DATES}, parameters.RELEASE_DATES, scope=Scope.READ)
    def on_get_dates(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List the days on which followed series of one were released, and will be."""
        self._send_dates(req, resp, self._database(req), Order.ASCENDING)

    @operation({200: schemas.RELEASE_DATES}, parameters.RELEASES_DATES, scope=Scope.READ)
    def on_get_all_dates(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List the days on which followed series of any were released, and will be."""
        self._send_dates(req, resp, None, Order.DESCENDING)

    def _send(self, req: falcon.Request, resp: falcon.Response, databases: Sequence[Database]) -> None:
        period, kind = realtime(req, self._search.now()), file_type(req)
        items = self._described(databases, period)
        send_list(resp, FredList(name="releases", item="release", header=period_header(*period), items=items), kind)

    def _send_dates(self, req: falcon.Request, resp: falcon.Response, database: Database | None, order: Order) -> None:
        period, kind = realtime(req, self._search.now(), whole=True), file_type(req)
        wanted, planned = page(req, most=MOST_DATES, order=order), text(req, "include_release_dates_with_no_data") == "true"
        with self._sender.read_slots.acquire(req.context.client):
            found = {
                (each.at.astimezone(UTC).date().isoformat(), each.code.database)
                for each in self._released(period)
                if (planned or each.standing is Standing.PUBLISHED) and (database is None or each.code.database == database.code)
            }
        every = [{"release_id": release_id(code), "release_name": code, "date": day} for day, code in sorted(found)]
        header = self._header(period, wanted, count=len(every), by="release_date", most=MOST_DATES)
        items = _cut(every, wanted, MOST_DATES)
        send_list(resp, FredList(name="release_dates", item="release_date", header=header, items=items, content="date"), kind)

    def _released(self, period: tuple[date, date]) -> Iterator[ListedRelease]:
        first, last = (datetime.combine(day, time.min, UTC) for day in period)
        query = ReleaseQuery(start=first, end=min(last, _END) + timedelta(days=1, microseconds=-1), limit=_READ_AT_ONCE)
        while True:
            found = self._list_releases(query)
            yield from found.items
            if found.next is None:
                return
            query = replace(query, after=found.next)

    def _databases(self, req: falcon.Request) -> Sequence[Database]:
        with self._sender.read_slots.acquire(req.context.client):
            return self._search.databases()

    def _database(self, req: falcon.Request) -> Database:
        required(req, "release_id")
        wanted = whole_number(req, "release_id", 0, least=0, most=_IDS)
        found = next((each for each in self._databases(req) if release_id(each.code) == wanted), None)
        if found is None:
            hint = "Those of the databases that are stored are in /fred/releases."
            raise InvalidInput("The release does not exist.", field="release_id", hint=hint)
        return found

    def _described(self, databases: Sequence[Database], period: tuple[date, date]) -> list[dict[str, Any]]:
        facts = {provider.name: provider for provider in self._list_providers.facts()}
        return [
            {
                "id": release_id(each.code),
                **period_header(*period),
                "name": f"{each.code}: {', '.join(facts[name].title if name in facts else name for name in each.providers)}",
                "press_release": False,
                "link": next((facts[name].terms.url for name in each.providers if name in facts), ""),
            }
            for each in databases
        ]

    def _header(self, period: tuple[date, date], wanted: Page, *, count: int, by: str, most: int) -> dict[str, Any]:
        page_header = {"order_by": by, "sort_order": wanted.order.value, "count": count, "offset": wanted.offset}
        return {**period_header(*period), **page_header, "limit": wanted.limit or most}


def _cut(items: Sequence[dict[str, Any]], wanted: Page, most: int) -> Sequence[dict[str, Any]]:
    ordered = items[::-1] if wanted.order is Order.DESCENDING else items
    return ordered[wanted.offset :][: wanted.limit or most]


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    resource = ReleasesResource(use_cases, sender)
    yield f"{FRED_ROOT}/releases", resource
    yield f"{FRED_ROOT}/release", resource, "one"
    yield f"{FRED_ROOT}/series/release", resource, "of_series"
    yield f"{FRED_ROOT}/release/series", resource, "series"
    yield f"{FRED_ROOT}/release/dates", resource, "dates"
    yield f"{FRED_ROOT}/releases/dates", resource, "all_dates"
