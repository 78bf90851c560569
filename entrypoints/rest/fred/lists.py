"""Lists of series as FRED gives them: described, filtered, ordered and cut into pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import falcon

from domain.errors import InvalidInput
from domain.series import SeriesQuery, SeriesStatus, TimeSeries
from domain.use_cases import UseCases
from entrypoints.rest.fred.documents import FredList, describe, period_header
from entrypoints.rest.fred.finding import SeriesFinder
from entrypoints.rest.fred.params import FIRST_DAY, LAST_DAY, MOST_ITEMS, Page, file_type, page, series_id, text
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.parameters import Order

#: Of so many series at most are filters and orders made.
MOST_SERIES = 10_000
_READ_AT_ONCE = 1_000
_MEMBERS = (
    *("series_id", "title", "units", "frequency", "seasonal_adjustment", "realtime_start", "realtime_end", "last_updated"),
    *("observation_start", "observation_end", "popularity", "group_popularity"),
)
#: No order or filter depends on the real-time period, which is the same for all.
_ANY = FIRST_DAY, LAST_DAY
_FILTERS = ("frequency", "units", "seasonal_adjustment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """
    Which series are listed.

    Attributes:
        query: None finds none.
        order_by: the order unless another one is asked for; one that is no member is the order of creation.
        pattern: of their ids, with ``*``.

    """

    query: SeriesQuery | None
    order_by: str
    pattern: str = ""


class SeriesLists:
    """
    Answers with lists of the stored series.

    Where neither an order nor a filter is asked for, a page is read by itself.
    """

    def __init__(self, use_cases: UseCases, sender: ResponseSender, finder: SeriesFinder) -> None:
        self._search, self._sender, self._finder = use_cases.search_series, sender, finder

    def send(self, req: falcon.Request, resp: falcon.Response, listed: Listed, period: tuple[date, date]) -> None:
        """Answer with a page of the series."""
        wanted, kind = page(req), file_type(req)
        order_by = _one_of(req, "order_by", (*_MEMBERS, listed.order_by)) or listed.order_by
        limit = wanted.limit or MOST_ITEMS
        with self._sender.read_slots.acquire(req.context.client):
            count, found = self._found(req, listed, replace(wanted, limit=limit), order_by)
            items = [describe(each, self._finder.dates(each), period) for each in found]
        header = {**period_header(*period), "order_by": order_by, "sort_order": wanted.order.value}
        header |= {"count": count, "offset": wanted.offset, "limit": limit}
        send_list(resp, FredList(name="seriess", item="series", header=header, items=items), kind)

    def _found(self, req: falcon.Request, listed: Listed, wanted: Page, order_by: str) -> tuple[int, Sequence[TimeSeries]]:
        """Return how many series there are, and those of the page."""
        if listed.query is None:
            return 0, ()
        by, value = _one_of(req, "filter_variable", _FILTERS), text(req, "filter_value")
        if order_by not in _MEMBERS and not (by and value) and not listed.pattern:
            count = self._search.count(listed.query, most=MOST_SERIES)
            return count, self._search(replace(listed.query, skip=wanted.offset, limit=wanted.limit or MOST_ITEMS)).items
        described = [
            (describe(each, self._finder.dates(each), _ANY), each) for each in self._all(listed.query) if _fits(each, listed.pattern)
        ]
        every = [each for each in described if not (by and value) or each[0][by] == value]
        if order_by in _MEMBERS:
            every.sort(key=lambda each: _key(each[0], order_by), reverse=wanted.order is Order.DESCENDING)
        return len(every), [series for _, series in every[wanted.offset :][: wanted.limit]]

    def _all(self, query: SeriesQuery) -> Iterator[TimeSeries]:
        after, left = query.after, MOST_SERIES
        while left > 0:
            found = self._search(replace(query, after=after, limit=min(left, _READ_AT_ONCE)))
            yield from found.items
            if found.next is None:
                return
            after, left = found.next, left - len(found.items)


def send_list(resp: falcon.Response, answer: FredList, kind: Any) -> None:
    """Respond with a list."""
    resp.content_type, resp.data = kind.media_type, answer.encode(kind)


def stored(**wanted: Any) -> SeriesQuery:
    """Return a query for series with observations."""
    return SeriesQuery(status=SeriesStatus.SUCCESS, **wanted)


def _fits(series: TimeSeries, pattern: str) -> bool:
    return not pattern or fnmatchcase(series_id(series.code).upper(), pattern)


def _key(described: Mapping[str, Any], member: str) -> tuple[Any, str]:
    value = described.get("id" if member == "series_id" else member, 0)
    return (value if isinstance(value, int) else str(value).casefold()), described["id"]


def _one_of(req: falcon.Request, name: str, words: Sequence[str]) -> str | None:
    value = text(req, name)
    if value is not None and value not in words:
        raise InvalidInput(f"Variable {name} is not one of {', '.join(map(repr, words))}.", field=name)
    return value
