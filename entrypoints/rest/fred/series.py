"""Series: what is said of one, the days of its vintages, and the search for stored ones."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.fred import FRED_ROOT
from entrypoints.rest.fred.documents import FredList, describe, period_header
from entrypoints.rest.fred.finding import SeriesFinder
from entrypoints.rest.fred.lists import Listed, SeriesLists, stored
from entrypoints.rest.fred.params import MOST_DATES, file_type, page, realtime, required, text
from entrypoints.rest.http.params import parse_words
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.openapi import fred_parameters as parameters
from entrypoints.rest.openapi import fred_schemas as schemas
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import Order


class SeriesResource:
    """A series, which is fetched first if it is missing or stale."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._find, self._read_series, self._sender = SeriesFinder(use_cases, sender), use_cases.read_series, sender
        self._days = use_cases.read_realtime.days

    @operation({200: schemas.SERIES}, parameters.OF_SERIES, problems=(502,), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return what is said of it."""
        series, kind = self._find(req, required(req, "series_id")), file_type(req)
        stored_version = self._read_series.stored_version(series.id)
        period = realtime(req, stored_version.now)

        def build() -> EncodedResponse:
            described = describe(series, self._find.dates(series), period)
            answer = FredList(name="seriess", item="series", header=period_header(*period), items=[described])
            return EncodedResponse(answer.encode(kind), {})

        key = (series.id, "fred series", period, *stored_version.version.state)
        self._sender.send(req, resp, CacheableResponse(key=key, format=kind, build=build))

    @operation({200: schemas.VINTAGE_DATES}, parameters.VINTAGE_DATES, problems=(502,), etag=True, scope=Scope.READ)
    def on_get_vintage_dates(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the days on which it was released or revised."""
        series, kind = self._find(req, required(req, "series_id")), file_type(req)
        stored_version = self._read_series.stored_version(series.id)
        (first, last), wanted = realtime(req, stored_version.now, whole=True), page(req, most=MOST_DATES)

        def build() -> EncodedResponse:
            days = [day.isoformat() for day in self._days(series.id) if first <= day <= last]
            ordered = days[::-1] if wanted.order is Order.DESCENDING else days
            items = ordered[wanted.offset :][: wanted.limit or len(days)]
            header = {**period_header(first, last), "order_by": "vintage_date", "sort_order": wanted.order.value, "count": len(days)}
            header |= {"offset": wanted.offset, "limit": wanted.limit or max(len(days), MOST_DATES)}
            answer = FredList(name="vintage_dates", item="vintage_date", header=header, items=items)
            return EncodedResponse(answer.encode(kind), {})

        key = (series.id, "fred vintage dates", first, last, wanted, *stored_version.version.state)
        self._sender.send(req, resp, CacheableResponse(key=key, format=kind, build=build))


class SearchResource:
    """The search for stored series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._lists, self._search = SeriesLists(use_cases, sender, SeriesFinder(use_cases, sender)), use_cases.search_series

    @operation({200: schemas.SERIES_PAGE}, parameters.SEARCHING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a page of the stored series that match all words, or whose ids do."""
        words, period = required(req, "search_text"), realtime(req, self._search.now())
        if text(req, "tag_names"):
            listed = Listed(query=None, order_by="search_rank")
        elif text(req, "search_type") == "series_id":
            pattern = words.upper() if "*" in words else f"*{words.upper()}*"
            listed = Listed(query=stored(), order_by="series_id", pattern=pattern)
        else:
            query = stored(words=parse_words(words.replace("+", " ")))
            listed = Listed(query=query if query.can_be_met else None, order_by="search_rank")
        self._lists.send(req, resp, listed, period)


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    series = SeriesResource(use_cases, sender)
    yield f"{FRED_ROOT}/series", series
    yield f"{FRED_ROOT}/series/vintagedates", series, "vintage_dates"
    yield f"{FRED_ROOT}/series/search", SearchResource(use_cases, sender)
