"""The vintages of a series, and the feed of all series' vintages."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.list_vintages import ListVintages
from entrypoints.rest.http.links import add_next_link
from entrypoints.rest.http.params import QueryParameters, parse_integer, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import PAGING, RECORDED
from entrypoints.rest.openapi.response_schemas import FEED, page_of
from entrypoints.rest.schemas.vintages import ListedVintageSchema, listed_vintage_documents, vintage_documents


class VintagesResource:
    """Vintages of a series."""

    def __init__(self, list_vintages: ListVintages) -> None:
        self._list_vintages = list_vintages

    @operation({200: page_of(ListedVintageSchema)}, PAGING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """List vintages in the order in which they were stored."""
        key = parse_uuid(series_id)
        parameters = QueryParameters(req.params, PAGING)
        page = self._list_vintages(key, after=parameters.position("cursor"), limit=parameters.limit())
        resp.media = {"items": listed_vintage_documents(key, page), "next": add_next_link(req, resp, page.next)}

    @operation({200: ListedVintageSchema}, scope=Scope.READ)
    def on_get_one(self, _req: falcon.Request, resp: falcon.Response, series_id: str, number: str) -> None:
        """Return the vintage with this number."""
        key = parse_uuid(series_id)
        [resp.media] = listed_vintage_documents(key, self._list_vintages.one(key, parse_integer(number, "number")))


class FeedResource:
    """Feed of new vintages of all series."""

    def __init__(self, list_vintages: ListVintages) -> None:
        self._list_vintages = list_vintages

    @operation({200: FEED}, RECORDED, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List vintages after a position; ``next`` is the position to continue after, now or later."""
        parameters = QueryParameters(req.params, RECORDED)
        after = parameters.position("after")
        found = self._list_vintages.recorded(after=after, limit=parameters.limit())
        vintages = vintage_documents((each.series_id, each.vintage) for each in found)
        resp.media = {
            "items": [
                {
                    "position": each.position,
                    "timeseries": {"id": each.series_id, "provider": each.provider, "code": str(each.code)},
                    "is_newest": each.is_newest,
                    "vintage": vintage,
                }
                for each, vintage in zip(found, vintages, strict=True)
            ],
            "next": found[-1].position if found else after,
        }


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    resource = VintagesResource(use_cases.list_vintages)
    yield "/timeseries/{series_id}/vintages", resource
    yield "/timeseries/{series_id}/vintages/{number}", resource, "one"
    yield "/vintages", FeedResource(use_cases.list_vintages)
